/** Tests as evidence: existing ones are protected, new ones must be able to fail, Reviewers vote. */
import assert from "node:assert/strict"
import { scene } from "../harness/index.mjs"
import { constant, ended, noPlugin, onlyRoles, printed, project, task, testOf, verdicts } from "./fixtures.mjs"

const AREA = {
  plan: { tasks: [task("area", ["src/area.js", "test/area.test.js"])] },
  work: { area: { "src/area.js": constant("AREA", 12), "test/area.test.js": testOf("area", "AREA", "12") } },
}

/** @param {import("../harness/index.mjs").World} world */
const fixes = (world) => world.model.roleRequests.filter((request) => request.role === "fixer" && request.turn === 0)

scene(
  "an existing test that was weakened, and a check that was changed, are restored and the code is fixed",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      plan: { tasks: [task("metre", ["src/metre.js", "src/foot.js", "package.json"])] },
      work: { metre: { "src/foot.js": constant("FOOT", 3), "src/metre.js": `${constant("METRE", 1)}// one\n` } },
      answers: [
        {
          role: ["coder", "fixer"],
          task: "metre",
          step: 1,
          turns: [
            {
              write: {
                "src/metre.js": constant("METRE", 2),
                "src/foot.js": constant("FOOT", 3),
                "test/metre.test.js": testOf("metre", "METRE", "2"),
                "package.json": project()["package.json"].replace("node --test", "true"),
              },
            },
            { done: "Made the test fit." },
          ],
        },
        {
          role: ["coder", "fixer"],
          task: "metre",
          step: 2,
          turns: [{ write: { "src/foot.js": `${constant("FOOT", 3)}\n` } }, { done: "Left the tests alone." }],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Change the metre")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.equal(world.read("test/metre.test.js"), testOf("metre", "METRE", "1"))
    assert.match(world.read("package.json"), /node --test/)
    assert.match(world.read("src/metre.js"), /METRE = 1/)
    assert.deepEqual(
      world.facts("attempt_failed").map((fact) => fact.class),
      ["scope", "test"],
      "first what is protected, then the test as it was",
    )
    assert.match(fixes(world)[0].prompt_text, /test\/metre\.test\.js: this existing test is protected/)
    assert.match(fixes(world)[0].prompt_text, /`scripts\.test`/)
    assert.match(fixes(world)[1].prompt_text, /metre gives METRE/, "the test was put back and speaks")
    assert.ok(verdicts(world, "metre").includes("protected fail"))
  },
)

scene(
  "a new test that passes without the change is refused",
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
          turns: [
            {
              write: {
                "src/area.js": constant("AREA", 12),
                "test/area.test.js": testOf("metre", "METRE", "1").replace("metre gives", "the area gives"),
              },
            },
            { done: "Tested." },
          ],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add the area")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    onlyRoles(world)
    assert.equal(world.read("test/area.test.js"), testOf("area", "AREA", "12"))
    assert.equal(fixes(world).length, 1)
    assert.match(fixes(world)[0].prompt_text, /these tests pass without your change, or whatever the code does: `test\/area\.test\.js`/)
    const said = verdicts(world, "area").filter((verdict) => verdict.startsWith("new_tests"))
    assert.deepEqual(said, ["new_tests fail", "new_tests pass"])
  },
)

