/**
 * Arguments that OpenCode 2 accepts: shapes for the contract host, each with its source, and the error for everything
 * else. Sources are files of the repository `anomalyco/opencode`: `docs/` means `services/www/src/docs/content/`.
 */

/** A call of the contract host that no document allows. */
export class ContractError extends Error {
  /** @param {string} message @param {string} source */
  constructor(message, source) {
    super(`${message} (${source})`)
    this.name = "ContractError"
    this.source = source
  }
}

/** @typedef {(value: any) => string | undefined} Shape returns what is wrong */

/** @type {Shape} */
export const text = (value) => (typeof value === "string" ? undefined : "must be a text")
/** @type {Shape} */
export const flag = (value) => (typeof value === "boolean" ? undefined : "must be true or false")
/** @type {Shape} */
export const code = (value) => (typeof value === "function" ? undefined : "must be a function")
/** @type {Shape} */
export const anything = () => undefined
/** @type {Shape} */
export const record = (value) => (value && typeof value === "object" && !Array.isArray(value) ? undefined : "must be an object")
/** @param {string[]} words @returns {Shape} */
export const one = (...words) => (value) => (words.includes(value) ? undefined : `must be one of ${words.join(", ")}`)
/** @param {Shape} shape @returns {Shape} */
export const list = (shape) => (value) => {
  if (!Array.isArray(value)) return "must be a list"
  for (const [index, item] of value.entries()) {
    const wrong = shape(item)
    if (wrong) return `[${index}] ${wrong}`
  }
  return undefined
}

/**
 * An object with exactly these keys; one with a name that ends in `?` is optional.
 * @param {Record<string, Shape>} keys
 * @returns {Shape}
 */
export const object = (keys) => (value) => {
  if (!value || typeof value !== "object" || Array.isArray(value)) return "must be an object"
  const known = new Map(Object.entries(keys).map(([name, shape]) => [name.replace("?", ""), { shape, optional: name.endsWith("?") }]))
  for (const name of Object.keys(value)) if (!known.has(name)) return `has the unknown key \`${name}\``
  for (const [name, { shape, optional }] of known) {
    if (value[name] === undefined) {
      if (!optional) return `lacks \`${name}\``
      continue
    }
    const wrong = shape(value[name])
    if (wrong) return `.${name} ${wrong}`
  }
  return undefined
}

/** packages/schema/src/permission.ts, `Ruleset` */
export const ruleset = list(object({ action: text, resource: text, effect: one("allow", "ask", "deny") }))
/** packages/schema/src/model.ts, `Ref` */
const ref = object({ id: text, providerID: text, "variant?": text })
const delivery = one("steer", "queue")
const sessionID = /** @type {Shape} */ ((value) => (/^ses_/.test(String(value)) ? undefined : "must be the id of a session"))
const GROUP = "packages/protocol/src/groups/session.ts"

/**
 * The methods that return a value, by name, with the shape of their one argument.
 * @type {Record<string, { input: Shape, optional?: boolean, source: string }>}
 */
