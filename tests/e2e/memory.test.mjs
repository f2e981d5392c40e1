/** What a mission learned of the project, and the next one uses. */
import assert from "node:assert/strict"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { ROOT, scene, start } from "../harness/index.mjs"
import { constant, noPlugin, printed, project, task } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

/** @param {World} world @param {string[]} args */
const cli = (world, args) =>
  start(process.execPath, [join(ROOT, "bin", "opencode-orchestrator.js"), ...args], { cwd: world.project, env: world.env, deadline_ms: 30_000 }).done

/** What a role was asked first in the mission, as text. @param {World} world @param {string} mission @param {string} role */
const asked = (world, mission, role) =>
  world.model.roleRequests.find((request) => request.mission === mission && request.role === role && request.turn === 0)?.prompt_text ?? ""

/** The first coder of each task uses a name that is nowhere defined, which the Guardian rejects. */
const SLIPS = ["one", "two"].map((id) => ({
  role: ["coder"],
  task: id,
  step: 1,
  turns: [{ write: { [`src/${id}.js`]: `export const ${id.toUpperCase()} = nowhere;\n` } }, { done: "It is there." }],
}))

scene(
  "the second mission is told what the first one learned, its estimate uses it, and an entry can be forgotten",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      plan: { tasks: ["one", "two"].map((id) => task(id, [`src/${id}.js`])) },
      work: Object.fromEntries(["one", "two"].map((id) => [id, { [`src/${id}.js`]: constant(id.toUpperCase(), 1) }])),
      answers: SLIPS,
    },
  },
  async (world) => {
    const first = await world.task("Add two modules")
    const [{ id }] = world.missions()
    assert.ok(world.facts("attempt_failed").some((fact) => fact.class === "lint"), printed(first))
    assert.doesNotMatch(asked(world, id, "coder"), /Known from earlier missions/)

    const shown = JSON.parse((await cli(world, ["memory", "--json"])).stdout)
    const works = shown.entries.find((/** @type {any} */ entry) => entry.kind === "command")
    assert.match(works.text, /node --test|npm test/)
    assert.ok(works.took_ms > 0 && works.right.mission === id, JSON.stringify(works))
    const rule = shown.entries.find((/** @type {any} */ entry) => entry.kind === "convention" && entry.times === 2)
    assert.ok(rule, JSON.stringify(shown.entries))
    assert.equal(statSync(shown.file).mode & 0o777, 0o600)
    assert.match(readFileSync(join(shown.file, "..", "memory.md"), "utf8"), /^# Memory of this project/)
    assert.ok(!readdirSync(world.project).includes("memory.md"))

    await world.task("Add two modules once more")
    const next = world.missions().map((mission) => mission.id).find((other) => other !== id) ?? ""
    const prompt = asked(world, next, "coder")
    const known = /# Known from earlier missions\nData [^\n]*\n```text\n([^]*?)```/.exec(prompt)?.[1] ?? ""
    assert.ok(known.includes(works.text) && known.includes(rule.text), prompt)
    assert.ok(asked(world, next, "planner").includes(known) && !asked(world, next, "reviewer").includes("Known from earlier"))
    assert.equal(world.missions().find((mission) => mission.id === next)?.facts.find((fact) => fact.event === "estimated").estimate.missions, 1)

    assert.equal((await cli(world, ["memory", "forget", works.id])).code, 0)
    const after = JSON.parse((await cli(world, ["memory", "--json"])).stdout)
    assert.ok(!after.entries.some((/** @type {any} */ entry) => entry.id === works.id))
    assert.equal(after.plans.length, 2)
  },
)

const LONG = `Always run the tests.\n\n${[..."abcdefgh"].map((name) => `## Area ${name}\n\n${"Keep things tidy over there. ".repeat(40)}\n\n`).join("")}## Modules\n\nFiles in src/ hold one constant each.\n`

