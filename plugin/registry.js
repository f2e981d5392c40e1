/**
 * Which engine a session belongs to. A slot is a folder of its own, so OpenCode makes another instance of the plugin for
 * it, perhaps from another copy of this package; all of them meet here.
 */

/**
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {{ engine: Engine, directory: string, interactive: boolean }} RoleSession
 * @typedef {object} Shared
 * @property {Map<string, RoleSession>} sessions sessions of roles at work
 * @property {Map<string, Record<string, any>>} settings what slots take over from a user's instance, by its folder
 * @property {Map<string, string>} owners the user's folder of each slot
 * @property {Set<string>} served slots that have hooks already
 */

const KEY = Symbol.for("opencode-orchestrator.registry")

/** @returns {Shared} */
export function registry() {
  const shared = /** @type {Record<symbol, Shared | undefined>} */ (/** @type {unknown} */ (globalThis))
  return (shared[KEY] ??= { sessions: new Map(), settings: new Map(), owners: new Map(), served: new Set() })
}
