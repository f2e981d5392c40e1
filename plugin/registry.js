/**
 * Which engine a session belongs to. A slot is a folder of its own, so OpenCode makes another instance of the plugin for
 * it, perhaps from another copy of this package; all of them meet here.
 */

/**
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {{ engine: Engine, directory: string, role: string, title: string, bash: boolean, interactive: boolean, options?: Record<string, unknown>, told?: object }} RoleSession
 *   `options`: how its model is asked; `told`: the messages of the newest request that the engine knows
 * @typedef {object} Shared
 * @property {Map<string, RoleSession>} sessions sessions of roles at work
 * @property {Map<string, Record<string, any>>} settings what slots take over from a user's instance, by its folder
 * @property {Map<string, string>} owners the user's folder of each slot
 * @property {Map<string, Engine>} missions the session in which each mission was asked for
 * @property {Map<string, string>} typed what was typed after `/task`, by session, until the mission model takes it
 * @property {Map<string, string>} answered the answer to what was typed and has taken effect already, by session
 * @property {WeakSet<object>} seen tool calls of roles that a hook has dealt with, as two entries of this plugin in one
 *   configuration run every hook twice
 * @property {Set<string>} events the newest events of roles that were passed on, for the same reason
 */

const KEY = Symbol.for("opencode-orchestrator.registry")

/**
 * Whether this is the first hook to see a call of a role. All hooks of one call share its object; ids of calls do not tell
 * calls apart, as a model's server may repeat them.
 * @param {object} call what OpenCode hands to every hook of the call, to be changed in place
 */
export function first(call) {
  const { seen } = registry()
  if (seen.has(call)) return false
  seen.add(call)
  return true
}

/**
 * Forgets the roles and the session of a mission that has ended.
 * @param {Engine} engine
 */
export function forget(engine) {
  const { sessions, missions } = registry()
  for (const [id, session] of sessions) if (session.engine === engine) sessions.delete(id)
  for (const [id, mission] of missions) if (mission === engine) missions.delete(id)
}

/** @returns {Shared} */
export function registry() {
  const shared = /** @type {Record<symbol, Shared | undefined>} */ (/** @type {unknown} */ (globalThis))
  return (shared[KEY] ??= { sessions: new Map(), settings: new Map(), owners: new Map(), missions: new Map(), typed: new Map(), answered: new Map(), seen: new WeakSet(), events: new Set() })
}
