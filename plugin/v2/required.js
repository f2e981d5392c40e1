/** The methods of OpenCode 2 that the plugin calls: whatever is not there is named at load, before anything is registered. */

const METHODS = [
  "agent.transform",
  "command.transform",
  "event.subscribe",
  "mcp.transform",
  "model.default",
  "model.list",
  "permission.reply",
  "provider.list",
  "provider.transform",
  "session.context",
  "session.create",
  "session.get",
  "session.hook",
  "session.interrupt",
  "session.prompt",
  "session.switchModel",
  "session.synthetic",
  "session.wait",
  "tool.hook",
  "tool.transform",
]

/**
 * Rules of a session were set by a method of permissions, and are now part of the session.
 */
const RULES = ["session.update", "permission.rules"]

/**
 * @param {any} ctx
 * @returns {string[]} what is lacking
 */
export function missing(ctx) {
  const lacking = METHODS.filter((name) => !has(ctx, name)).map((name) => `ctx.${name}`)
  if (!RULES.some((name) => has(ctx, name))) lacking.push(RULES.map((name) => `ctx.${name}`).join(" or "))
  if (typeof ctx?.location?.directory !== "string") lacking.push("ctx.location.directory")
  return lacking
}

/**
 * @param {any} ctx
 * @param {string} name as `domain.method`
 */
export function has(ctx, name) {
  const [domain, method] = name.split(".")
  return typeof ctx?.[domain]?.[method] === "function"
}
