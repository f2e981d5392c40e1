/** The requests of OpenCode 1 for roles. What a role was asked stays in its messages after OpenCode has compacted them. */
import { registry } from "../registry.js"
import { beforeRequest } from "../requests.js"

/**
 * @param {{ messages: { info: any, parts: any[] }[] }} output
 * @param {import("../host.js").Host} host
 */
export async function onRequest({ messages }, host) {
  const id = messages[0]?.info?.sessionID
  const session = registry().sessions.get(id)
  if (!session) return
  keepPrompt(messages, session.prompt)
  await beforeRequest(host, id, messages, bytesOf(messages))
}

/**
 * A compaction leaves a summary in the place of what was asked; the header and the task in it go in front again.
 * @param {{ info: any, parts: any[] }[]} messages
 * @param {string | undefined} prompt
 */
function keepPrompt(messages, prompt) {
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
function bytesOf(messages) {
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
  return bytes
}
