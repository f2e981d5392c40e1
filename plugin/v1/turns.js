/**
 * The texts after `/task` that wait for the mission model, by session. OpenCode 1 answers everything that was
 * typed while a session was busy in one turn, so a session may have several. This file must not run a text.
 */
import { registry } from "../registry.js"

/** @typedef {import("../registry.js").Typed} Typed */

/** The most sessions, and the most texts of one, that may wait. */
const MOST = 100

/** @param {string} session @param {Typed} next */
export function remember(session, next) {
  const { typed } = registry()
  const oldest = typed.keys().next().value
  if (typed.size >= MOST && !typed.has(session) && oldest !== undefined) typed.delete(oldest)
  const waiting = typed.get(session) ?? []
  typed.set(session, [...waiting, next].slice(-MOST))
}

/**
 * Removes and returns the texts that a request is about, in the order in which they were typed. A text whose message
 * is not in the request yet waits for the next one.
 * @param {string} session
 * @param {unknown} body the request, as JSON
 * @returns {Typed[]}
 */
export function take(session, body) {
  const { typed } = registry()
  const waiting = typed.get(session) ?? []
  const asked = unanswered(body)
  const here = asked === undefined ? waiting : among(waiting, asked)
  // A message in a form that is not known must not lose what the user typed last
  const taken = here.length > 0 ? here : waiting.slice(-1)
  const rest = waiting.filter((one) => !taken.includes(one))
  if (rest.length > 0) typed.set(session, rest)
  else typed.delete(session)
  return taken
}

/** Forgets what was typed after a turn that the user has ended. @param {string} session */
export function drop(session) {
  registry().typed.delete(session)
}

/**
 * The texts that the messages hold, in the order in which they were typed. A message counts for one text, and only as a
 * whole: a mission that speaks of a stop is none.
 * @param {Typed[]} waiting
 * @param {string[]} messages
 */
function among(waiting, messages) {
  const left = [...messages]
  return waiting.filter(({ shown }) => {
    const at = left.indexOf(shown.trim())
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
}

/** How OpenCode presents a message that was typed while it worked. */
const WRAPPED = /^<system-reminder>\s*The user sent the following message:\s*([^]*?)\s*Please address this message[^]*<\/system-reminder>$/

/** The texts of the user's messages after the last answer. @param {unknown} body @returns {string[] | undefined} */
function unanswered(body) {
  try {
    const { messages } = JSON.parse(String(body))
    const from = messages.findLastIndex((/** @type {any} */ { role }) => role === "assistant") + 1
    return messages.slice(from).flatMap((/** @type {any} */ { role, content }) => {
      if (role !== "user") return []
      const texts = typeof content === "string" ? [content] : content.map((/** @type {any} */ part) => part.text ?? "")
      return texts.map((/** @type {string} */ text) => (WRAPPED.exec(text.trim())?.[1] ?? text).trim())
    })
  } catch {
    return undefined
  }
}
