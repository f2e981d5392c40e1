/**
 * Paging in live sessions: parts that a role no longer needs leave its requests, the rest stays byte for byte, and
 * pages can be read again.
 */
import assert from "node:assert/strict"
import { scene } from "../harness/index.mjs"
import { ended, noPlugin, printed, project, task } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

/** @param {string} name */
const long = (name) => Array.from({ length: 150 }, (_, i) => `export const ${name.toUpperCase()}${i} = ${i}\n`).join("")
const FILES = ["one", "two", "three", "four"]
const path = (/** @type {string} */ name) => `src/${name}.js`
const write = (/** @type {string} */ name) => ({ write: { [path(name)]: long(name) } })
const PLAN = { tasks: [task("units", FILES.map(path))] }
/** @type {Record<string, unknown>} */
const base = { skip: noPlugin, files: project() }
const scenario = (/** @type {object[]} */ turns) => ({
  plan: PLAN,
  work: { units: Object.fromEntries(FILES.map((name) => [path(name), long(name)])) },
  answers: [{ role: "coder", step: 1, turns }],
})
const done = { done: "Wrote the units." }

/** The messages of each request of the Coder, without the system prompt. @param {World} world */
const requests = (world) =>
  world.model.roleRequests
    .filter(({ role }) => role === "coder")
    .map(({ body }) => body.messages.filter((/** @type {any} */ message) => message.role !== "system"))

/** Arguments of a call of one of our tools. @param {any[]} messages @param {number} n */
const written = (messages, n) =>
  JSON.parse(messages.flatMap((message) => message.tool_calls ?? [])[n].function.arguments)

scene(
  "bodies of past writes become a line each, in every later request the same, and what stands before them stays as it was",
  { ...base, scenario: scenario([...FILES.map(write), done]) },
  async (world) => {
    const result = await world.task("Add the units")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    for (const name of FILES) assert.equal(world.read(path(name)), long(name))
    const all = requests(world)
    assert.equal(all.length, 5)
    assert.equal(written(all[1], 0).content, long("one"), "the file in work stays")
    const line = /^\[wrote src\/one\.js, 150 lines: page `change-\d+`\]$/
    assert.match(written(all[2], 0).content, line)
    assert.equal(written(all[2], 1).content, long("two"))
    assert.equal(written(all[4], 3).content, long("four"), "the newest file stays")
    // Each request begins like the one before it, up to the newly paged-out parts
    for (let n = 2; n < all.length; n += 1) {
      const settled = all[n - 1].slice(0, -2)
      assert.deepEqual(all[n].slice(0, settled.length), settled, `request ${n}`)
    }
    const bytes = all.map((messages) => JSON.stringify(messages).length)
    assert.ok(bytes[4] - bytes[1] < long("one").length, `${bytes}`)
  },
)

scene(
  "a page comes back to the role that asks for it, and the line that names it is no text for a file",
  {
    ...base,
    scenario: scenario([
      write("one"),
      write("two"),
      { calls: [{ tool: "mission_page", args: { page: "change-1", limit: 3 } }] },
      { write: { [path("three")]: "[wrote src/one.js, 150 lines: page `change-1`]" } },
      write("three"),
      write("four"),
      done,
    ]),
  },
  async (world) => {
    const result = await world.task("Add the units")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    const heard = JSON.stringify(requests(world).at(-1))
    assert.match(heard, /export const ONE2 = 2\\n\[lines 1 to 3 of 150\]/)
    assert.match(heard, /only stands for a text that was paged out/)
    assert.equal(world.read(path("three")), long("three"))
  },
)

scene(
  "with paging off every request holds all that was said",
  { ...base, toml: '[context]\npaging = "off"\n', scenario: scenario([...FILES.map(write), done]) },
  async (world) => {
    await world.task("Add the units")
    ended(world, "done")
    const last = requests(world).at(-1) ?? []
    FILES.forEach((name, n) => assert.equal(written(last, n).content, long(name)))
  },
)

const LONG = Array.from({ length: 900 }, (_, i) => `export const long${i} = (a, b) => a * ${i} + b\n`).join("")
const BROKEN = "export const ONE = 0;\nexport function two() {\n"
const RIGHT = `${BROKEN}  return 2;\n}\n`

scene(
  "a repair after a long session begins a fresh one, with the task, the change and what was found",
  {
    ...base,
    files: project({ "src/long.js": LONG }),
    scenario: {
      plan: { tasks: [task("one", ["src/one.js"])] },
      answers: [
        {
          role: "coder",
          turns: [{ calls: [{ tool: "read", args: { filePath: "src/long.js" } }] }, { write: { "src/one.js": BROKEN } }, { done: "Wrote one." }],
        },
        { role: "fixer", turns: [{ write: { "src/one.js": RIGHT } }, { done: "Closed the brace." }] },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.equal(world.read("src/one.js"), RIGHT)
    const [fix] = world.facts("fix_started")
    assert.equal(fix.fresh, true)
    assert.match(fix.why, /kB in each request of the session of the work/)
    assert.match(printed(result), /in a session of its own/)
    const [first] = world.model.roleRequests.filter(({ role }) => role === "fixer")
    const asked = JSON.stringify(first.body.messages)
    assert.match(asked, /# Task: Add one/)
    assert.match(asked, /a1: src\/one\.js is there/)
    assert.match(asked, /\+export function two\(\) \{/)
    assert.match(asked, /# What was found/)
    assert.doesNotMatch(asked, /long899/)
  },
)

scene(
  "a repair after a short session goes on in it",
  {
    ...base,
    scenario: {
      plan: { tasks: [task("one", ["src/one.js"])] },
      answers: [
        { role: "coder", turns: [{ write: { "src/one.js": BROKEN } }, { done: "Wrote one." }] },
        { role: "fixer", turns: [{ write: { "src/one.js": RIGHT } }, { done: "Closed the brace." }] },
      ],
    },
  },
  async (world) => {
    await world.task("Add one")
    ended(world, "done")
    const [fix] = world.facts("fix_started")
    assert.equal(fix.fresh ?? false, false)
    const [first] = world.model.roleRequests.filter(({ role }) => role === "fixer")
    assert.match(JSON.stringify(first.body.messages), /role: coder/)
  },
)
