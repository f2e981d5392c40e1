/** Changes that do not pass, and what happens to them. */
import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { changes, scene } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, onlyRoles, printed, project, task, testOf, verdicts } from "./fixtures.mjs"

const AREA = {
  plan: { tasks: [task("area", ["src/area.js", "test/area.test.js"])] },
  work: { area: { "src/area.js": constant("AREA", 12), "test/area.test.js": testOf("area", "AREA", "12") } },
}

scene(
  "a syntax error, then a failing test, then it passes",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...AREA,
      answers: [
        {
          role: ["coder", "fixer"],
          task: "area",
          step: 1,
          turns: [{ write: { ...AREA.work.area, "src/area.js": "export const AREA = (12;\n" } }, { done: "Wrote it." }],
        },
        {
          role: ["coder", "fixer"],
          task: "area",
          step: 2,
          turns: [{ write: { "src/area.js": constant("AREA", 11) } }, { done: "Fixed it." }],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add the area")
    assert.equal(result.code, 0, printed(result))
    assert.equal(world.read("src/area.js"), constant("AREA", 12))
    ended(world, "done")
    onlyRoles(world)
    const classes = world.facts("attempt_failed").map((fact) => fact.class)
    assert.deepEqual(classes, ["lint", "test"])
    const fixes = world.model.roleRequests.filter((request) => request.role === "fixer" && request.turn === 0)
    assert.equal(fixes.length, 2)
    assert.match(fixes[0].prompt_text, /src\/area\.js/, "the first repair is told the place of the syntax error")
    assert.match(fixes[1].prompt_text, /area gives AREA|AREA/, "the second is told which test failed")
    assert.equal(new Set(fixes.map((request) => request.session)).size, 1, "both in one session")
  },
)

scene(
  "a reviewer's rejection goes back with its finding",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...modules(["one"]),
      answers: [
        {
          role: "reviewer",
          task: "one",
          step: 1,
          turns: [
            {
              submit: {
                verdict: "reject",
                findings: [
                  { path: "src/one.js", line: 1, severity: "error", message: "the constant wants a comment with its unit" },
                ],
                acceptance: [{ id: "a1", met: true, evidence: "it is there" }],
              },
            },
          ],
        },
        {
          role: "fixer",
          turns: [{ write: { "src/one.js": `/** In metres. */\n${constant("ONE", 0)}` } }, { done: "Commented." }],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    assert.match(world.read("src/one.js"), /In metres/)
    const fix = world.model.roleRequests.find((request) => request.role === "fixer")
    assert.match(fix?.prompt_text ?? "", /wants a comment with its unit/)
    const first = world.model.roleRequests.filter((request) => request.role === "reviewer" && request.turn === 0)
    const whole = first.filter((request) => /^# The objective, to be judged as a whole/m.test(request.prompt_text))
    assert.equal(whole.length, 3, "something was rejected, so three judge the whole, though it is one task")
    ended(world, "done")
  },
)

scene(
  "a coder that never submits is asked again, and its task abandoned in the end; the rest continues",
  {
    skip: noPlugin,
    files: project(),
    toml: "[mission]\nmax_cycles = 1\n[heal]\nsplits = 0\n",
    scenario: {
      ...modules(["silent", "other"]),
      answers: [{ role: ["coder", "fixer"], task: "silent", turns: [{ text: "I have thought about it." }], repeat: true }],
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add two modules")
    assert.deepEqual(changes(before, world.picture()), ["+ src/other.js"], printed(result))
    ended(world, "incomplete")
    assert.equal(world.facts("task_given_up")[0].task, "silent")
    const prompts = new Set(
      world.model.roleRequests.filter((request) => request.task === "silent").map((request) => request.step),
    )
    assert.equal(prompts.size, 6, "two attempts, each drawn three times")
    assert.match(printed(result), /silent/)
    assert.match(printed(result), /abandoned/i)
  },
)

scene(
  "a write outside the project is refused, in words that let the coder go on",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...modules(["one"]),
      answers: [
        {
          role: "coder",
          turns: [
            { write: { "../../escaped.txt": "out" } },
            { calls: [{ tool: "write", args: { filePath: "/tmp/mission-test-escaped-{{mission}}.txt", content: "out" } }] },
            { use: "default" },
          ],
        },
      ],
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js"])
    ended(world, "done")
    assert.equal(existsSync(`/tmp/mission-test-escaped-${world.missions()[0].id}.txt`), false)
    assert.equal(existsSync(join(world.root, "escaped.txt")), false)
  },
)

scene(
  "checks that were red before say nothing of the change: it is delivered as unverified",
  {
    skip: noPlugin,
    files: project({
      "package.json": `${JSON.stringify({ name: "red", type: "module", scripts: { test: "node broken.js" } })}\n`,
      "broken.js": "process.exit(1);\n",
    }),
    scenario: modules(["one"]),
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    assert.equal(world.exists("src/one.js"), true)
    assert.match(printed(result), /unverified/i)
    assert.ok(!verdicts(world, "one").includes("checks pass"), "no verdict of pass from a red base")
  },
)

scene(
  "of tests that were red before, only new failures count",
  {
    skip: noPlugin,
    files: project({ "test/old.test.js": testOf("metre", "METRE", "2").replace("metre gives", "an old failure of") }),
    scenario: {
      ...AREA,
      answers: [
        {
          role: ["coder", "fixer"],
          task: "area",
          step: 1,
          turns: [{ write: { ...AREA.work.area, "src/area.js": constant("AREA", 1) } }, { done: "Wrote it." }],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add the area")
    assert.equal(result.code, 0, printed(result))
    assert.equal(world.read("src/area.js"), constant("AREA", 12))
    ended(world, "done")
    const fix = world.model.roleRequests.find((request) => request.role === "fixer")
    assert.match(fix?.prompt_text ?? "", /area gives AREA/)
    assert.doesNotMatch(fix?.prompt_text ?? "", /an old failure of/)
  },
)

scene(
  "a project without checks is delivered as unverified",
  {
    skip: noPlugin,
    files: { "notes.txt": "a note\n" },
    scenario: { plan: { tasks: [task("list", ["list.txt"])] }, work: { list: { "list.txt": "one\n" } } },
  },
  async (world) => {
    const result = await world.task("Add a list")
    assert.equal(result.code, 0, printed(result))
    assert.equal(world.read("list.txt"), "one\n")
    assert.match(printed(result), /unverified/i)
    assert.doesNotMatch(printed(result), /\bverified by\b.*test/i)
  },
)

scene(
  "two tasks that bring about the same are done and verified",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      plan: { tasks: [task("one", ["src/one.js"]), task("two", ["src/two.js"], { depends_on: ["one"] })] },
      work: { one: { "src/one.js": constant("ONE", 1), "src/two.js": constant("TWO", 2) } },
      answers: [
        {
          role: ["coder", "fixer"],
          task: "two",
          turns: [{ write: { "src/two.js": constant("TWO", 2) } }, { submit: { status: "done", summary: "It is there." } }],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add both")
    assert.equal(world.read("src/two.js"), constant("TWO", 2), printed(result))
    assert.doesNotMatch(printed(result), /unverified/i)
  },
)
