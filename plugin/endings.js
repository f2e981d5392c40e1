/**
 * Signals that end OpenCode: a mission is stopped first, so that its sessions and checks end with it and its journal says
 * why. The terminal interface asks its plugins itself (`dispose`); `opencode run` and `serve` do not.
 */
import { isMainThread } from "node:worker_threads"

const SIGNALS = /** @type {const} */ (["SIGTERM", "SIGINT", "SIGHUP"])
/** How long a mission may take to wind up, in milliseconds. */
const WIND_UP = 1_500

/**
 * Holds while a mission runs.
 * @param {import("./engine.js").Engine} engine
 * @param {{ idle: () => Promise<unknown> }} lazy
 * @returns {() => void} takes it away again
 */
export function endings(engine, lazy) {
  if (!isMainThread) return () => {}
  const taken = SIGNALS.map((signal) => {
    const ended = async () => {
      await engine.stop(signal)
      await Promise.race([lazy.idle(), new Promise((resolve) => setTimeout(resolve, WIND_UP))])
      // taken away by now: this time it does what it does without us
      process.kill(process.pid, signal)
    }
    process.once(signal, ended)
    return () => process.off(signal, ended)
  })
  return () => taken.forEach((off) => off())
}