scene(
  "a long AGENTS.md reaches a role cut to what concerns its task, the same in every request",
  {
    skip: noPlugin,
    files: project({ "AGENTS.md": LONG }),
    scenario: { plan: { tasks: [task("one", ["src/one.js"])] }, work: { one: { "src/one.js": constant("ONE", 1) } } },
  },
  async (world) => {
    const result = await world.task("Add one")
    const coder = world.model.roleRequests.filter((request) => request.role === "coder")
    const texts = coder.map((request) => JSON.stringify(request.body ?? request))
    assert.ok(texts.length > 1, printed(result))
    for (const text of texts) {
      assert.ok(text.includes("Always run the tests.") && text.includes("hold one constant each"), text.slice(0, 3_000))
      assert.ok(text.includes("Cut to what concerns this task. Read AGENTS.md"), text.slice(0, 3_000))
      assert.ok(text.split("Keep things tidy").length < 200, "the other areas are left out")
    }
  },
)

/** The mission that came after the first. @param {World} world @param {string} first */
const later = (world, first) => world.missions().find(({ id }) => id !== first)

const MISSES = Array.from({ length: 8 }, (_, n) => ({ calls: [{ tool: "edit", args: { filePath: "src/metre.js", oldString: `METRE = ${n + 2};`, newString: "METRE = 9;" } }] }))

scene(
  "a model whose edits missed is asked to write whole files in the next mission",
  {
    skip: noPlugin,
    files: project(),
    toml: '[mission]\ntests = "none"\nmax_cycles = 1\n',
    scenario: {
      plan: { tasks: [task("one", ["src/metre.js", "src/one.js"])] },
      work: { one: { "src/one.js": constant("ONE", 1) } },
      answers: [{ role: "coder", task: "one", step: 1, turns: [...MISSES, { use: "default" }] }],
    },
  },
  async (world) => {
    const first = await world.task("Add one")
    const [{ id }] = world.missions()
    const made = world.facts("edits_made")[0]
    assert.deepEqual([made?.edits, made?.missed], [8, 8], printed(first))
    assert.deepEqual(world.facts("whole_files_chosen"), [])
    assert.doesNotMatch(asked(world, id, "coder"), /Write each file whole/)

    await world.task("Add one once more")
    const next = later(world, id)
    assert.equal(next?.facts.filter((fact) => fact.event === "whole_files_chosen").length, 1)
    assert.match(asked(world, next?.id ?? "", "coder"), /Write each file whole, with the tool `write`/)
  },
)

/** It rains at the first look at a project that has `src/one.js`, and never again. */
let looks = 0
const weather = createServer((request, response) => response.end(request.url === "/one" && ++looks === 1 ? "rain" : "sun"))
await new Promise((resolve) => weather.listen(0, "127.0.0.1", () => resolve(undefined)))
weather.unref()
const { port } = /** @type {import("node:net").AddressInfo} */ (weather.address())
const SKY = `import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test from "node:test";

test("the sun shines", async () => {
  const sky = await fetch("http://127.0.0.1:${port}/" + (existsSync("src/one.js") ? "one" : ""));
  assert.equal(await sky.text(), "sun");
});
`

scene(
  "a test that failed and then passed blocks nobody, and the next mission knows it",
  {
    skip: noPlugin,
    files: project({ "test/sky.test.js": SKY }),
    toml: '[mission]\ntests = "none"\nmax_cycles = 1\n[sandbox]\nnetwork = "all"\n',
    scenario: { plan: { tasks: [task("one", ["src/one.js"])] }, work: { one: { "src/one.js": constant("ONE", 1) } } },
  },
  async (world) => {
    const first = await world.task("Add one")
    const [{ id }] = world.missions()
    assert.deepEqual(world.facts("attempt_failed"), [], printed(first))
    assert.deepEqual(world.facts("flaky_seen").map(({ tests }) => tests), [["the sun shines"]])
    assert.match(printed(first), /`test` is flaky: it failed and then passed on the same tree/)
    const { entries } = JSON.parse((await cli(world, ["memory", "--json"])).stdout)
    const pitfall = entries.find((/** @type {any} */ entry) => entry.kind === "pitfall")
    assert.match(pitfall?.text ?? "", /flaky: `the sun shines`/)

    await world.task("Add one once more")
    assert.ok(asked(world, later(world, id)?.id ?? "", "coder").includes(pitfall.text))
  },
)