export const METHODS = {
  "session.create": {
    input: object({ "id?": text, "parentID?": sessionID, "title?": text, "agent?": text, "model?": ref, "location?": object({ directory: text, "workspaceID?": text }), "metadata?": record, "permissions?": ruleset }),
    optional: true,
    source: `${GROUP}, session.create`,
  },
  "session.get": { input: object({ sessionID }), source: `${GROUP}, session.get` },
  "session.update": { input: object({ sessionID, "title?": text, "metadata?": record, "permissions?": ruleset }), source: `${GROUP}, session.update` },
  "session.switchAgent": { input: object({ sessionID, agent: text }), source: `${GROUP}, session.switchAgent` },
  "session.switchModel": { input: object({ sessionID, model: ref }), source: `${GROUP}, session.switchModel` },
  "session.prompt": {
    input: object({ sessionID, "id?": text, text, "files?": list(record), "agents?": list(record), "skills?": list(record), "metadata?": record, "delivery?": delivery, "resume?": flag }),
    source: `${GROUP}, session.prompt`,
  },
  "session.synthetic": {
    input: object({ sessionID, "id?": text, text, "description?": text, "metadata?": record, "delivery?": delivery, "resume?": flag }),
    source: `${GROUP}, session.synthetic`,
  },
  "session.interrupt": { input: object({ sessionID, "resume?": flag }), source: `${GROUP}, session.interrupt` },
  "session.wait": { input: object({ sessionID }), source: `${GROUP}, session.wait` },
  "session.context": { input: object({ sessionID }), source: `${GROUP}, session.context` },
  "permission.reply": {
    input: object({ sessionID, requestID: text, reply: one("once", "always", "reject"), "message?": text }),
    source: "packages/protocol/src/groups/permission.ts, session.permission.reply",
  },
  // In versions without `session.update`: docs/build/plugins/index.mdx, Permissions
  "permission.rules": { input: object({ sessionID, permissions: ruleset }), source: "docs/build/plugins/index.mdx, Permissions" },
  "provider.list": { input: object({}), optional: true, source: "docs/build/plugins/index.mdx, Providers" },
  "model.list": { input: object({}), optional: true, source: "docs/build/plugins/index.mdx, Models" },
  "model.default": { input: object({}), optional: true, source: "docs/build/plugins/index.mdx, Models" },
}

/** Domains with a `transform`, and the methods of their editors. */
export const TRANSFORMS = {
  agent: "docs/build/plugins/index.mdx, Agent",
  command: "docs/build/plugins/index.mdx, Commands",
  mcp: "docs/build/plugins/index.mdx, MCP",
  provider: "docs/build/plugins/index.mdx, Providers",
  tool: "docs/build/plugins/index.mdx, Tools",
}

/** Hooks by domain. */
export const HOOKS = {
  session: { names: ["prompt", "context", "compaction", "generate", "title", "model.request", "http.request", "http.response", "retry"], source: "docs/build/plugins/index.mdx, Session reference" },
  tool: { names: ["execute.before", "execute.after"], source: "docs/build/plugins/index.mdx, Hooks, Tools" },
  permission: { names: ["evaluate"], source: "docs/build/plugins/index.mdx, Hooks, Permissions" },
}

/** docs/build/plugins/index.mdx, Tools: `ToolInfo`; packages/schema/src/tool.ts, `Info` and `Options` */
export const tool = object({
  name: text,
  description: text,
  input: object({ type: one("object"), "properties?": record, "required?": list(text), "additionalProperties?": anything, "description?": text, "$defs?": record, "title?": text }),
  "output?": record,
  "options?": object({ "namespace?": text, "permission?": text, "codemode?": flag, "pinned?": flag }),
  execute: code,
})
/** packages/schema/src/tool.ts, `Result` */
export const result = object({ "output?": anything, "content?": (value) => (typeof value === "string" ? undefined : list(object({ type: one("text", "file"), "text?": text, "uri?": text, "mime?": text, "name?": text }))(value)), "metadata?": record })
/** docs/build/plugins/index.mdx, Providers: `ProviderEditor.add` */
export const provider = object({ info: record, models: list(record), "sourceConnection?": record })
/** docs/build/plugins/index.mdx, Commands: `CommandDefinition` */
export const command = object({ name: text, "description?": text, execute: code })
/** packages/schema/src/agent.ts, `Info` */
export const agent = object({
  id: text,
  "model?": ref,
  request: record,
  "system?": text,
  "description?": text,
  mode: one("subagent", "primary", "all"),
  hidden: flag,
  "color?": text,
  "steps?": anything,
  permissions: ruleset,
})

/**
 * @param {Shape} shape
 * @param {unknown} value
 * @param {string} what
 * @param {string} source
 */
export function check(shape, value, what, source) {
  const wrong = shape(value)
  if (wrong) throw new ContractError(`${what} ${wrong}`, source)
}
