/**
 * Every request that OpenCode 2 is about to send for a role: counted or refused, with the role's tools only, and asked as the
 * user's options say. Requests of other sessions lose the mailboxes, if a rule has left them any, and are not touched otherwise.
 */
import { registry } from "../registry.js"
import { beforeRequest } from "../requests.js"
import { toolsOf } from "./rules.js"

/** Options that are settings of every model, by their names in OpenCode 2; all others are the provider's own. */
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
    // The turn is interrupted by now; where that is still under way, nothing is sent all the same
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
    keepPrompt(event.messages, session.prompt)
    for (const [name, value] of Object.entries(session.options ?? {})) event.options[SETTINGS[name] ?? name] = value
    await count(event)
  }
  await ctx.session.hook("context", each)
  await ctx.session.hook("generate", each)
  await ctx.session.hook("compaction", async (/** @type {any} */ event) => {
    if (registry().sessions.has(event.sessionID)) await count(event)
  })
  // A role's session has a title, and a title that is given costs no request
  await ctx.session.hook("title", async (/** @type {any} */ event) => {
    const session = registry().sessions.get(event.sessionID)
    if (session) event.result = session.title
  })
  // The engine retries by itself, within its budgets and with other models
  await ctx.session.hook("retry", async (/** @type {any} */ event) => {
    if (registry().sessions.has(event.sessionID)) event.decision = { retry: false }
  })
}

/**
 * A compaction leaves a summary in the place of what was asked; the header and the task in it go in front again.
 * @param {any[]} messages
 * @param {string | undefined} prompt
 */
function keepPrompt(messages, prompt) {
  if (!prompt || messages.some(({ content }) => content?.some((/** @type {any} */ part) => part.type === "text" && part.text === prompt))) return
  const at = messages.findLastIndex(({ role }) => role === "user")
  const like = messages[at] ?? messages[0]
  if (!like) return
  // Messages are shared with what OpenCode keeps: a copy is changed, with the same prototype
  const copy = Object.assign(Object.create(Object.getPrototypeOf(like)), like)
  copy.role = "user"
  copy.content = [{ type: "text", text: prompt }, ...(at < 0 ? [] : like.content)]
  if (at < 0) messages.unshift(copy)
  else messages[at] = copy
}

/**
 * The length of what a model reads of the messages, in bytes.
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