scene(
  "where only tests are added, they must notice that the code is wrong",
  {
    skip: noPlugin,
    files: project({ "src/sum.js": "export const sum = (a, b) => a + b;\n" }),
    scenario: {
      plan: { tasks: [task("tests", ["test/sum.test.js"])] },
      work: { tests: { "test/sum.test.js": testOf("sum", "sum", "3").replace("(sum, 3)", "(sum(1, 2), 3)") } },
      answers: [
        {
          role: ["coder", "fixer"],
          task: "tests",
          step: 1,
          turns: [
            { write: { "test/sum.test.js": testOf("sum", "sum", "3").replace("(sum, 3)", "(typeof sum, 'function')") } },
            { done: "Tested." },
          ],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Test the sum")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.match(world.read("test/sum.test.js"), /sum\(1, 2\), 3/)
    assert.match(fixes(world)[0].prompt_text, /whatever the code does.*src\/sum\.js:1/s)
    const said = verdicts(world, "tests").filter((verdict) => verdict.startsWith("new_tests"))
    assert.deepEqual(said, ["new_tests fail", "new_tests pass"])
  },
)

scene(
  "a refactoring may bring tests of what was there before, if they notice when it is wrong",
  {
    skip: noPlugin,
    files: project({ "src/sum.js": "export const sum = (a, b) => a + b;\n" }),
    scenario: {
      plan: { tasks: [task("sum", ["src/sum.js", "test/sum.test.js"])] },
      work: {
        sum: {
          "src/sum.js": "export const sum = (first, second) => first + second;\n",
          "test/sum.test.js": testOf("sum", "sum", "3").replace("(sum, 3)", "(sum(1, 2), 3)"),
        },
      },
    },
  },
  async (world) => {
    const result = await world.task("Name what is summed, and test it")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.equal(fixes(world).length, 0)
    const [said] = world.facts("gate_judged").filter((fact) => fact.gate === "new_tests")
    assert.equal(said.verdict, "pass")
    assert.match(said.detail, /`test\/sum\.test\.js` fails when the code is wrong \(src\/sum\.js:1/)
  },
)

scene(
  "a test may change where the plan says why, and the reviewer is told what became of it",
  {
    skip: noPlugin,
    files: project({
      "test/metre.test.js": testOf("metre", "METRE", "1").replace("METRE, 1);", "METRE, 1);\n  assert.ok(METRE > 0);"),
    }),
    scenario: {
      plan: {
        tasks: [task("metre", ["src/metre.js", "test/metre.test.js"], { edits_tests: "a metre is a hundred from now on" })],
      },
      work: { metre: { "src/metre.js": constant("METRE", 100), "test/metre.test.js": testOf("metre", "METRE", "100") } },
    },
  },
  async (world) => {
    const result = await world.task("Count in centimetres")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.equal(world.read("test/metre.test.js"), testOf("metre", "METRE", "100"))
    const review = world.model.roleRequests.find((request) => request.role === "reviewer")
    assert.match(review?.prompt_text ?? "", /a metre is a hundred from now on/)
    assert.match(review?.prompt_text ?? "", /`test\/metre\.test\.js` was changed/)
    assert.match(review?.prompt_text ?? "", /test-weakened/)
  },
)

/** @param {string} why */
const dissent = (why) => ({
  submit: {
    verdict: "reject",
    findings: [{ path: "src/area.js", line: 1, severity: "error", message: why }],
    acceptance: [{ id: "a1", met: true, evidence: "it is there" }],
  },
})

scene(
  "of three reviewers two decide, and what the third says is kept",
  {
    skip: noPlugin,
    files: project(),
    toml: "[review]\nquorum = 3\n",
    scenario: {
      ...AREA,
      answers: [
        { role: "reviewer", attempt: 2, turns: [dissent("the constant is too large")] },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add the area")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    const reviews = world.model.roleRequests.filter((request) => request.role === "reviewer" && request.turn === 0)
    assert.equal(new Set(reviews.map((request) => request.session)).size, 3, "three sessions of their own")
    const [verdict] = world.facts("gate_judged").filter((fact) => fact.gate === "review")
    assert.equal(verdict.verdict, "pass")
    assert.match(verdict.detail, /2 of 3 reviewers approve.*the constant is too large/s)
    assert.equal(fixes(world).length, 0)
  },
)

const cases = (/** @type {number[]} */ ...lengths) => `export const LENGTHS = ${JSON.stringify(lengths)};\n`

scene(
  "tests that are gone though nothing fails are missed",
  {
    skip: noPlugin,
    files: project({
      "src/lengths.js": cases(1, 2, 3),
      "test/lengths.test.js":
        'import test from "node:test";\nimport { LENGTHS } from "../src/lengths.js";\nfor (const length of LENGTHS) test(`length ${length}`, () => {});\n',
    }),
    scenario: {
      plan: { tasks: [task("lengths", ["src/lengths.js"])] },
      work: { lengths: { "src/lengths.js": cases(1, 2, 3, 4) } },
      answers: [
        {
          role: ["coder", "fixer"],
          task: "lengths",
          step: 1,
          turns: [{ write: { "src/lengths.js": cases(1) } }, { done: "Shortened." }],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add a length")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.equal(world.read("src/lengths.js"), cases(1, 2, 3, 4))
    assert.match(fixes(world)[0].prompt_text, /4 tests ran before the change and 2 run now/)
  },
)
