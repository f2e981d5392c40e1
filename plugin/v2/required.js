/**
 * The methods of OpenCode 2 that the plugin calls: missing ones are reported at load, before anything is registered.
 */

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
 * Older versions set a session's rules by a method of permissions, newer ones by updating the session.
 */
const RULES = ["session.update", "permission.rules"]

/**
 * @param {any} ctx
 * @returns {string[]} the missing methods
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
