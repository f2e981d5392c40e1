/** What a role may do in OpenCode 2: rules in order, of which the last that matches counts. */
import { TOOLS } from "../roles.js"

/**
 * @typedef {{ action: string, resource: string, effect: "allow" | "ask" | "deny" }} Rule
 */

/** Actions of OpenCode 2 for the engine's names of tools; it has no `list`. */
const ACTIONS = /** @type {Record<string, string | undefined>} */ ({ read: "read", grep: "grep", glob: "glob", edit: "edit" })
/** Tools behind an action. */
const BEHIND = /** @type {Record<string, string[]>} */ ({ edit: ["edit", "write", "patch"] })

/** @param {string} role */
const actionsOf = (role) => TOOLS[role].flatMap((tool) => ACTIONS[tool] ?? [])

/**
 * The tools that a role sees, by their names in OpenCode 2.
 * @param {string} role
 * @param {import("../engine.js").Tool[]} mailboxes
 */
export function toolsOf(role, mailboxes) {
  return [...actionsOf(role).flatMap((action) => BEHIND[action] ?? [action]), ...mailboxes.filter(({ roles }) => roles.includes(role)).map(({ name }) => name)]
}

/**
 * Only what the role needs, and never more than the user allows: what they refuse or want to be asked about, for an action as
 * a whole or for some resources, stays. One exception: a question about every edit is not asked in a slot, which holds a copy
 * of their files.
 * @param {string} role
 * @param {import("../engine.js").Tool[]} mailboxes
 * @param {readonly Rule[]} own the user's rules
 * @returns {Rule[]}
 */
export function rulesOf(role, mailboxes, own) {
  /** @type {Rule[]} */
  const rules = [{ action: "*", resource: "*", effect: "deny" }]
  for (const action of actionsOf(role)) rules.push({ action, resource: "*", effect: "allow" }, ...limits(own, action))
  for (const { name, roles } of mailboxes) if (roles.includes(role)) rules.push({ action: name, resource: "*", effect: "allow" })
  return rules
}

/**
 * The user's rules for an action behind one that allows it.
 * @param {readonly Rule[]} own
 * @param {string} action
 * @returns {Rule[]}
 */
export function limits(own, action) {
  /** @type {Rule[]} */
  let rules = []
  for (const { action: pattern, resource, effect } of own) {
    if (!matches(pattern, action)) continue
    // What is said of every resource leaves nothing of what was said before
    if (resource === "*") rules = effect === "deny" ? [{ action, resource, effect }] : []
    else rules.push({ action, resource, effect })
  }
  return rules
}

/**
 * Whether the user's rules neither refuse an action nor want to be asked about it, for any resource.
 * @param {readonly Rule[]} own
 * @param {string} action
 */
export function allowsAll(own, action) {
  let allowed = false
  for (const { action: pattern, resource, effect } of own) {
    if (!matches(pattern, action)) continue
    if (resource === "*") allowed = effect === "allow"
    else if (effect !== "allow") allowed = false
  }
  return allowed
}

/**
 * @param {string} pattern with `*` and `?`
 * @param {string} name
 */
function matches(pattern, name) {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&")
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(name)
}
