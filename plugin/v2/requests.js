/**
 * Requests that OpenCode 2 is about to send for a role: replaces paged-out parts, counts or refuses them, limits them
 * to the role's tools, and adds the user's options. From requests of other sessions it removes only mailboxes that a
 * rule has left in them.
 */
import { createHash } from "node:crypto"
import { cutInstructions } from "../instructions.js"
import { page } from "../paging.js"
import { registry } from "../registry.js"
import { beforeRequest } from "../requests.js"
import { toolsOf } from "./rules.js"
import { fromEngine, toEngine } from "./tools.js"

/** Options that are settings of every model, with their names in OpenCode 2; all others belong to the provider. */
const SETTINGS = /** @type {Record<string, string>} */ ({ top_p: "topP", top_k: "topK", max_output_tokens: "maxTokens" })

/**
 * @param {import("./setup.js").Context} ctx
 * @param {import("../host.js").Host} host
 * @param {import("../engine.js").Tool[]} mailboxes
 */
export async function hookRequests(ctx, host, mailboxes) {
  const names = new Set(mailboxes.map(({ name }) => name))
  const count = async (/** @type {any} */ event) => {
    const refusal = await beforeRequest(host, event.sessionID, event, bytesOf(event.messages))
    // The turn is interrupted by now; if the interrupt is still in progress, the error prevents the request
    if (refusal) throw new Error(refusal)
  }
  const each = async (/** @type {any} */ event) => {
    const session = registry().sessions.get(event.sessionID)
    if (!session) {
      for (const name of Object.keys(event.tools ?? {})) if (names.has(name)) delete event.tools[name]
      return
    }
    const own = new Set(toolsOf(session.role, mailboxes))
    if (session.bash) own.add("shell")
    for (const name of Object.keys(event.tools ?? {})) if (!own.has(name)) delete event.tools[name]
    if (session.told !== event) {
      const paged = await page(event.sessionID, described(event.messages))
      if (paged) replace(event.messages, paged)
    }
    await shorten(event)
    for (const [name, value] of Object.entries(session.options ?? {})) event.options[SETTINGS[name] ?? name] = value
    await count(event)
  }
  await ctx.session.hook("context", each)
  await ctx.session.hook("generate", each)
  await ctx.session.hook("compaction", async (/** @type {any} */ event) => {
    if (registry().sessions.has(event.sessionID)) await count(event)
  })
  // A role's session has a title already; without this hook OpenCode would ask a model for one
  await ctx.session.hook("title", async (/** @type {any} */ event) => {
    const session = registry().sessions.get(event.sessionID)
    if (session) event.result = session.title
  })
  // The engine retries itself, within its budgets and with other models
  await ctx.session.hook("retry", async (/** @type {any} */ event) => {
    if (registry().sessions.has(event.sessionID)) event.decision = { retry: false }
  })
}

/**
 * Cuts long files of instructions in the system texts of a request, where it has any.
 * @param {any} event
 */
async function shorten(event) {
  if (!Array.isArray(event.system)) return
  const cut = await cutInstructions(event.sessionID, event.system.map((/** @type {any} */ part) => String(part?.text ?? "")))
  cut?.forEach((text, at) => {
    const part = event.system[at]
    // OpenCode may keep what it hands over
    if (typeof part?.text === "string" && part.text !== text) event.system[at] = like(part, { text })
  })
}

/**
 * Each part with a name that is the same in every request. Servers of models may use one id for two calls.
 * @param {any[]} messages
 * @returns {{ name: string, part: any, asked: boolean, turn: number }[]}
 */
function named(messages) {
  let turn = 0
  /** @type {Map<string, number>} */
  const times = new Map()
  return messages.flatMap(({ role, content }) => {
    if (role === "assistant") turn += 1
    return (content ?? []).map((/** @type {any} */ part) => {
      const own = part.id ?? createHash("sha256").update(String(part.text)).digest("hex")
      const same = `${part.type}:${own}`
      const n = (times.get(same) ?? 0) + 1
      times.set(same, n)
      return { name: `${own}:${n}`, part, asked: role === "user", turn }
    })
  })
}

/**
 * Describes the parts; a call and its result are one part for the engine.
 * @param {any[]} messages
 * @returns {import("../paging.js").HandedPart[]}
 */
function described(messages) {
  const all = named(messages)
  const results = new Map(all.filter(({ part }) => part.type === "tool-result").map(({ name, part }) => [name, part.result]))
  /** @type {import("../paging.js").HandedPart[]} */
  const parts = []
  for (const { name: id, part, asked, turn } of all) {
    const result = results.get(id)
    if (part.type === "text" && typeof part.text === "string") {
      parts.push(asked ? { id, turn: 0, kind: "asked", text: part.text } : { id, turn, kind: "said", bytes: Buffer.byteLength(part.text) })
    } else if (part.type === "tool-call" && result) {
      const { name: tool, args } = toEngine(part.name, part.input)
      const output = typeof result.value === "string" ? result.value : JSON.stringify(result.value ?? "")
      parts.push({ id, turn, kind: "call", tool, input: args ?? {}, output, failed: result.type === "error" })
    }
  }
  return parts
}

/**
 * Replaces paged-out parts. OpenCode keeps the same message objects, so copies with the same prototype are changed.
 * @param {any[]} messages changed in place
 * @param {import("../paging.js").Paged} paged
 */
function replace(messages, { front, parts }) {
  const names = new Map(named(messages).map(({ name, part }) => [part, name]))
  messages.forEach((message, at) => {
    const content = message.content?.map((/** @type {any} */ part) => replacedPart(part, parts[names.get(part) ?? ""]))
    if (content?.some((/** @type {any} */ part, /** @type {number} */ n) => part !== message.content[n])) messages[at] = like(message, { content })
  })
  if (front.length === 0) return
  const at = messages.findLastIndex(({ role }) => role === "user")
  const before = messages[at] ?? messages[0]
  if (!before) return
  const content = [...front.map((text) => ({ type: "text", text })), ...(at < 0 ? [] : before.content)]
  const copy = like(before, { role: "user", content })
  if (at < 0) messages.unshift(copy)
  else messages[at] = copy
}

/**
 * @param {any} part
 * @param {import("../paging.js").Replaced | undefined} replaced
 */
function replacedPart(part, replaced) {
  if (part.type === "text" && replaced?.text !== undefined) return like(part, { text: replaced.text })
  if (part.type === "tool-call" && replaced?.input) {
    const { args } = toEngine(part.name, part.input)
    return like(part, { input: fromEngine(part.name, { ...args, ...replaced.input }) })
  }
  if (part.type === "tool-result" && replaced?.output !== undefined) return like(part, { result: { type: "text", value: replaced.output } })
  return part
}

/**
 * @param {any} object
 * @param {object} changed
 */
function like(object, changed) {
  return Object.assign(Object.create(Object.getPrototypeOf(object)), object, changed)
}

/**
 * The bytes of the messages that a model reads.
 * @param {any[]} messages
 */
export function bytesOf(messages) {
  let bytes = 0
  for (const part of messages.flatMap(({ content }) => content ?? [])) {
    if (typeof part.text === "string") bytes += Buffer.byteLength(part.text)
    if (part.type === "tool-call") bytes += Buffer.byteLength(JSON.stringify(part.input ?? {}))
    if (part.type === "tool-result") bytes += Buffer.byteLength(JSON.stringify(part.result?.value ?? ""))
  }
  return bytes
}
