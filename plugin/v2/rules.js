/** The permissions of a role in OpenCode 2: ordered rules, of which the last match counts. */
import { TOOLS } from "../roles.js"

/**
 * @typedef {{ action: string, resource: string, effect: "allow" | "ask" | "deny" }} Rule
 */

/** Actions of OpenCode 2 by the engine's tool names; it has no `list`. */
const ACTIONS = /** @type {Record<string, string | undefined>} */ ({ read: "read", grep: "grep", glob: "glob", edit: "edit" })
/** The tools of an action. */
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
 * The rules of a role: only what it needs, and never more than the user allows. If the user denies or asks about an
 * action, as a whole or for some resources, this stays. One exception: in a slot, which holds a copy of the user's
 * files, edits are not asked about.
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
 * The user's rules for an action, which follow the role's rule that allows it.
 * @param {readonly Rule[]} own
 * @param {string} action
 * @returns {Rule[]}
 */
export function limits(own, action) {
  /** @type {Rule[]} */
  let rules = []
  for (const { action: pattern, resource, effect } of own) {
    if (!matches(pattern, action)) continue
    // A rule for every resource replaces all rules before it
    if (resource === "*") rules = effect === "deny" ? [{ action, resource, effect }] : []
    else rules.push({ action, resource, effect })
  }
  return rules
}

/**
 * Whether the user's rules allow an action for every resource, without a question.
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
