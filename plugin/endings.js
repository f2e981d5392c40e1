/**
 * Signals that end OpenCode: the mission is stopped first, so that its sessions and checks end with it and its journal
 * says why. The terminal interface ends its plugins itself (`dispose`); `opencode run` and `serve` do not.
 */
import { readFileSync } from "node:fs"
import { constants } from "node:os"
import { isMainThread } from "node:worker_threads"

const SIGNALS = /** @type {const} */ (["SIGTERM", "SIGINT", "SIGHUP"])
/** How long a mission may take to stop, in milliseconds. */
const WIND_UP = 1_500

/**
 * The missions that are stopping. The process ends when all of them have stopped: `serve` may hold one for each project.
 * @type {Set<Promise<unknown>>}
 */
const windingUp = new Set()

/**
 * Listens to the signals while a mission runs.
 * @param {import("./engine.js").Engine} engine
 * @param {{ idle: () => Promise<unknown> }} lazy
 * @returns {() => void} stops listening
 */
export function endings(engine, lazy) {
  if (!isMainThread) return () => {}
  const taken = SIGNALS.filter((signal) => !isIgnored(signal)).map((signal) => {
    const ended = async () => {
      const late = new Promise((resolve) => setTimeout(resolve, WIND_UP))
      const stopped = Promise.resolve(engine.stop(signal)).then(() => lazy.idle())
      windingUp.add(Promise.race([stopped, late]).catch(() => {}))
      // The other missions get the signal in this turn, too
      await new Promise((resolve) => setImmediate(resolve))
      await Promise.all(windingUp)
      // Our listener is removed by now: this time the signal has its usual effect
      process.kill(process.pid, signal)
    }
    process.once(signal, ended)
    return () => process.off(signal, ended)
  })
  return () => taken.forEach((off) => off())
}

/**
 * A signal that was ignored when OpenCode started (`nohup`) stays ignored: a listener would undo that.
 * @param {typeof SIGNALS[number]} signal
 */
function isIgnored(signal) {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"
    return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n
  } catch {
    // A system without this file
    return false
  }
}
