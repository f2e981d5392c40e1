/**
 * `/task` in OpenCode 2: a command that runs code, so that no model is asked. Texts of a mission become synthetic
 * messages of the session, for which no model is asked either.
 */
import { withName } from "../command-name.js"
import { runMission } from "../mission.js"

/** How long lines are collected for one message, in milliseconds, because each message stays in the conversation. */
const COLLECT = 400
/** The longest message, in characters; longer text continues in the next message. */
const LONGEST = 16_000

/**
 * @param {import("./setup.js").Context} ctx
 * @param {import("../mission.js").Lazy} lazy
 * @param {import("../host.js").Host} host
 * @param {string} command the command's name
 */
export async function addCommand(ctx, lazy, host, command) {
  /** @type {Map<string, Set<AbortController>>} */
  const running = new Map()
  const run = async (/** @type {string} */ session, /** @type {string} */ text) => {
    const stop = new AbortController()
    const stops = running.get(session) ?? new Set()
    running.set(session, stops.add(stop))
    const said = messages(ctx, session)
    const say = (/** @type {string} */ line) => said.say(withName(line, command))
    try {
      await runMission(lazy, host, { session, text, say, signal: stop.signal })
    } catch (error) {
      say(`**The mission ended with an error**: ${/** @type {Error} */ (error)?.message ?? error}\n`)
    } finally {
      stops.delete(stop)
      if (stops.size === 0) running.delete(session)
      await said.end()
    }
  }
  await ctx.command.transform((/** @type {any} */ editor) => {
    editor.add({
      name: command,
      description: "Run a mission: plan, code, check, review, deliver. Also: status, tell, answer, plan, stop, resume, queue, report, review, fix, undo",
      // The request of a command waits for its result, and a mission takes longer than a request may: it continues in
      // the server
      execute: async (/** @type {{ sessionID: string, prompt: { text?: string } }} */ { sessionID, prompt }) => void run(sessionID, prompt.text ?? ""),
    })
  })
  return { stop: (/** @type {string} */ session) => running.get(session)?.forEach((stop) => stop.abort()) }
}

/**
 * @param {import("./setup.js").Context} ctx
 * @param {string} sessionID
 */
function messages(ctx, sessionID) {
  let text = ""
  /** @type {Promise<void>} */
  let sent = Promise.resolve()
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const send = () => {
    clearTimeout(timer)
    timer = undefined
    const part = text.slice(0, LONGEST)
    text = text.slice(LONGEST)
    // `resume: false`: a synthetic message would otherwise make OpenCode ask the session's model
    if (part.trim()) sent = sent.then(() => ctx.session.synthetic({ sessionID, text: part.trimEnd(), description: "mission", resume: false })).then(() => {}, () => {})
    if (text) send()
  }
  return {
    say: (/** @type {string} */ more) => {
      text += more
      timer ??= setTimeout(send, COLLECT)
    },
    end: () => {
      send()
      return sent
    },
  }
}
