/** Reports to the engine what a host sees of running sessions of roles. */
import { registry } from "./registry.js"
import { toCore } from "./to-core.js"

/** The most event ids that are remembered, so that an event that two entries of this plugin see counts once. */
const REMEMBERED = 1_000

/**
 * @param {string | undefined} id the session
 * @param {string | undefined} event its id, if the host gives events ids
 * @param {() => object | undefined} read returns the event in the engine's words; called only for sessions of roles
 */
export function observe(id, event, read) {
  const session = id === undefined ? undefined : registry().sessions.get(id)
  if (!session || id === undefined) return
  const observation = read()
  if (!observation || !isNew(event)) return
  session.engine.observe(id, toCore(observation))
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
 * Stops the mission of a deleted session, because nobody could see it any more.
 * @param {string} session
 */
export async function stopDeleted(session) {
  await registry().missions.get(session)?.stopIn(session, "the end of its session")
}
