/**
 * Events of the sessions of roles, passed on to the engine while they run. A slot's instance sees the events of
 * its own folder, so nothing has to be asked for.
 */
import { registry } from "./registry.js"

/** Events that are remembered, so that one which two entries of this plugin see counts once. */
const REMEMBERED = 1_000

/** @param {any} event */
export function observe(event) {
  const session = registry().sessions.get(sessionOf(event))
  if (!session) return
  const observation = read(event)
  if (!observation || !isNew(event.id)) return
  session.engine.observe(sessionOf(event), JSON.stringify(observation))
}

/** @param {string | undefined} id */
function isNew(id) {
  const { events } = registry()
  if (!id) return true
  if (events.has(id)) return false
  events.add(id)
  if (events.size > REMEMBERED) events.delete(/** @type {string} */ (events.values().next().value))
  return true
}

/** @param {any} event */
function sessionOf({ properties }) {
  return properties?.sessionID ?? properties?.info?.sessionID ?? properties?.part?.sessionID
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
    // its arguments are known once it is no longer pending
    if (kind === "tool" && state?.status !== "pending") return { kind: "tool", call: callID, tool, arguments: JSON.stringify(state?.input ?? {}), error: state?.error }
  }
  if (type === "session.status" && properties.status?.type === "retry") {
    return { kind: "retry", message: String(properties.status.message ?? ""), next_ms: Math.max(0, Math.round(properties.status.next ?? 0)) }
  }
  return undefined
}

/**
 * As the engine counts them: what a model thinks it also writes.
 * @param {any} tokens
 */
export function tokensOf(tokens) {
  return {
    input: tokens?.input ?? 0,
    output: (tokens?.output ?? 0) + (tokens?.reasoning ?? 0),
    cache_read: tokens?.cache?.read ?? 0,
    cache_write: tokens?.cache?.write ?? 0,
  }
}
