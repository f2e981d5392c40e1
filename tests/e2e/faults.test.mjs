/** Models and providers that misbehave: nothing hangs, nothing is lost, nothing is paid twice. */
import assert from "node:assert/strict"
import { changes, scene } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, printed, project } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

const ONE = modules(["one"])
const DONE = { status: "done", summary: "Did it." }

/**
 * One module is added, whatever the Coder does first.
 * @param {string} name
 * @param {import("../model/scenario.mjs").Answer[]} answers
 * @param {(world: World, text: string) => void} [more]
 * @param {Partial<import("../harness/world.mjs").WorldOptions>} [options]
 */
function survives(name, answers, more, options = {}) {
  scene(name, { skip: noPlugin, files: project(), scenario: { ...ONE, answers }, ...options }, async (world) => {
    const before = world.picture()
    const result = await world.task("Add one")
    const text = printed(result)
    assert.equal(result.code, 0, text)
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js"], text)
    ended(world, "done")
    more?.(world, text)
  })
}

/** @param {World} world */
const attempts = (world) => world.facts("attempt_started").length

survives(
  "a rate limit, a server error, a dropped and a broken stream are no attempts",
  [
    { role: "planner", turns: [{ error: 429, retry_after: 1 }, { use: "default" }] },
    { role: "coder", turns: [{ drop: true }, { error: 503 }, { use: "default" }] },
    { role: "reviewer", turns: [{ garbage: "{nope" }, { use: "default" }] },
  ],
  (world) => assert.equal(attempts(world), 1),
)

survives(
  "a coder that hangs is cut off at its time limit, and a fresh attempt goes on",
  [{ role: "coder", step: 1, turns: [{ hang: true, times: "always" }] }],
  (world) => {
    assert.deepEqual(
      world.facts("attempt_failed").map((fact) => fact.class),
      ["timeout"],
    )
    assert.equal(attempts(world), 2)
  },
  { toml: '[roles.coder]\ntimeout = "3s"\n' },
)

survives("slips in the arguments of a mailbox are understood", [
  {
    role: "searcher",
    turns: [
      { submit: '{"summary": "All of it.", "files": "src/metre.js", }' },
      { submit: { summary: "All of it.", files: [{ path: "src/metre.js", why: "it is" }] } },
    ],
  },
  {
    role: "planner",
    turns: [
      {
        submit: {
          tasks: JSON.stringify(ONE.plan.tasks.map(({ files, ...rest }) => ({ ...rest, files: files[0], dependsOn: [] }))),
        },
      },
    ],
  },
])

survives("bad arguments are answered with what is wrong, up to three times", [
  {
    role: "coder",
    turns: [{ write: ONE.work.one }, { submit: { status: "finished" } }, { submit: { summary: 5 } }, { submit: DONE }],
  },
])

survives(
  "a submission without any change is rejected",
  [{ role: "coder", turns: [{ submit: DONE }, { write: ONE.work.one }, { submit: DONE }] }],
  (world) => {
    const second = world.model.roleRequests.find((request) => request.role === "coder" && request.turn === 1)
    assert.match(JSON.stringify(second?.body.messages), /no file|nothing|write the change/i)
  },
)

survives(
  "prose instead of a result is discarded, and asked again in a session that does not know of it",
  [{ role: "coder", step: 1, turns: [{ text: "I think that it is done. ", text_times: 2000 }] }],
  (world) => {
    assert.deepEqual(
      world.facts("answer_discarded").map((fact) => [fact.role, fact.flag, fact.draw]),
      [["coder", "repetitive", 1]],
    )
    const second = world.model.roleRequests.find((request) => request.role === "coder" && request.step === 2)
    assert.doesNotMatch(JSON.stringify(second?.body.messages), /I think that it is done/)
    assert.equal(attempts(world), 1, "it is no attempt on the ladder")
  },
)

survives(
  "tools that a role was not given do nothing: bash, and another role's mailbox",
  [
    {
      role: "coder",
      turns: [
        { calls: [{ tool: "bash", args: { command: "touch src/evil.js", description: "evil" } }] },
        { calls: [{ tool: "mission_review", args: { verdict: "approve", findings: [], acceptance: [] } }] },
        { use: "default" },
      ],
    },
  ],
  (world) => assert.equal(world.exists("src/evil.js"), false),
)

survives(
  "a look outside the project is refused at once, and the coder goes on",
  [{ role: "coder", step: 1, turns: [{ calls: [{ tool: "read", args: { filePath: "/etc/hostname" } }] }, { use: "default" }] }],
  (world) => {
    const later = world.model.roleRequests
      .filter((request) => request.role === "coder")
      .map((request) => JSON.stringify(request.body.messages))
    assert.ok(
      later.some((messages) => /outside of the project/.test(messages)),
      "the coder learns why",
    )
  },
)

survives("files that a coder asks for are granted on the spot", [
  {
    role: "coder",
    turns: [
      { submit: { status: "blocked", summary: "I need a file.", needs_files: ["src/extra.js"] } },
      { write: ONE.work.one },
      { submit: DONE },
    ],
  },
])

survives(
  "a coder looks at what a check says before it submits",
  [
    {
      role: "coder",
      turns: [
        { write: ONE.work.one },
        { calls: [{ tool: "mission_check", args: {} }] },
        { calls: [{ tool: "mission_check", args: { name: "test" } }] },
        { submit: DONE },
      ],
    },
  ],
  (world) => {
    const after = (/** @type {number} */ turn) =>
      JSON.stringify(
        world.model.roleRequests.find((request) => request.role === "coder" && request.turn === turn)?.body.messages.at(-1),
      )
    assert.match(after(2), /test/, "without a name, the checks are listed")
    assert.match(after(3), /pass/i, "with one, it is run")
  },
)

scene(
  "a provider that is down pauses the mission, which says so",
  {
    skip: noPlugin,
    files: project(),
    scenario: { ...ONE, answers: [{ role: "coder", turns: [{ error: 401, message: "the key is not valid", times: "always" }] }] },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add one")
    assert.match(printed(result), /the key is not valid|401/)
    assert.deepEqual(changes(before, world.picture()), [])
    assert.ok(world.model.requests.length < 40, "no endless loop")
  },
)

scene(
  "a coder that repeats itself without end is stopped by the limit on its task",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...modules(["one", "two"]),
      answers: [
        { role: "coder", task: "one", turns: [{ calls: [{ tool: "read", args: { filePath: "src/metre.js" } }] }], repeat: true },
      ],
    },
    toml: '[mission]\nmax_cycles = 1\n[roles.coder]\ntimeout = "6s"\n',
  },
  async (world) => {
    const result = await world.task("Add two")
    assert.equal(result.late, false, printed(result))
    assert.equal(world.exists("src/two.js"), true)
    assert.equal(world.exists("src/one.js"), false)
    ended(world, "incomplete")
    assert.equal(world.read("src/two.js"), constant("TWO", 1))
  },
)
