/**
 * Requests that a host is about to send for a role. The engine counts or refuses each one. A refused request is not
 * sent, because its turn is ended first.
 */
import { registry } from "./registry.js"

/** The longest wait for an abort, in milliseconds. */
const ABORTING = 2_000

/**
 * @param {import("./host.js").Host} host
 * @param {string} id the session
 * @param {object} messages of the request, the same object for every hook of it
 * @param {number} bytes the number of bytes that a model reads
 * @returns {Promise<string | undefined>} why it was refused; by then its turn is aborted, or the time for the abort is
 *   over
 */
export async function beforeRequest(host, id, messages, bytes) {
  const session = registry().sessions.get(id)
  // Two entries of this plugin in one configuration run every hook twice
  if (!session || session.told === messages) return undefined
  session.told = messages
  const refusal = await session.engine.beforeRequest(id, Math.min(bytes, 0xffff_ffff))
  if (!refusal) return undefined
  // The abort may wait for this very hook
  const abort = host.abort({ session: id, directory: session.directory })
  await Promise.race([abort, new Promise((resolve) => setTimeout(resolve, ABORTING).unref?.())])
  return refusal
}
