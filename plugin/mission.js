/** A mission in a session: from what was typed after `/task` to its end, whatever host shows it. */
import { endings } from "./endings.js"
import { callsOf } from "./host.js"
import { forget, registry } from "./registry.js"

/** How often a stop is repeated until the mission has ended, in milliseconds. */
const STOP_AGAIN = 200
/** How long the host's end waits for a mission, in milliseconds; OpenCode itself waits for at most 5 s. */
const WIND_UP = 4_000

/** @typedef {ReturnType<typeof import("./engine.js").lazyEngine>} Lazy */

/**
 * @param {Lazy} lazy
 * @param {import("./host.js").Host} host
 * @param {{ session: string, text: string, say: (text: string) => void, signal: AbortSignal }} asked
 */
export async function runMission(lazy, host, { session, text, say, signal }) {
  const { engine, problem } = lazy.get()
  if (!engine) {
    await host.toast(problem, "error")
    return say(`opencode-orchestrator cannot run missions: ${problem}\n`)
  }
  if (signal.aborted) return
  /** @type {NodeJS.Timeout | undefined} */
  let again
  // A stop before the mission has started finds nothing to stop, so it is repeated until the end
  const stop = () => {
    void engine.stop("Esc or an abort")
    again ??= setInterval(() => void engine.stop("Esc or an abort"), STOP_AGAIN)
  }
  signal.addEventListener("abort", stop, { once: true })
  registry().missions.set(session, engine)
  const forgetEndings = endings(engine, lazy)
  try {
    await lazy.during(engine.command(text, session || undefined, callsOf(host, engine), say))
  } finally {
    signal.removeEventListener("abort", stop)
    clearInterval(again)
    forgetEndings()
    // `/task status` may end while a mission of the same project runs
    if (!lazy.busy()) forget(engine)
  }
}

/**
 * The host ends: the mission is stopped, so that it can be resumed, and has a moment to record that.
 * @param {Lazy} lazy
 */
export async function windUp(lazy) {
  const made = lazy.made()
  if (!made) return
  await made.stop("the end of OpenCode")
  const late = new Promise((resolve) => setTimeout(resolve, WIND_UP).unref?.())
  await Promise.race([lazy.idle(), late])
}
