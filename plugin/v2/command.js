/**
 * `/task` in OpenCode 2: a command with code of its own, so that no model is asked. What a mission says becomes synthetic
 * messages of the session, which ask no model either.
 */
import { withName } from "../command-name.js"
import { runMission } from "../mission.js"

/** How long lines are collected for one message, in milliseconds: each message stays in the conversation. */
const COLLECT = 400
/** The longest message, in characters; more is said in the next. */
const LONGEST = 16_000

/**
 * @param {import("./setup.js").Context} ctx
 * @param {import("../mission.js").Lazy} lazy
 * @param {import("../host.js").Host} host
 * @param {string} command what it is called
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
      // The request that runs a command waits for it, and a mission is longer than a request: it goes on in the server
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
