/**
 * Requests of OpenCode 1 for roles: replaces paged-out parts, and keeps a role's prompts after OpenCode has compacted
 * its messages.
 */
import { cutInstructions } from "../instructions.js"
import { page } from "../paging.js"
import { registry } from "../registry.js"
import { beforeRequest } from "../requests.js"

/** @typedef {{ info: any, parts: any[] }} Message */

/**
 * @param {{ messages: Message[] }} output
 * @param {import("../host.js").Host} host
 */
export async function onRequest({ messages }, host) {
  const id = messages[0]?.info?.sessionID
  const session = registry().sessions.get(id)
  // Two entries of this plugin in one configuration run every hook twice
  if (!session || session.told === messages) return
  const paged = await page(id, described(messages))
  if (paged) replace(messages, paged)
  await beforeRequest(host, id, messages, bytesOf(messages))
}

/**
 * @param {string | undefined} id the session
 * @param {{ system: string[] }} output
 */
export async function onSystem(id, { system }) {
  const cut = id ? await cutInstructions(id, system) : undefined
  // OpenCode keeps the list
  if (cut) system.splice(0, system.length, ...cut)
}

/**
 * @param {Message[]} messages
 * @returns {import("../paging.js").HandedPart[]}
 */
function described(messages) {
  let turn = 0
  return messages.flatMap(({ info, parts }) => {
    if (info.role === "assistant") turn += 1
    return parts.flatMap((part) => {
      const handed = describedPart(part, info.role === "user")
      return handed ? [{ id: part.id, turn: info.role === "user" ? 0 : turn, ...handed }] : []
    })
  })
}

/**
 * @param {any} part
 * @param {boolean} asked
 * @returns {any}
 */
function describedPart({ type, text, tool, state }, asked) {
  if (typeof text === "string") return asked ? { kind: "asked", text } : { kind: "said", bytes: Buffer.byteLength(text) }
  // OpenCode omits the results of old calls
  if (type !== "tool" || state?.time?.compacted) return undefined
  const failed = state?.status === "error"
  if (!failed && state?.status !== "completed") return undefined
  return { kind: "call", tool, input: state.input ?? {}, output: String((failed ? state.error : state.output) ?? ""), failed }
}

/**
 * @param {Message[]} messages
 * @param {import("../paging.js").Paged} paged
 */
function replace(messages, { front, parts: replaced }) {
  for (const { parts } of messages) {
    parts.forEach((part, at) => {
      const { text, input, output } = replaced[part.id] ?? {}
      // OpenCode may keep the objects that it passes
      if (text !== undefined) parts[at] = { ...part, text }
      else if (input || output !== undefined) {
        const { state } = part
        parts[at] = { ...part, state: { ...state, input: { ...state.input, ...input }, ...(output === undefined ? {} : { output }) } }
      }
    })
  }
  const last = messages.findLast(({ info }) => info.role === "user")
  if (!last) return
  const { info, parts } = last
  const id = parts[0]?.id ?? info.id
  parts.unshift(...front.map((text, n) => ({ id: `${id}-${n}`, sessionID: info.sessionID, messageID: info.id, type: "text", text })))
}

/**
 * The bytes of the messages that a model reads.
 * @param {{ parts: any[] }[]} messages
 */
function bytesOf(messages) {
  let bytes = 0
  const add = (/** @type {unknown} */ text) => {
    if (typeof text === "string") bytes += Buffer.byteLength(text)
  }
  for (const part of messages.flatMap(({ parts }) => parts)) {
    add(part.text)
    if (part.type !== "tool") continue
    add(JSON.stringify(part.state?.input ?? {}))
    // OpenCode omits the results of old calls
    if (!part.state?.time?.compacted) add(part.state?.output)
    add(part.state?.error)
  }
  return bytes
}
