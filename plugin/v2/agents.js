/** The roles as hidden agents of OpenCode 2; closes all tools of a mission to the user's own agents. */
import { ROLES, agentOf } from "../names.js"
import { prompt } from "../roles.js"
import { registry } from "../registry.js"
import { rulesOf } from "./rules.js"

/**
 * Adds each role as a primary agent, hidden from all lists: a subagent only runs in a child session, and a role's
 * session has no parent, because a child would work in its parent's folder.
 * @param {import("./setup.js").Context} ctx
 * @param {import("../engine.js").Tool[]} mailboxes
 */
export async function addAgents(ctx, mailboxes) {
  const prompts = Object.fromEntries(ROLES.map((role) => [role, prompt(role)]))
  const ours = new Set(ROLES.map(agentOf))
  // This runs again whenever agents change, so it must return the same for the same input
  await ctx.agent.transform((/** @type {any} */ editor) => {
    const own = ownRules(editor)
    const { settings } = registry()
    settings.set(ctx.location.directory, { ...settings.get(ctx.location.directory), permissions: own })
    for (const { id } of editor.list()) {
      if (!ours.has(id)) editor.update(id, (/** @type {any} */ agent) => agent.permissions.push(...closed(mailboxes)))
    }
    for (const role of ROLES) {
      editor.update(agentOf(role), (/** @type {any} */ agent) => {
        agent.description = `The ${role} of a mission; used by /task`
        agent.mode = "primary"
        agent.hidden = true
        agent.system = prompts[role]
        agent.permissions = rulesOf(role, mailboxes, own)
      })
    }
  })
}

/**
 * The user's rules for sessions. OpenCode appends the configuration's rules to each agent that it ships.
 * @param {any} editor
 * @returns {import("./rules.js").Rule[]}
 */
function ownRules(editor) {
  return [...(editor.get("build")?.permissions ?? [])].filter(({ action }) => !action.startsWith("mission_"))
}

/**
 * Rules that deny the mailboxes for all resources: OpenCode then removes them from requests, so they cost no token.
 * @param {import("../engine.js").Tool[]} mailboxes
 */
const closed = (mailboxes) => mailboxes.map(({ name }) => ({ action: name, resource: "*", effect: "deny" }))
