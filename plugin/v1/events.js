/**
 * Translates events of OpenCode 1 into the engine's words. A slot's instance receives the events of its own folder, so
 * it requests nothing.
 */
import { tokensOf } from "../host.js"
import { observe, stopDeleted } from "../observe.js"
import { answerPermission } from "../permissions.js"

/**
 * @param {any} event
 * @param {import("../host.js").Host} host
 */
export async function onEvent(event, host) {
  const { properties } = event
  observe(properties?.sessionID ?? properties?.info?.sessionID ?? properties?.part?.sessionID, event.id, () => read(event))
  if (event.type === "session.deleted") await stopDeleted(properties?.info?.id)
  if (event.type === "permission.asked") {
    const { id, sessionID, permission, patterns } = properties ?? {}
    await answerPermission(host, { id, session: sessionID, action: permission, resources: patterns ?? [] })
  }
}

/**
 * @param {any} event
 * @returns {object | undefined}
 */
function read({ type, properties }) {
  if (type === "message.part.delta") {
    return { kind: "text", answer: properties.messageID, part: properties.partID, bytes: Buffer.byteLength(String(properties.delta ?? "")) }
  }
  if (type === "message.updated" && properties.info?.role === "assistant") {
    const { id, tokens, cost } = properties.info
    return { kind: "usage", answer: id, tokens: tokensOf(tokens), cost_usd: cost ?? 0 }
  }
  if (type === "message.part.updated") {
    const { id, type: kind, callID, tool, state } = properties.part ?? {}
    if (kind === "reasoning") return { kind: "thought", part: id }
    // Its arguments are known after the pending state
    if (kind === "tool" && state?.status !== "pending") return { kind: "tool", call: callID, tool, arguments: JSON.stringify(state?.input ?? {}), error: state?.error }
  }
  if (type === "session.status" && properties.status?.type === "retry") {
    return { kind: "retry", message: String(properties.status.message ?? ""), next_ms: Math.max(0, Math.round(properties.status.next ?? 0)) }
  }
  if (type === "session.error" && properties.error?.name === "ContextOverflowError") {
    return { kind: "too_large", message: String(properties.error.data?.message ?? "") }
  }
  if (type === "session.compacted") return { kind: "compacted" }
  return undefined
}
