/** Tests that another Coder writes first: they fail on the base, are protected, and gate the implementation. */
import assert from "node:assert/strict"
import { scene } from "../harness/index.mjs"
import { constant, ended, noPlugin, onlyRoles, printed, project, task, testOf, verdicts } from "./fixtures.mjs"

const AREA = {
  plan: { tasks: [task("area", ["src/area.js"], { behaviour: true })] },
  work: { area: { "src/area.js": constant("AREA", 12) } },
  tests: { area: { "test/area.test.js": testOf("area", "AREA", "12") } },
}

scene(
  "tests are written first by another coder, fail without the change, and pass with it",
  { skip: noPlugin, files: project(), scenario: AREA },
  async (world) => {
    const result = await world.task("Add the area")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    onlyRoles(world)
    const coders = world.model.roleRequests.filter((request) => request.role === "coder" && request.turn === 0)
    assert.equal(coders.length, 2)
    assert.notEqual(coders[0].session, coders[1].session, "two sessions that know nothing of each other")
    assert.match(coders[0].prompt_text, /^part: tests$/m)
    assert.match(coders[1].prompt_text, /Another coder wrote them.*test\/area\.test\.js/s)
    const names = world.facts().map((fact) => fact.event)
    assert.ok(names.indexOf("tests_written") < names.indexOf("attempt_started"))
    assert.ok(verdicts(world, "area").includes("independent_tests pass"))
    assert.equal(world.read("test/area.test.js"), testOf("area", "AREA", "12"))
  },
)

scene(
  "an implementation that changes the tests of another coder is refused",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...AREA,
      answers: [
        {
          role: "coder",
          task: "area",
          turns: [
            { write: { "src/area.js": constant("AREA", 13), "test/area.test.js": testOf("area", "AREA", "13") } },
            { done: "Made them agree." },
          ],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add the area")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.equal(world.read("test/area.test.js"), testOf("area", "AREA", "12"))
    assert.equal(world.read("src/area.js"), constant("AREA", 12))
    assert.ok(verdicts(world, "area").includes("independent_tests fail"))
  },
)

scene(
  "tests that pass already, or are broken, are rejected, and in the end the task goes on without",
  {
    skip: noPlugin,
    files: project(),
    scenario: { ...AREA, tests: { area: { "test/area.test.js": testOf("metre", "METRE", "1") } } },
  },
  async (world) => {
    const result = await world.task("Add the area")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.ok(world.facts("tests_rejected").length >= 2)
    assert.match(world.facts("tests_rejected")[0].issues[0].message, /passes before the change/)
    assert.equal(world.facts("tests_skipped").length, 1)
    assert.ok(!world.exists("test/area.test.js"))
    assert.match(printed(result), /without independent tests/)
  },
)

/** The author adds a case that the task does not require, and that no correct implementation passes. */
const WRONG = `${testOf("area", "AREA", "12")}\ntest("AREA is odd", () => {\n  assert.equal(AREA % 2, 1);\n});\n`

scene(
  "a test that a repair fails on alone is shown to reviewers and written again, and what it rejected is judged again",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...AREA,
      answers: [
        { role: "coder", part: "tests", step: 1, turns: [{ write: { "test/area.test.js": WRONG } }, { done: "Two cases." }] },
        {
          role: "reviewer",
          match: "Judge the tests alone",
          turns: [
            {
              submit: {
                verdict: "reject",
                findings: [{ path: "test/area.test.js", line: 9, severity: "error", message: "Nothing asks for an odd area." }],
                acceptance: [{ id: "a1", met: false, evidence: "the case contradicts it" }],
              },
            },
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
    const steps = ["tests_written", "attempt_started", "fix_started", "attempt_failed", "tests_redrawn", "integrated"]
    const facts = world.facts().map((fact) => fact.event).filter((name) => steps.includes(name))
    assert.deepEqual(facts, [
      ...["tests_written", "attempt_started", "attempt_failed", "fix_started", "attempt_failed"],
      ...["tests_redrawn", "tests_written", "attempt_started", "integrated"],
    ])
    const authors = world.model.roleRequests.filter((request) => request.part === "tests" && request.turn === 0)
    assert.equal(authors.length, 2)
    assert.notEqual(authors[0].session, authors[1].session, "another author")
    assert.match(authors[1].prompt_text, /Nothing asks for an odd area/, "who is told what was wrong with the first ones")
    const coders = world.model.roleRequests.filter((request) => request.role === "coder" && !request.part && request.turn === 0)
    assert.equal(coders.length, 1, "nobody is asked for the same change twice")
    assert.ok(world.facts("tests_redrawn")[0].kept)
    const [dispute, other] = world.model.roleRequests.filter((request) => request.role === "reviewer" && request.turn === 0)
    assert.match(dispute.prompt_text, /AREA is odd/)
    assert.match(other.prompt_text, /AREA is odd/, "two of them")
    assert.doesNotMatch(dispute.prompt_text, /AREA = 12/, "they are shown no implementation")
    assert.equal(world.read("test/area.test.js"), testOf("area", "AREA", "12"))
    assert.equal(world.read("src/area.js"), constant("AREA", 12))
    assert.match(printed(result), /written again/)
  },
)
