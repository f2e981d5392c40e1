/** A mission in a session: from the text after `/task` to the mission's end, for every host. */
import { endings } from "./endings.js"
import { callsOf } from "./host.js"
import { forget, registry } from "./registry.js"

/** The first character of news texts (`crates/node/src/bridge.rs`). */
const PROGRESS = "\u0001"
/** The interval, in milliseconds, at which a stop is repeated until the mission has ended. */
const STOP_AGAIN = 200
/** How long the note after Esc is shown, in milliseconds. */
const NOTE_SHOWN = 8_000
/** How long the host's end waits for a mission, in milliseconds; OpenCode itself waits for at most 5 s. */
const WIND_UP = 4_000

/**
 * Executes text that the user typed in a session that is busy with its mission, if it takes effect at once: hosts queue
 * other text behind the mission.
 * @param {Lazy} lazy
 * @param {import("./host.js").Host} host
 * @param {string} session
 * @param {string} text
 * @returns {Promise<string | undefined>} the answer, also shown as a note; undefined if the text has to wait
 */
export async function atOnce(lazy, host, session, text) {
  const engine = lazy.made()
  if (!engine || registry().missions.get(session) !== engine) return undefined
  const answer = await engine.atOnce(text)
  if (answer) await note(host, answer)
  return answer ?? undefined
}

/** Shows a text as a note, which draws no Markdown. @param {import("./host.js").Host} host @param {string} text @param {number} [shown] */
async function note(host, text, shown) {
  await host.toast(text.trim().replace(/`|\*\*/g, ""), "info", shown).catch(() => {})
}

/** @typedef {ReturnType<typeof import("./engine.js").lazyEngine>} Lazy */

/**
 * @param {Lazy} lazy
 * @param {import("./host.js").Host} host
 * @param {{ session: string, text: string, say: (text: string) => void, progress?: (text: string) => void, signal: AbortSignal }} asked
 *   `progress`: shows news while the mission runs, if the host shows it apart from the answer
 */
export async function runMission(lazy, host, { session, text, say, progress = say, signal }) {
  const { engine, problem } = lazy.get()
  if (!engine) {
    await host.toast(problem, "error")
    return say(`opencode-orchestrator cannot run missions: ${problem}\n`)
  }
  if (signal.aborted) return
  /** @type {NodeJS.Timeout | undefined} */
  let again
  // A stop before the mission has started has no effect, so it is repeated until the end
  const stop = () => {
    const once = () => void (session ? engine.stopIn(session, "Esc or an abort") : engine.stop("Esc or an abort"))
    once()
    again ??= setInterval(once, STOP_AGAIN)
  }
  signal.addEventListener("abort", stop, { once: true })
  registry().missions.set(session, engine)
  const forgetEndings = endings(engine, lazy)
  try {
    let last = ""
    const said = (/** @type {string} */ line) => {
      if (line.startsWith(PROGRESS)) return progress(line.slice(PROGRESS.length))
      if (signal.aborted) last = line.trim().split("\n").at(-1) || last
      say(line)
    }
    await lazy.during(engine.command(text, session || undefined, callsOf(host, engine), said))
    // The host shows no answer of a turn that Esc ended
    if (last) await note(host, last, NOTE_SHOWN)
  } finally {
    signal.removeEventListener("abort", stop)
    clearInterval(again)
    forgetEndings()
    // `/task status` may end while a mission of the same project runs
    if (!lazy.busy()) forget(engine)
  }
}

/**
 * Called when the host ends: stops the mission, so that it can be resumed, and gives it a moment to record this.
 * @param {Lazy} lazy
 */
export async function windUp(lazy) {
  const made = lazy.made()
  if (!made) return
  await made.stop("the end of OpenCode")
  const late = new Promise((resolve) => setTimeout(resolve, WIND_UP).unref?.())
  await Promise.race([lazy.idle(), late])
}
