/**
 * The end of a mission: Reviewers compare the whole with the objective, and missing parts are planned in another cycle.
 */
import assert from "node:assert/strict"
import { changes, scene } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, printed, project, task } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

/** First prompts of a role, in the order in which they came. @param {World} world @param {string} role */
const asked = (world, role) => world.model.roleRequests.filter((request) => request.role === role && request.turn === 0)

/** @param {string} id @param {boolean} met @param {string} evidence */
const answer = (id, met, evidence) => ({ id, met, evidence })

const WHOLE = "^# The objective, to be judged as a whole"

scene(
  "what the whole lacks becomes the next plan, which is told what is integrated; then all of it is delivered at once",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      plan: { ...modules(["one", "two"]).plan, acceptance: ["one is there", "there is an index of both"] },
      work: { ...modules(["one", "two"]).work, index: { "src/index.js": 'export * from "./one.js";\nexport * from "./two.js";\n' } },
      answers: [
        { role: "planner", match: "^# What is missing", turns: [{ submit: { tasks: [task("index", ["src/index.js"])] } }] },
        {
          role: "reviewer",
          match: `${WHOLE}(?![^]*- .index. )`,
          turns: [
            {
              submit: {
                verdict: "reject",
                findings: [],
                acceptance: [answer("a1", true, "src/one.js:1"), answer("a2", false, "no file exports both")],
              },
            },
          ],
        },
      ],
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add two modules and an index of them")
    assert.deepEqual(changes(before, world.picture()), ["+ src/index.js", "+ src/one.js", "+ src/two.js"], printed(result))
    ended(world, "done")
    const planner = asked(world, "planner")
    assert.equal(planner.length, 2, "one plan for the objective, one for what is missing")
    assert.match(planner[1].prompt_text, /there is an index of both: no file exports both/)
    assert.match(planner[1].prompt_text, /# What is integrated\n- `one`/)
    const whole = asked(world, "reviewer").filter((request) => !request.task)
    assert.equal(whole.length, 4, "the whole is reviewed once a cycle, and by two more where the first one objects")
    assert.match(whole[3].prompt_text, /\+export \* from/, "the whole diff is shown")
    assert.deepEqual(
      world.facts("objective_reviewed").map(({ cycle, met, unmet }) => [cycle, met.length, unmet.length]),
      [
        [1, 1, 1],
        [2, 2, 0],
      ],
    )
    assert.match(printed(result), /cycle 2 of at most 3/)
    assert.match(printed(result), /The objective as a whole: 2 of 2 met, after 2 plans/)
    assert.match(printed(result), /Expected before the first task: /)
  },
)

scene(
  "a plan that brings nothing is the last one: what is integrated is delivered, and the report says what is missing",
  {
    skip: noPlugin,
    files: project(),
    toml: "[heal]\nfixes = 0\nfresh = 0\nsplits = 0\n",
    scenario: {
      plan: { tasks: [task("one", ["src/one.js"]), task("bad", ["src/bad.js"])] },
      work: { ...modules(["one"]).work },
      answers: [
        { role: "planner", match: "^# What is missing", turns: [{ submit: { tasks: [task("worse", ["src/worse.js"])] } }] },
        { role: "coder", task: "bad", turns: [{ write: { "src/bad.js": "export const BAD = (1\n" } }, { done: "It is right." }] },
        { role: "coder", task: "worse", turns: [{ write: { "src/worse.js": "export const W = (1\n" } }, { done: "It is right." }] },
      ],
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add two modules")
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js"], printed(result))
    ended(world, "incomplete")
    assert.equal(asked(world, "planner").length, 2, "three plans were allowed; the second brought nothing")
    assert.match(asked(world, "planner")[1].prompt_text, /# What failed\n`bad`/)
    assert.deepEqual(
      world.facts("rung_chosen").map(({ task: id, rung }) => [id, rung.kind]),
      [
        ["bad", "replan"],
        ["worse", "replan"],
      ],
    )
    assert.match(printed(result), /\*\*missing\*\*: src\/worse\.js is there/)
  },
)

scene(
  "a mission of one task asks four roles once each: its reviewer's verdict is that of the whole",
  {
    skip: noPlugin,
    files: project(),
    scenario: { ...modules(["one"]), plan: { ...modules(["one"]).plan, acceptance: ["ONE is exported"] } },
  },
  async (world) => {
    const result = await world.task("Add one")
    ended(world, "done")
    const roles = ["searcher", "planner", "coder", "reviewer"]
    assert.deepEqual(
      roles.map((role) => asked(world, role).length),
      [1, 1, 1, 1],
      world.model.summary(),
    )
    assert.match(asked(world, "reviewer")[0].prompt_text, /a2: ONE is exported/, "what the plan says of the whole is asked, too")
    assert.equal(world.read("src/one.js"), constant("ONE", 0))
    assert.match(printed(result), /The objective as a whole: 1 of 1 met/)
  },
)

scene(
  "an objection that a coder finds to be no fault is not forced into a change: it is asked of the reviewers again",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      plan: { ...modules(["one", "two"]).plan, acceptance: ["one and two are there"] },
      work: modules(["one", "two"]).work,
      answers: [
        { role: "planner", match: "^# What is missing", turns: [{ submit: { tasks: [task("again", ["src/one.js"])] } }] },
        {
          role: "reviewer",
          match: `${WHOLE}(?![^]*- .again. )`,
          turns: [{ submit: { verdict: "reject", findings: [], acceptance: [answer("a1", false, "two is missing")] } }],
        },
        { role: "coder", task: "again", turns: [{ done: "Both are there." }, { done: "src/one.js and src/two.js are there." }] },
      ],
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add two modules")
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js", "+ src/two.js"], printed(result))
    ended(world, "done")
    const accepted = world.facts("work_accepted")
    assert.deepEqual(
      accepted.map((fact) => [fact.task, fact.unchanged ?? false]).sort(),
      [
        ["again", true],
        ["one", false],
        ["two", false],
      ],
    )
    assert.match(printed(result), /`again` submitted: nothing to change, it is already met/)
    const [judge] = asked(world, "reviewer").filter((request) => request.task === "again")
    assert.match(judge.prompt_text, /# Nothing was changed for this task/)
    assert.match(judge.prompt_text, /\+\+\+ b\/src\/one\.js/, "it sees what was made of the task's files")
    assert.doesNotMatch(judge.prompt_text, /src\/two\.js are there|\+\+\+ b\/src\/two\.js/, "nor more than that, nor the coder's words")
    const whole = asked(world, "reviewer").filter((request) => !request.task)
    assert.equal(whole.length, 6, "one and two more who objected, then three on the same tree")
    assert.deepEqual(
      world.facts("objective_reviewed").map(({ cycle, unmet }) => [cycle, unmet.length]),
      [
        [1, 1],
        [2, 0],
      ],
    )
  },
)

scene(
  "if a submission was rejected on the way, three Reviewers judge the whole",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...modules(["one", "two"]),
      answers: [
        { role: "coder", task: "one", attempt: 1, turns: [{ write: { "src/one.js": "export const ONE = (\n" } }, { done: "Wrote it." }] },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add two modules")
    ended(world, "done")
    const whole = asked(world, "reviewer").filter((request) => !request.task)
    assert.equal(whole.length, 3, printed(result))
    assert.match(whole[0].prompt_text, new RegExp(WHOLE, "m"))
  },
)
