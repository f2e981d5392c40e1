/** The contract host rejects what the documents of OpenCode 2 do not allow, and has the traps that they describe. */
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test from "node:test"
import plugin from "../../index.js"
import { modules, noPlugin, project, task } from "../e2e/fixtures.mjs"
import { until } from "../harness/index.mjs"
import { startModel } from "../model/server.mjs"
import { ContractHost } from "./host.mjs"
import { World2, said } from "./world2.mjs"

/**
 * @param {import("node:test").TestContext} t
 * @param {(ctx: any) => any} setup
 * @param {Partial<import("./host.mjs").HostOptions>} [options]
 */
async function hostWith(t, setup, options = {}) {
  const model = await startModel({})
  const directory = mkdtempSync(join(tmpdir(), "contract-"))
  t.after(async () => {
    await model.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return { model, host: new ContractHost({ model: model.url, directory, plugin: { id: "t", setup }, ...options }), directory }
}

test("a plugin without `setup` is refused at load", async (t) => {
  const { host } = await hostWith(t, () => {}, { plugin: { id: "t", server: () => {} } })
  await assert.rejects(host.start(), /has no `id` and `setup`/)
})

test("arguments that no document names are refused, with the source", async (t) => {
  const { host } = await hostWith(t, async (ctx) => {
    await assert.rejects(ctx.session.create({ directory: "/" }), /unknown key `directory` \(packages\/protocol/)
    await assert.rejects(ctx.session.get("ses_1"), /must be an object/)
    await assert.rejects(ctx.session.hook("before", () => {}), /no hook `before`/)
    await assert.rejects(ctx.agent.transform(async () => {}), /must be synchronous/)
    await assert.rejects(ctx.tool.transform((/** @type {any} */ editor) => editor.add({ name: "x" })), /lacks `description`/)
    const { id } = await ctx.session.create()
    await assert.rejects(ctx.session.switchModel({ sessionID: id, model: { providerID: "fake", id: "other" } }), /no model fake\/other/)
  })
  await host.start()
})

test("a synthetic message makes the model answer, unless it says `resume: false`", async (t) => {
  /** @type {any} */
  let ctx
  const { host, model } = await hostWith(t, (given) => void (ctx = given))
  await host.start()
  const { id: sessionID } = await ctx.session.create()
  await ctx.session.synthetic({ sessionID, text: "a word", resume: false })
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(model.requests.length, 0)
  await ctx.session.synthetic({ sessionID, text: "another" })
  await until(() => model.requests.length === 1, 5_000, () => "the model to be asked")
  await ctx.session.wait({ sessionID })
})

test("a child works in its parent's folder, and a subagent in a child only", async (t) => {
  /** @type {any} */
  let ctx
  const { host, directory } = await hostWith(t, (given) => void (ctx = given))
  await host.start()
  const parent = await ctx.session.create()
  const child = await ctx.session.create({ parentID: parent.id, location: { directory: tmpdir() } })
  assert.equal(child.location.directory, directory)
  await assert.rejects(ctx.session.create({ agent: "general" }), /only in a child session/)
})

test("our setup registers nothing where a method is lacking, and names it with the version", async (t) => {
  const { host, directory } = await hostWith(t, () => {}, { plugin, without: ["session.wait", "mcp.transform", "permission.rules"] })
  await assert.rejects(host.start(), /cannot run in OpenCode 2\.0\.0-contract: it lacks ctx\.mcp\.transform, ctx\.session\.wait\./)
  const location = host.locations.get(directory)
  assert.deepEqual([location?.transforms.size, location?.hooks.size], [0, 0])
})

test("a version that can set no rules of a session is refused", async (t) => {
  const { host } = await hostWith(t, () => {}, { plugin, without: ["session.update", "permission.rules"] })
  await assert.rejects(host.start(), /ctx\.session\.update or ctx\.permission\.rules/)
})

test("a version whose rules are set by `permission.rules` runs a mission", { skip: noPlugin }, async () => {
  const world = await World2.create({ files: project(), scenario: modules(["one"]), without: ["session.update"] })
  try {
    await world.start()
    assert.match(said(await world.task("Add one")), /Done, verified/)
    const roles = [...world.running.sessions.values()].filter(({ agent }) => agent !== "build")
    assert.ok(roles.every(({ permissions }) => permissions[0].effect === "deny"))
  } finally {
    await world.close()
  }
})

test("OpenCode does not retry for a role, as the engine does", { skip: noPlugin }, async () => {
  const world = await World2.create({ files: project(), scenario: { ...modules(["one"]), answers: [{ role: "coder", turns: [{ error: 503 }, { use: "default" }] }] } })
  try {
    const host = await world.start()
    /** @type {string[]} */
    const types = []
    host.listeners.add((/** @type {any} */ { type }) => types.push(type))
    assert.match(said(await world.task("Add one")), /Done, verified/)
    assert.ok(types.includes("session.step.failed") && !types.includes("session.retry.scheduled"))
  } finally {
    await world.close()
  }
})

test("a compaction of a role is counted, and what it was asked stays in front of its model", { skip: noPlugin }, async () => {
  const compacted = new Set()
  const compacts = (/** @type {import("./session.mjs").Session} */ session) => {
    const due = session.agent.endsWith("coder") && session.messages.some(({ type }) => type === "assistant") && !compacted.has(session.id)
    if (due) compacted.add(session.id)
    return due
  }
  const world = await World2.create({ files: project(), scenario: modules(["one"]), compacts })
  try {
    await world.start()
    assert.match(said(await world.task("Add one")), /Done, verified/)
    assert.equal(compacted.size, 1)
    const { requests, roleRequests } = world.model
    assert.equal(requests.filter(({ kind }) => kind === "summary").length, 1)
    assert.equal(world.facts("role_spent").reduce((all, fact) => all + (fact.requests ?? 0), 0), requests.length)
    const [last] = roleRequests.filter(({ role }) => role === "coder").slice(-1)
    assert.match(JSON.stringify(last.body.messages), /role: coder/)
  } finally {
    await world.close()
  }
})

test("what a role wrote before leaves its requests, and what OpenCode keeps stays as it was", { skip: noPlugin }, async () => {
  const long = (/** @type {string} */ name) => Array.from({ length: 150 }, (_, i) => `export const ${name}_${i} = 1;\n`).join("")
  const files = ["one", "two", "three"].map((name) => `src/${name}.js`)
  const plan = { tasks: [task("units", files)] }
  const turns = [...files.map((path, n) => ({ write: { [path]: long(`value${n}`) } })), { done: "Wrote the units." }]
  const world = await World2.create({ files: project(), scenario: { plan, answers: [{ role: "coder", step: 1, turns }] } })
  try {
    const host = await world.start()
    await world.task("Add the units")
    const coder = world.model.roleRequests.filter(({ role }) => role === "coder")
    const last = JSON.stringify(coder.at(-1)?.body.messages)
    assert.match(last, /\[wrote src\/one\.js, 150 lines: page `change-\d+`\]/)
    assert.ok(!last.includes("export const value0_9 = 1") && last.includes("export const value2_9 = 1"), last.slice(-3_000))
    const kept = [...host.sessions.values()].find(({ agent }) => agent.endsWith("coder"))
    assert.ok(JSON.stringify(kept?.messages).includes("export const value0_9 = 1"))
  } finally {
    await world.close()
  }
})

test("the command has the name that its user gave it, and says so", { skip: noPlugin }, async () => {
  const world = await World2.create({ files: project(), toml: '[command]\nname = "mission"\n' })
  try {
    const host = await world.start()
    const session = await world.session()
    await assert.rejects(host.command(session, "task", "status"), /no command task/)
    await host.command(session, "mission", "status")
    await until(() => said(session) !== "", 20_000, () => "an answer")
    assert.doesNotMatch(said(session), /`\/task/)
  } finally {
    await world.close()
  }
})
