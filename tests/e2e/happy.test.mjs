/** A mission without problems: a diamond of four tasks, from the text to the changed working tree. */
import assert from "node:assert/strict"
import { fileURLToPath } from "node:url"
import { changes, scene } from "../harness/index.mjs"
import { ended, modules, noPlugin, onlyRoles, printed, project } from "./fixtures.mjs"

const DIAMOND = fileURLToPath(new URL("../model/scenarios/diamond.json", import.meta.url))
const FILES = ["src/format.js", "src/index.js", "src/parse.js", "src/units.js"]

scene(
  "run: a diamond of four is delivered, verified, and only its files change",
  { skip: noPlugin, scenario: DIAMOND, files: project() },
  async (world) => {
    const before = world.picture()
    const objective = 'Read and write lengths like "2 km"\nand keep src/metre.js as it is.'
    const result = await world.task(objective)
    assert.equal(result.code, 0, printed(result))
    assert.deepEqual(
      changes(before, world.picture()),
      FILES.map((path) => `+ ${path}`),
      "the four files, and nothing in .git",
    )
    assert.match(world.read("src/index.js"), /export \{ parse \}/)
    ended(world, "done")
    onlyRoles(world)

    // The objective reaches the roles word for word.
    const asked = world.model.roleRequests
    for (const role of ["searcher", "planner"]) {
      const first = asked.find((request) => request.role === role)
      assert.ok(first?.prompt_text.includes(objective), `${role} is told the objective verbatim`)
    }
    // Order and width of the graph.
    const first = (/** @type {string} */ id) =>
      asked.find((request) => request.role === "coder" && request.task === id)?.started_ms ?? NaN
    const last = (/** @type {string} */ id) =>
      Math.max(...asked.filter((request) => request.task === id).map((request) => request.ended_ms ?? Infinity))
    for (const side of ["parse", "format"]) {
      assert.ok(first(side) > last("units"), `${side} waits for units`)
      assert.ok(first("index") > last(side), `index waits for ${side}`)
    }
    // Every role has what it needs, and nothing else.
    const tools = (/** @type {string} */ role) => [...(asked.find((request) => request.role === role)?.tools ?? [])].sort()
    assert.deepEqual(tools("coder"), ["edit", "glob", "grep", "mission_check", "mission_move", "mission_page", "mission_work", "read", "write"])
    assert.deepEqual(tools("searcher"), ["glob", "grep", "mission_brief", "mission_page", "read"])
    assert.ok(tools("planner").includes("mission_plan") && !tools("planner").includes("write"))
    assert.ok(tools("reviewer").includes("mission_review") && !tools("reviewer").includes("edit"))

    // The report: each task, what verified it, the cost.
    const text = printed(result)
    for (const word of [/\bunits\b/, /\bindex\b/, /npm test|\btest\b/, /token/i]) assert.match(text, word)
    for (const path of FILES) assert.match(text, new RegExp(`- .?${path.replaceAll(".", "\\.")}.? new \\+[1-9]`), "each changed file, with its lines")
  },
)

scene(
  "run: the sides of a diamond work at the same time",
  { skip: noPlugin, files: project(), scenario: { ...modules(["left", "right", "top", "down"]), latency_ms: { coder: 600 } } },
  async (world) => {
    const result = await world.task("Add four modules")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.ok(world.model.peak((request) => request.role === "coder") >= 3, world.model.summary())
  },
)

scene(
  "run: a quoted argument, as the shell's way in makes it, arrives without the quotes",
  { skip: noPlugin, files: project(), scenario: modules(["one"]) },
  async (world) => {
    const result = await world.run(["--command", "task", "add one module, please"])
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    const prompt = world.model.roleRequests.find((request) => request.role === "planner")?.prompt_text ?? ""
    assert.match(prompt, /^add one module, please$/m)
  },
)

scene("run: an ordinary conversation gains nothing by the plugin", { skip: noPlugin, files: project() }, async (world) => {
  await world.run(["hi"])
  const chat = world.model.requests.find((request) => request.kind === "chat")
  assert.deepEqual(
    chat?.tools.filter((tool) => tool.startsWith("mission_")),
    [],
  )
  const body = JSON.stringify(chat?.body)
  const at = body.search(/orchestrator|mission_/)
  assert.equal(at < 0 ? "" : body.slice(Math.max(0, at - 100), at + 100), "", "nothing of ours is in the request")
  assert.equal(world.missions().length, 0)
})
