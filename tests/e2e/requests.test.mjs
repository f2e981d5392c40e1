/** Every request to a model is counted: models that loop in unusual ways are stopped, and each limit names itself. */
import assert from "node:assert/strict"
import { changes, scene } from "../harness/index.mjs"
import { ended, modules, noPlugin, printed, project } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

const ONE = modules(["one"])
/** A mission that tries each task once. */
const ONCE = "[mission]\nmax_cycles = 1\n[heal]\nfixes = 0\nfresh = 0\nsplits = 0\n"

/** @param {World} world @param {string} role */
const requests = (world, role) => world.model.roleRequests.filter((request) => request.role === role)

/** The answers to the model in the newest request of a role. @param {World} world @param {string} role */
const heard = (world, role) => JSON.stringify(requests(world, role).at(-1)?.body.messages ?? [])

/** @param {number} n @param {(i: number) => object} call */
const many = (n, call) => Array.from({ length: n }, (_, i) => call(i))

scene(
  "a coder that asks for file after file is granted some, and then told to work",
  {
    skip: noPlugin,
    files: project(),
    toml: ONCE,
    scenario: {
      ...ONE,
      answers: [
        {
          role: "coder",
          turns: many(60, (i) => ({ submit: { status: "blocked", summary: "More.", needs_files: [`src/more${i}.js`] } })),
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.ok(requests(world, "coder").length <= 8, `${requests(world, "coder").length} requests\n${printed(result)}`)
    assert.match(heard(world, "coder"), /granted files 3 times/)
    assert.equal(world.facts("scope_widened").length, 3)
  },
)

scene(
  "patterns, folders and files that it has are no files that a coder can be granted",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...ONE,
      answers: [
        {
          role: "coder",
          step: 1,
          turns: [
            { submit: { status: "blocked", summary: "All.", needs_files: ["*"] } },
            { submit: { status: "blocked", summary: "All.", needs_files: ["src/one.js"] } },
            { write: ONE.work.one },
            { submit: { status: "done", summary: "Did it." } },
          ],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    ended(world, "done")
    assert.deepEqual(world.facts("scope_widened"), [], printed(result))
    assert.match(heard(world, "coder"), /is no file: name each file/)
    assert.match(heard(world, "coder"), /belong to this task already/)
  },
)

scene(
  "no request is sent once a result is accepted",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...ONE,
      answers: [
        {
          role: "coder",
          turns: [
            { write: ONE.work.one },
            { submit: { status: "done", summary: "Did it." } },
            ...many(80, (i) => ({ calls: [{ tool: "read", args: { filePath: "src/one.js", offset: i + 1 } }] })),
          ],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.ok(requests(world, "coder").length <= 3, `${requests(world, "coder").length} requests`)
    assert.ok(world.model.requests.length <= 8, world.model.summary())
  },
)

scene(
  "refused calls of any kind end a turn, however they vary",
  {
    skip: noPlugin,
    files: project(),
    toml: ONCE,
    scenario: {
      ...ONE,
      answers: [
        {
          role: "coder",
          turns: many(90, (i) => [
            { calls: [{ tool: "mission_page", args: { page: `notes-${i}` } }] },
            { calls: [{ tool: "read", args: { filePath: `/etc/file-${i}` } }] },
            { write: { [`.git/hook-${i}`]: "x" } },
          ][i % 3]),
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.ok(requests(world, "coder").length <= 14, `${requests(world, "coder").length} requests\n${printed(result)}`)
    assert.match(printed(result), /refused too many calls/)
  },
)

scene(
  "reading the same files again and again is a circle, whatever the order",
  {
    skip: noPlugin,
    files: project({ "src/a.js": "export const a = 1\n", "src/b.js": "export const b = 2\n", "src/c.js": "export const c = 3\n" }),
    toml: ONCE,
    scenario: {
      ...ONE,
      answers: [
        {
          role: "coder",
          turns: many(120, (i) => ({ calls: [{ tool: "read", args: { filePath: `src/${"abc"[i % 3]}.js` } }] })),
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.ok(requests(world, "coder").length <= 26, `${requests(world, "coder").length} requests\n${printed(result)}`)
    assert.match(printed(result), /goes round in circles/)
  },
)

scene(
  "a limit of requests pauses the mission, and says which limit it was",
  {
    skip: noPlugin,
    files: project(),
    toml: "[budget]\nrequests = 9\n",
    scenario: {
      ...ONE,
      answers: [{ role: "coder", turns: many(60, (i) => ({ calls: [{ tool: "grep", args: { pattern: `word${i}` } }] })) }],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.match(printed(result), /9 of 9 requests are used/)
    assert.ok(world.model.roleRequests.length <= 9, world.model.summary())
  },
)

scene(
  "a budget of tokens holds where the provider reports none",
  {
    skip: noPlugin,
    files: project(),
    toml: "[budget]\ntokens = 12_000\n",
    scenario: { ...modules(["one", "two", "three"]), usage: false },
  },
  async (world) => {
    const result = await world.task("Add three")
    assert.match(printed(result), /of 12000 tokens are used/)
    assert.ok(world.facts("role_spent").every((fact) => fact.estimated), "they are marked as estimates")
  },
)

scene(
  "a model that OpenCode does not know is named before anything is asked",
  {
    skip: noPlugin,
    files: project(),
    toml: '[roles.coder]\nmodel = "fake/mm"\n',
    scenario: ONE,
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add one")
    assert.match(printed(result), /does not know the model `fake\/mm`.*\[roles\.coder\].*Did you mean `fake\/m`\?/)
    assert.match(printed(result), /Nothing was started/)
    assert.deepEqual(world.model.roleRequests, [])
    assert.deepEqual(changes(before, world.picture()), [])
  },
)

scene(
  "a model whose answer may fill all that it holds is named before anything is asked",
  { skip: noPlugin, files: project(), context: 8192, scenario: ONE },
  async (world) => {
    const result = await world.task("Add one")
    assert.match(printed(result), /`fake\/m` may answer with 8192 tokens and holds 8192 in all/)
    assert.match(printed(result), /Nothing was started/)
    assert.deepEqual(world.model.roleRequests, [])
  },
)

scene(
  "optional arguments reach a model as optional, with the words that they may have",
  { skip: noPlugin, files: project(), scenario: ONE },
  async (world) => {
    await world.task("Add one")
    ended(world, "done")
    const tools = requests(world, "coder")[0]?.body.tools ?? []
    const parameters = (/** @type {string} */ name) => tools.find((/** @type {any} */ tool) => tool.function.name === name)?.function.parameters
    assert.deepEqual(parameters("mission_work").required, ["status", "summary"])
    assert.deepEqual(parameters("mission_work").properties.status.enum, ["done", "blocked"])
    assert.deepEqual(parameters("mission_check").required ?? [], [])
  },
)

scene(
  "a submission that is no JSON is answered with what is wrong, and counts",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...ONE,
      answers: [
        {
          role: "coder",
          step: 1,
          turns: [
            { write: ONE.work.one },
            { calls: [{ tool: "mission_work", args: '{"status": "done", "summary": ' }] },
            { submit: { status: "done", summary: "Did it." } },
          ],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.equal(world.facts("attempt_started").length, 1)
  },
)

scene(
  "a mission whose Planner gives no plan goes on as one task with the files of the brief",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...ONE,
      brief: { summary: "Units are constants.", files: [{ path: "src/metre.js", why: "it is like it" }, { path: "src/gone.js", why: "?" }] },
      work: { objective: ONE.work.one },
      answers: [{ role: "planner", turns: many(8, () => ({ submit: { tasks: [] } })) }],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    ended(world, "done")
    assert.match(printed(result), /gave no usable plan/)
    const [brief] = world.facts("brief_accepted").map((fact) => fact.brief)
    assert.deepEqual(brief.files.map((/** @type {any} */ file) => file.path), ["src/metre.js"])
    assert.match(brief.risks.join(), /src\/gone\.js/)
    assert.equal(world.read("src/one.js"), "export const ONE = 0;\n")
  },
)

scene(
  "eight tasks at once end within one answer of a limit on tokens",
  {
    skip: noPlugin,
    files: project(),
    toml: "[mission]\nparallel = 8\ntests = \"none\"\n[budget]\ntokens = 40_000\n",
    scenario: { ...modules(["a", "b", "c", "d", "e", "f", "g", "h"]), latency_ms: { coder: 700, default: 0 } },
  },
  async (world) => {
    const result = await world.task("Add eight")
    assert.match(printed(result), /of 40000 tokens are used/)
    const answers = world.facts("role_spent").map(({ tokens }) => tokens.input + tokens.output + tokens.cache_read + tokens.cache_write)
    const used = answers.reduce((sum, n) => sum + n, 0)
    assert.ok(used <= 40_000 + Math.max(...answers), `${used} tokens: ${answers.join(" ")}`)
  },
)

const LONG = Array.from({ length: 700 }, (_, i) => `export const value${i} = (a, b) => a * ${i} + b // line ${i}\n`).join("")
const read = (/** @type {string} */ path) => ({ calls: [{ tool: "read", args: { filePath: path } }] })

scene(
  "a coder whose compactions never help hears its task again after each, and is stopped",
  {
    skip: noPlugin,
    context: 20_000,
    files: project({ "src/long1.js": LONG, "src/long2.js": LONG }),
    toml: ONCE,
    scenario: {
      ...modules(["one", "two"]),
      answers: [{ role: "coder", task: "one", turns: [read("src/long1.js"), read("src/long2.js")], repeat: true }],
    },
  },
  async (world) => {
    const result = await world.task("Add two")
    ended(world, "incomplete")
    const kinds = world.model.requests.map((request) => request.kind)
    assert.ok(kinds.includes("summary"), world.model.summary())
    // Without the header nobody could know which role sent the request
    assert.ok(!kinds.includes("chat"), world.model.summary())
    assert.ok(world.model.requests.length <= 60, `${world.model.requests.length} requests\n${printed(result)}`)
    assert.equal(world.read("src/two.js"), "export const TWO = 1;\n")
  },
)
