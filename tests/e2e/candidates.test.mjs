/** Several Coders for one attempt: the majority's change continues, and the slots of the others are freed. */
import assert from "node:assert/strict"
import { scene } from "../harness/index.mjs"
import { constant, ended, noPlugin, onlyRoles, printed, project, task } from "./fixtures.mjs"

scene(
  "of three coders the majority decides, and the next task has their slots",
  {
    skip: noPlugin,
    files: project(),
    toml: "[heal]\ncandidates = 3\n[mission]\nparallel = 3\n",
    scenario: {
      plan: { tasks: [task("area", ["src/area.js"]), task("volume", ["src/volume.js"], { depends_on: ["area"] })] },
      work: { area: { "src/area.js": constant("AREA", 12) }, volume: { "src/volume.js": constant("VOLUME", 60) } },
      answers: [
        {
          role: "coder",
          task: "area",
          attempt: 1,
          turns: [{ write: { "src/area.js": constant("SURFACE", 1) } }, { done: "Another name." }],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add the area and the volume")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    onlyRoles(world)
    assert.equal(world.read("src/area.js"), constant("AREA", 12))
    assert.equal(world.read("src/volume.js"), constant("VOLUME", 60))
    const [area, volume] = world.facts("candidates_compared")
    assert.equal(area.task, "area")
    assert.match(area.why, /2 of the 3 that pass do the same/)
    assert.equal(new Set(area.candidates.map((/** @type {any} */ one) => one.slot)).size, 3, "a slot each")
    assert.equal(new Set(area.candidates.map((/** @type {any} */ one) => one.behaviour)).size, 2)
    assert.notEqual(area.candidates[area.chosen].behaviour, "")
    assert.equal(volume.candidates.length, 3, "the slots of the others are free again")
    const coders = world.model.roleRequests.filter((request) => request.role === "coder" && request.turn === 0)
    assert.equal(new Set(coders.filter((request) => request.task === "area").map((request) => request.session)).size, 3)
    assert.equal(world.facts("attempt_started").length, 2, "one attempt each")
    assert.match(printed(result), /several coders made side by side/)
  },
)
