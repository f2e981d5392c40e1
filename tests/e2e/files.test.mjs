/** Files that a change moves, deletes, empties or adds outside its plan, and existing protected files. */
import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { changes, scene } from "../harness/index.mjs"
import { constant, ended, noPlugin, printed, project, task, testOf } from "./fixtures.mjs"

const old = { "src/yard.js": constant("YARD", 0.9144), "src/league.js": constant("LEAGUE", 4828) }

scene(
  "a file moves and another goes, an emptied one is rejected, and the report names both",
  {
    skip: noPlugin,
    files: project(old),
    scenario: {
      plan: { tasks: [task("tidy", ["src/yard.js", "src/imperial/yard.js", "src/league.js"])] },
      answers: [
        {
          role: "coder",
          turns: [
            { calls: [{ tool: "mission_move", args: { from: "src/yard.js", to: "src/imperial/yard.js" } }] },
            { calls: [{ tool: "read", args: { filePath: "src/league.js" } }] },
            { write: { "src/league.js": "" } },
            { done: "Moved and deleted." },
          ],
        },
        { role: "fixer", turns: [{ calls: [{ tool: "mission_move", args: { from: "src/league.js" } }] }, { done: "Deleted." }] },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Move the yard; nothing uses the league")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.equal(world.read("src/imperial/yard.js"), old["src/yard.js"])
    for (const gone of Object.keys(old)) assert.ok(!existsSync(join(world.project, gone)), gone)
    const texts = JSON.stringify(world.model.requests.map((request) => request.body ?? null))
    assert.match(texts, /src\/league\.js: this file was emptied/)
    assert.match(printed(result), /Moved and deleted:\s+- `tidy`: .*`src\/yard\.js` moved to `src\/imperial\/yard\.js`/)
    assert.match(printed(result), /`src\/league\.js` deleted/)
  },
)

scene(
  "a file is deleted that was emptied because its text moved, or because the task asks for its removal, and the answer says so",
  {
    skip: noPlugin,
    files: project(old),
    scenario: {
      plan: { tasks: [task("move", ["src/yard.js", "src/imperial/yard.js", "src/league.js"])] },
      work: { move: { "src/imperial/yard.js": old["src/yard.js"], "src/yard.js": "", "src/league.js": "" } },
    },
  },
  async (world) => {
    const result = await world.task("Move the yard and remove the league")
    ended(world, "done")
    assert.equal(world.read("src/imperial/yard.js"), old["src/yard.js"])
    for (const gone of Object.keys(old)) assert.ok(!existsSync(join(world.project, gone)), gone)
    assert.match(printed(result), /`src\/yard\.js` was left empty and is deleted: its text is in `src\/imperial\/yard\.js` now/)
    assert.match(printed(result), /`src\/league\.js` was left empty and is deleted: the task asks for its removal/)
    assert.match(printed(result), /Moved and deleted:\s+- `move`: .*`src\/yard\.js` moved to `src\/imperial\/yard\.js`/)
  },
)

scene(
  "a file that the plan does not name wants its reason, and the reviewer an answer about it",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      plan: { tasks: [task("one", ["src/one.js"])] },
      answers: [
        {
          role: "coder",
          turns: [
            { write: { "src/one.js": 'export { UNIT } from "./unit.js";\n', "src/unit.js": constant("UNIT", 1) } },
            { submit: { status: "done", summary: "Did it." } },
            { submit: { status: "done", summary: "Did it.", unplanned: [{ path: "src/unit.js", why: "one is told from it" }] } },
          ],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    const review = world.model.roleRequests.find((request) => request.role === "reviewer")
    assert.match(review?.prompt_text ?? "", /^u1: src\/unit\.js is needed: one is told from it$/m)
    assert.equal(world.facts("work_accepted")[0].unplanned.length, 1)
    assert.match(printed(result), /Outside the plan:\s+- `src\/unit\.js` \(`one`\): one is told from it/)
  },
)

const more = `${testOf("metre", "METRE", "1")}\ntest("metre is positive", () => {\n  assert.ok(METRE > 0);\n});\n`

scene(
  "an existing test in a plan wants a reason, and without one a case is added all the same",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      plan: { tasks: [task("one", ["src/one.js"])] },
      answers: [
        {
          role: "planner",
          turns: [
            { submit: { tasks: [task("one", ["src/one.js", "test/metre.test.js"])] } },
            { submit: { tasks: [task("one", ["src/one.js"])] } },
          ],
        },
        {
          role: "coder",
          turns: [
            { calls: [{ tool: "read", args: { filePath: "test/metre.test.js" } }] },
            { write: { "src/one.js": constant("ONE", 1), "test/metre.test.js": more } },
            { done: "Did it." },
          ],
        },
      ],
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.equal(world.read("test/metre.test.js"), more)
    assert.equal(changes(before, world.picture()).length, 2)
    const planner = world.model.roleRequests.filter((request) => request.role === "planner")
    assert.ok(planner.length >= 2, "the plan was rejected once")
  },
)

const ci = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm test\n"

scene(
  "a CI file that is there changes after consent, which is asked for once, and a git hook is refused at the plan",
  {
    skip: noPlugin,
    timeout_ms: 180_000,
    files: project({ ".github/workflows/ci.yml": ci, ".husky/pre-commit": "npm test\n" }),
    scenario: {
      answers: [
        {
          role: "planner",
          turns: [
            { submit: { tasks: [task("ci", [".github/workflows/ci.yml", ".husky/pre-commit"], { edits_config: "it is asked for" })] } },
            { submit: { tasks: [task("ci", [".github/workflows/ci.yml"], { edits_config: "it is asked for" })] } },
          ],
        },
        {
          role: "coder",
          turns: [
            { calls: [{ tool: "read", args: { filePath: ".github/workflows/ci.yml" } }] },
            { write: { ".github/workflows/ci.yml": ci.replace("push", "[push, pull_request]") } },
            { done: "Did it." },
          ],
        },
      ],
    },
  },
  async (world) => {
    const asked = await world.task("Run the tests for pull requests, too")
    assert.match(printed(asked), /your consent is needed/)
    const agreed = await world.task("resume")
    assert.equal(agreed.code, 0, printed(agreed))
    ended(world, "done")
    assert.match(String(world.read(".github/workflows/ci.yml")), /pull_request/)
    assert.match(printed(agreed), /\*\*Scripts or configuration\*\*: `ci` changed, as the plan allows: \.github\/workflows\/ci\.yml/)
    assert.equal(world.facts("paused").filter((fact) => fact.reason.kind === "consent").length, 1)
  },
)

const start = {
  "package.json": `${JSON.stringify({ name: "inches", version: "1.0.0", type: "module", scripts: { test: "node --test" } }, null, 2)}\n`,
  "src/inch.js": constant("INCH", 25.4),
  "test/inch.test.js": testOf("inch", "INCH", "25.4"),
}

scene(
  "a new project is verified by its own tests, and said to be so",
  {
    skip: noPlugin,
    files: { "README.md": "# inches\n" },
    scenario: {
      plan: {
        tasks: [
          task("start", Object.keys(start)),
          task("foot", ["src/foot.js"], { depends_on: ["start"] }),
        ],
      },
      work: { start, foot: { "src/foot.js": constant("FOOT", 304.8) } },
    },
  },
  async (world) => {
    const result = await world.task("Begin a project")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    const text = printed(result)
    assert.match(text, /Done, verified by its own tests/)
    assert.match(text, /this mission brings a check, which runs from now on: `npm test` \(package\.json/)
    const foot = world.facts("gate_judged").find((fact) => fact.task === "foot" && fact.gate === "checks")
    assert.equal(foot?.verdict, "pass", "a later task is judged by it")
  },
)

scene(
  "a new project whose own tests fail is not delivered",
  {
    skip: noPlugin,
    files: { "README.md": "# inches\n" },
    toml: "[mission]\nmax_cycles = 1\n[heal]\nfixes = 0\nfresh = 0\nsplits = 0\n",
    scenario: {
      plan: { tasks: [task("start", Object.keys(start))] },
      work: { start: { ...start, "src/inch.js": constant("INCH", 24.5) } },
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Begin a project")
    assert.deepEqual(changes(before, world.picture()), [], printed(result))
    ended(world, "failed")
    assert.match(JSON.stringify(world.facts("attempt_failed")), /inch gives INCH/)
  },
)
