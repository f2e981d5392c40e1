/**
 * Maps sessions to engines. A slot is a folder of its own, so OpenCode creates another instance of the plugin for it,
 * perhaps from another copy of this package; all instances share this registry.
 */

/**
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {{ engine: Engine, directory: string, role: string, title: string, bash: boolean, interactive: boolean, options?: Record<string, unknown>, told?: object }} RoleSession
 *   `options`: options for requests to its model; `told`: the messages of the newest request that the engine knows
 * @typedef {{ text: string, shown: string, answer?: string }} Typed what a user typed after `/task`; `shown`: the text of
 *   the message; `answer`: the answer, if the text has taken effect already
 * @typedef {object} Shared
 * @property {Map<string, RoleSession>} sessions sessions of working roles
 * @property {Map<string, Record<string, any>>} settings settings of a user's instance that slots take over, by its
 *   folder
 * @property {Map<string, string>} owners the user's folder of each slot
 * @property {Map<string, Engine>} missions the engine of each mission, by the session that started it
 * @property {Map<string, Typed[]>} typed the texts after `/task`, by session, until the mission
 *   model reads them
 * @property {WeakSet<object>} seen tool calls of roles that a hook has handled, because two entries of this plugin in
 *   one configuration run every hook twice
 * @property {Set<string>} events the newest reported events of roles, for the same reason
 */

const KEY = Symbol.for("opencode-orchestrator.registry")

/**
 * Whether this hook is the first to see a call of a role. All hooks of one call share its object. Ids do not
 * distinguish calls, because a model's server may repeat them.
 * @param {object} call the object that OpenCode passes to every hook of the call, to be changed in place
 */
export function first(call) {
  const { seen } = registry()
  if (seen.has(call)) return false
  seen.add(call)
  return true
}

/**
 * Removes the roles and the session of a mission that has ended.
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
  return (shared[KEY] ??= { sessions: new Map(), settings: new Map(), owners: new Map(), missions: new Map(), typed: new Map(), seen: new WeakSet(), events: new Set() })
}
