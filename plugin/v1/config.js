/** Adds to the configuration of OpenCode 1: a provider, its agent, the roles, the command. */
import { AGENT, MODEL, PROVIDER, ROLES, agentOf } from "../names.js"
import { mailboxTools } from "../engine.js"
import { registry } from "../registry.js"
import { TOOLS, prompt } from "../roles.js"

/** Settings of the user's instance that its slots take over. */
const TAKEN_OVER = ["provider", "model", "small_model", "disabled_providers", "enabled_providers", "permission", "experimental"]

/**
 * A template that contains none of the typed text, because OpenCode would expand `$`, `@` and commands in it.
 * `prepareCommand` replaces it by the text as typed.
 */
const NOTHING = "$1000000"

/**
 * @param {Record<string, any>} config changed in place
 * @param {{ fetch: typeof globalThis.fetch, slot: string | undefined, directory: string, command: string }} here
 */
export function configure(config, { fetch, slot, directory, command }) {
  if (slot) inherit(config, slot)
  else registry().settings.set(directory, pick(config))
  config.provider = { ...config.provider, [PROVIDER]: provider(fetch) }
  config.command = {
    ...config.command,
    [command]: {
      description: "Run a mission: plan, code, check, review, deliver. Also: status, tell, answer, plan, stop, resume, queue, report, review, fix, undo",
      template: NOTHING,
      agent: AGENT,
      model: `${PROVIDER}/${MODEL}`,
    },
  }
  const own = config.permission
  config.permission = closed(own)
  const theirs = config.agent ?? {}
  config.agent = closedAgents(theirs)
  // The user's settings for a role (such as a temperature) stay; ours make it a role
  for (const [name, agent] of Object.entries(agents(own))) config.agent[name] = { ...theirs[name], ...agent }
}

/**
 * Whether the options of the plugin's entry are in the user's own configuration. OpenCode says where it found each
 * entry; if it does not, they may be the repository's.
 * @param {Record<string, any>} config
 * @param {Record<string, unknown> | undefined} options
 */
export function areOwn(config, options) {
  const same = JSON.stringify(options ?? {})
  const origins = Array.isArray(config.plugin_origins) ? config.plugin_origins : []
  const isOwn = (/** @type {any} */ origin) => origin?.scope === "global" || origin?.source === "OPENCODE_CONFIG_CONTENT"
  return origins.some((origin) => isOwn(origin) && Array.isArray(origin.spec) && JSON.stringify(origin.spec[1] ?? {}) === same)
}

/**
 * Lets a slot work with the user's models and permissions, and with nothing of the repository's own.
 * @param {Record<string, any>} config
 * @param {string} slot
 */
function inherit(config, slot) {
  const owner = registry().owners.get(slot)
  const taken = owner ? registry().settings.get(owner) : undefined
  if (taken) for (const [key, value] of Object.entries(taken)) config[key] = structuredCloneOf(value)
  config.mcp = {}
  config.snapshot = false
  config.lsp = false
  // Nobody works in a slot by hand, so nothing needs to watch its files
  config.watcher = { ignore: ["**"] }
  config.formatter = false
  config.share = "disabled"
}

/** @param {Record<string, any>} config */
function pick(config) {
  return Object.fromEntries(TAKEN_OVER.filter((key) => config[key] !== undefined).map((key) => [key, structuredCloneOf(config[key])]))
}

/**
 * A copy that keeps functions, because options of providers may contain some.
 * @param {any} value
 * @returns {any}
 */
function structuredCloneOf(value) {
  if (Array.isArray(value)) return value.map(structuredCloneOf)
  if (value && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, structuredCloneOf(inner)]))
  }
  return value
}

/** @param {typeof globalThis.fetch} fetch */
function provider(fetch) {
  return {
    name: "Orchestrator",
    npm: "@ai-sdk/openai-compatible",
    options: { baseURL: "http://orchestrator.invalid/v1", apiKey: "none", fetch, timeout: false },
    models: {
      [MODEL]: {
        name: "Mission",
        tool_call: false,
        reasoning: false,
        attachment: false,
        cost: { input: 0, output: 0 },
        limit: { context: 10_000_000, output: 10_000_000 },
      },
    },
  }
}

/**
 * The user's permissions, with all tools of a mission closed to ordinary chats: a denied tool is not sent to a model,
 * so it costs no token.
 * @param {any} own
 */
