/**
 * The requests that OpenCode is about to send for a role. Each is told to the engine, which counts it or refuses it; a refused
 * one is not sent, as the turn is ended first. What a role was asked stays in its messages after OpenCode has compacted them.
 */
import { registry } from "./registry.js"

/** How long an abort is waited for, in milliseconds. */
const ABORTING = 2_000

/**
 * @param {{ messages: { info: any, parts: any[] }[] }} output
 * @param {import("@opencode-ai/plugin").PluginInput} input
 */
export async function beforeRequest({ messages }, input) {
  const id = messages[0]?.info?.sessionID
  const session = registry().sessions.get(id)
  if (!session) return
  // two entries of this plugin in one configuration run every hook twice
  if (session.told === messages) return
  session.told = messages
  keepPrompt(messages, session.prompt)
  const refusal = await session.engine.beforeRequest(id, bytesOf(messages))
  if (!refusal) return
  // the abort may wait for this very hook
  const abort = input.client.session.abort({ path: { id }, query: { directory: session.directory } })
  await Promise.race([abort, new Promise((resolve) => setTimeout(resolve, ABORTING).unref?.())])
}

/**
 * A compaction leaves a summary in the place of what was asked; the header and the task in it go in front again.
 * @param {{ info: any, parts: any[] }[]} messages
 * @param {string | undefined} prompt
 */
export function keepPrompt(messages, prompt) {
  if (!prompt || messages.some(({ parts }) => parts.some((part) => part.type === "text" && part.text === prompt))) return
  const last = messages.findLast(({ info }) => info.role === "user")
  const like = last?.parts[0]
  if (!last) return
  last.parts.unshift({ ...ids(like, last.info), type: "text", text: prompt })
}

/**
 * @param {any} like
 * @param {any} info
 */
function ids(like, info) {
  return { id: `${like?.id ?? info.id}-0`, sessionID: info.sessionID, messageID: info.id }
}

/**
 * The length of what a model reads of the messages, in bytes.
 * @param {{ parts: any[] }[]} messages
 */
export function bytesOf(messages) {
  let bytes = 0
  const add = (/** @type {unknown} */ text) => {
    if (typeof text === "string") bytes += Buffer.byteLength(text)
  }
  for (const part of messages.flatMap(({ parts }) => parts)) {
    add(part.text)
    if (part.type !== "tool") continue
    add(JSON.stringify(part.state?.input ?? {}))
    // OpenCode leaves out what old calls gave
    if (!part.state?.time?.compacted) add(part.state?.output)
    add(part.state?.error)
  }
  return Math.min(bytes, 0xffff_ffff)
}
