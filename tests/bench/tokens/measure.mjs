/** Sums of requests to a model: bytes in all, by role, and priced with a provider's cache. */

/**
 * @typedef {import("../../model/server.mjs").RequestRecord} RequestRecord
 * @typedef {{ requests: number, bytes: number, priced: number, roles: Record<string, number> }} Sum `priced`: bytes, of
 *   which those of an earlier prefix count a tenth
 */

const CACHED = 0.1

/** @param {RequestRecord[]} requests @returns {Sum} */
export function sum(requests) {
  /** @type {Map<string, Buffer>} */
  const last = new Map()
  /** @type {Sum} */
  const all = { requests: requests.length, bytes: 0, priced: 0, roles: {} }
  for (const { body, bytes, session, role, kind } of requests) {
    // Providers read tools first, then the system prompt, then messages
    const text = Buffer.from(JSON.stringify([body?.tools ?? [], body?.messages ?? []]))
    const known = Math.max(0, ...[...last.values()].map((before) => common(before, text)))
    last.set(session, text)
    all.bytes += bytes
    all.priced += bytes - known * (1 - CACHED)
    const name = role ?? kind
    all.roles[name] = (all.roles[name] ?? 0) + bytes
  }
  return all
}

/** @param {Buffer} a @param {Buffer} b */
function common(a, b) {
  const most = Math.min(a.length, b.length)
  let [low, high] = [0, most]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (a.compare(b, low, middle, low, middle) === 0) low = middle
    else high = middle - 1
  }
  return low
}