function closed(own) {
  const rules = typeof own === "string" ? { "*": own } : { ...own }
  const task = typeof rules.task === "string" ? { "*": rules.task } : { ...rules.task }
  const last = Object.entries(task).at(-1) ?? ["*", rules["*"]]
  // OpenCode removes a tool only if its last rule denies all of it; our rule after that one would enable the tool again
  const denied = last[0] === "*" && last[1] === "deny"
  const ours = Object.fromEntries([AGENT, ...ROLES.map(agentOf)].map((name) => [name, "deny"]))
  return { ...rules, ...(denied ? {} : { task: { ...task, ...ours } }), "mission_*": "deny" }
}

/**
 * Closes the mailboxes to the user's agents, whose rules follow all others, so that one that allows everything would
 * open them.
 * @param {Record<string, any>} agents
 */
function closedAgents(agents) {
  return Object.fromEntries(
    Object.entries(agents).map(([name, agent]) => {
      const own = agent?.permission
      const wide = typeof own === "string" || (own && typeof own === "object" && "*" in own)
      return [name, wide ? { ...agent, permission: closed(own) } : agent]
    }),
  )
}

/** @param {any} own the user's permissions */
function agents(own) {
  const tools = mailboxTools()
  /** @type {Record<string, any>} */
  const agents = {
    // It is hidden because the TUI would switch to a visible one and send the user's next ordinary message to the
    // mission model
    [AGENT]: {
      description: "Carries out missions; used by /task",
      mode: "primary",
      hidden: true,
      model: `${PROVIDER}/${MODEL}`,
      prompt: "mission",
      permission: { "*": "deny" },
    },
  }
  for (const role of ROLES) {
    const mailbox = tools.filter((tool) => tool.roles.includes(role)).map((tool) => tool.name)
    agents[agentOf(role)] = {
      description: `The ${role} of a mission; used by /task`,
      mode: "subagent",
      hidden: true,
      prompt: prompt(role),
      permission: permission(role, mailbox, own),
    }
  }
  return agents
}

/**
 * The permissions of a role: only what it needs, and never more than the user allows. If the user denies or asks about
 * a tool, as a whole or for some files, this stays. One exception: in a slot, which holds a copy of the user's files,
 * edits are not asked about.
 * @param {string} role
 * @param {string[]} mailbox
 * @param {any} own
 */
function permission(role, mailbox, own) {
  /** @type {Record<string, any>} */
  const rules = { "*": "deny" }
  for (const tool of TOOLS[role]) rules[tool] = { "*": "allow", ...limits(own, tool) }
  for (const tool of mailbox) rules[tool] = "allow"
  // With this tool OpenCode answers a call whose arguments are not JSON: without it the role's turn would end there
  rules.invalid = "allow"
  return rules
}

/**
 * Whether the user's permissions allow a tool for every input, without a question.
 * @param {any} own
 * @param {string} tool
 */
export function allowsAll(own, tool) {
  const named = own && typeof own === "object" ? Object.entries(own) : [["*", own]]
  // Names of permissions may be patterns; "*" counts only if nothing more specific matches
  const specific = named.filter(([name]) => name !== "*" && matches(name, tool))
  const rules = specific.length > 0 ? specific : named.filter(([name]) => name === "*")
  const said = rules.flatMap(([, rule]) => (rule && typeof rule === "object" ? Object.values(rule) : [rule ?? "allow"]))
  return [...said, ...Object.values(verdicts(own, tool))].every((verdict) => verdict === "allow")
}

/**
 * @param {string} pattern with `*` and `?`
 * @param {string} name
 */
function matches(pattern, name) {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&")
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(name)
}

/**
 * The user's permissions for a tool's inputs, as OpenCode reads them: the last matching rule counts, under whatever
 * name or pattern of a name it is written. Empty: everything is allowed.
 * @param {any} own
 * @param {string} tool
 * @returns {Record<string, string>}
 */
function verdicts(own, tool) {
  const named = own && typeof own === "object" ? Object.entries(own) : [["*", own]]
  const rules = named.filter(([name, rule]) => rule && matches(name, tool))
  /** @type {Record<string, string>} */
  let all = {}
  for (const [pattern, verdict] of rules.flatMap(([, rule]) => (typeof rule === "object" ? Object.entries(rule) : [["*", rule]]))) {
    // A rule for every input replaces all rules before it
    if (pattern === "*") all = verdict === "allow" ? {} : { "*": verdict }
    else {
      delete all[pattern]
      all[pattern] = verdict
    }
  }
  return all
}

/**
 * The user's rules for a tool, which follow the role's rule that allows it.
 * @param {any} own
 * @param {string} tool
 */
export function limits(own, tool) {
  const { "*": every, ...some } = verdicts(own, tool)
  return every === "deny" ? { "*": every, ...some } : some
}
