/**
 * Translates events of OpenCode 2 into the engine's words. They come from all locations of the server; the session
 * identifies the role.
 */
import { tokensOf } from "../host.js"
import { observe, stopDeleted } from "../observe.js"
import { answerPermission } from "../permissions.js"
import { registry } from "../registry.js"

/** The delay before a broken stream is opened again, in milliseconds. */
const AGAIN = 1_000

/**
 * Follows the events until the signal. A broken stream is opened again, because a question that nobody sees would block
 * its role.
 * @param {import("./setup.js").Context} ctx
 * @param {import("../host.js").Host} host
 * @param {AbortSignal} signal
 * @param {(session: string) => void} stop stops the mission that a session started
 */
export async function follow(ctx, host, signal, stop) {
  /** @type {Map<string, string>} */
  const tools = new Map()
  while (!signal.aborted) {
    try {
      for await (const event of ctx.event.subscribe({ signal })) await onEvent(event, host, stop, tools)
    } catch {
      // The loop opens it again
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN).unref?.())
  }
}

/**
 * @param {any} event
 * @param {import("../host.js").Host} host
 * @param {(session: string) => void} stop
 * @param {Map<string, string>} tools names of tools by call
 */
async function onEvent({ id, type, data }, host, stop, tools) {
  const session = data?.sessionID
  if (typeof session !== "string") return
  if (registry().sessions.has(session)) observe(session, id, () => read(type, data, tools))
  if (type === "session.deleted") await stopDeleted(session)
  if (type === "session.execution.interrupted" && data.reason === "user") stop(session)
  // The name differs between versions
  if (type === "permission.asked" || type === "permission.v2.asked") {
    await answerPermission(host, { id: data.id, session, action: data.action, resources: [...(data.resources ?? [])] })
  }
}

/**
 * @param {string} type
 * @param {any} data
 * @param {Map<string, string>} tools
 * @returns {object | undefined}
 */
function read(type, data, tools) {
  const answer = data.assistantMessageID
  const call = data.callID ?? data.id
  switch (type) {
    case "session.text.delta":
      return { kind: "text", answer, part: `${answer}-${data.ordinal}`, bytes: Buffer.byteLength(data.delta) }
    case "session.reasoning.started":
      return { kind: "thought", part: `${answer}-thought-${data.ordinal}` }
    case "session.reasoning.delta":
      return { kind: "text", answer, part: `${answer}-thought-${data.ordinal}`, bytes: Buffer.byteLength(data.delta) }
    case "session.step.ended":
      return { kind: "usage", answer, tokens: tokensOf(data.tokens), cost_usd: data.cost ?? 0 }
    case "session.step.failed":
      return data.tokens ? { kind: "usage", answer, tokens: tokensOf(data.tokens), cost_usd: data.cost ?? 0 } : undefined
    case "session.tool.input.started":
      tools.set(call, data.name)
      return undefined
    case "session.tool.called":
      return { kind: "tool", call, tool: tools.get(call) ?? "", arguments: JSON.stringify(data.input ?? {}) }
    case "session.tool.failed": {
      const tool = tools.get(call) ?? ""
      tools.delete(call)
      return { kind: "tool", call, tool, arguments: "{}", error: String(data.error?.message ?? "failed") }
    }
    case "session.tool.success":
      tools.delete(call)
      return undefined
    case "session.retry.scheduled":
      return { kind: "retry", message: String(data.error?.message ?? ""), next_ms: Math.max(0, Math.round(data.at ?? 0)) }
    case "session.compaction.ended":
      return { kind: "compacted" }
    default:
      return undefined
  }
}
