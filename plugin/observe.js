/** What a host sees of the sessions of roles while they run, passed on to the engine. */
import { registry } from "./registry.js"

/** Events that are remembered, so that one which two entries of this plugin see counts once. */
const REMEMBERED = 1_000

/**
 * @param {string | undefined} id the session
 * @param {string | undefined} event its id, where the host gives events one
 * @param {() => object | undefined} read what the event says, in the engine's words; asked for sessions of roles only
 */
export function observe(id, event, read) {
  const session = id === undefined ? undefined : registry().sessions.get(id)
  if (!session || id === undefined) return
  const observation = read()
  if (!observation || !isNew(event)) return
  session.engine.observe(id, JSON.stringify(observation))
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

/**
 * A mission whose session is deleted could not be seen any more.
 * @param {string} session
 */
export async function stopDeleted(session) {
  await registry().missions.get(session)?.stopIn(session, "the end of its session")
}
