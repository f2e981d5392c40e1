/**
 * A folder that is open in OpenCode 2: its transforms, hooks, agents, tools and servers. Each has an instance of every
 * plugin.
 */
import { agent as agentShape, check, command as commandShape, provider as providerShape, tool as toolShape, ContractError } from "./shapes.mjs"
import { builtin } from "./tools.mjs"

const INDEX = "docs/build/plugins/index.mdx"
const BASE = [
  { action: "*", resource: "*", effect: "allow" },
  { action: "external_directory", resource: "*", effect: "ask" },
  { action: "read", resource: "*.env", effect: "ask" },
  { action: "read", resource: "*.env.*", effect: "ask" },
  { action: "read", resource: "*.env.example", effect: "allow" },
]

export class Location {
  /**
   * @param {string} directory
   * @param {{ permissions: any[], servers: Record<string, object>, providers: Map<string, any> }} config
   */
  constructor(directory, config) {
    this.directory = directory
    this.config = config
    /** @type {Map<string, Set<Function>>} */
    this.transforms = new Map()
    /** @type {Map<string, Function[]>} */
    this.hooks = new Map()
    /** @type {(() => Promise<void> | void)[]} */
    this.cleanups = []
    /** The number of replays: a transform must return the same each time. */
    this.replays = 0
  }

  changed() {
    this.replays += 1
  }

  /**
   * @param {string} domain
   * @param {Function} callback
   */
  transform(domain, callback) {
    const all = this.transforms.get(domain) ?? new Set()
    this.transforms.set(domain, all.add(callback))
    try {
      // Reads use a registration at once, so a callback that throws is an error of the plugin
      this.state(domain)
    } catch (error) {
      all.delete(callback)
      throw error
    }
    return () => all.delete(callback)
  }

  /**
   * @param {string} name
   * @param {Function} callback
   */
  hook(name, callback) {
    const all = this.hooks.get(name) ?? []
    this.hooks.set(name, [...all, callback])
    return () => this.hooks.set(name, (this.hooks.get(name) ?? []).filter((other) => other !== callback))
  }

  /**
   * @param {string} name
   * @param {object} event one mutable object for all hooks, in order
   */
  async run(name, event) {
    for (const callback of this.hooks.get(name) ?? []) await callback(event)
  }

  /**
   * The state of a domain: every active transform is replayed onto a fresh value, in order.
   * @param {string} domain
   * @returns {Map<string, any>}
   */
  state(domain) {
    const { state, editor } = this.fresh(domain)
    for (const callback of this.transforms.get(domain) ?? []) {
      const answer = callback(editor)
      if (answer && typeof answer.then === "function") throw new ContractError(`a transform of ${domain} must be synchronous`, `${INDEX}, Transforms`)
    }
    if (domain === "agent") for (const agent of state.values()) check(agentShape, agent, `the agent ${agent.id}`, "packages/schema/src/agent.ts")
    return state
  }

  /** @param {string} domain */
  fresh(domain) {
    if (domain === "agent") return agents(this.config.permissions)
    if (domain === "tool") return tools()
    if (domain === "command") return commands()
    if (domain === "provider") return providers(this.config.providers)
    return servers(this.config.servers)
  }
}

/** docs/agents.mdx, Builtins and Merging: the user's rules are appended to those of each agent. @param {any[]} own */
function agents(own) {
  const empty = (/** @type {string} */ id) => ({ id, request: { settings: {}, headers: {}, body: {} }, mode: "all", hidden: false, permissions: structuredClone(BASE) })
  /** @type {Map<string, any>} */
  const state = new Map()
  for (const id of ["build", "plan", "general"]) {
    const mode = id === "general" ? "subagent" : "primary"
    state.set(id, { ...empty(id), mode, permissions: [...structuredClone(BASE), ...structuredClone(own)] })
  }
  const editor = {
    list: () => [...state.values()],
    get: (/** @type {string} */ id) => state.get(id),
    default: () => {},
    update: (/** @type {string} */ id, /** @type {(agent: any) => void} */ change) => {
      const agent = state.get(id) ?? empty(id)
      change(agent)
      state.set(id, agent)
    },
    remove: (/** @type {string} */ id) => void state.delete(id),
  }
  return { state, editor }
}

function tools() {
  /** @type {Map<string, any>} */
  const state = new Map(builtin().map((tool) => [tool.name, tool]))
  const editor = {
    list: () => [...state].map(([id, tool]) => ({ ...tool, id })),
    get: (/** @type {string} */ id) => (state.has(id) ? { ...state.get(id), id } : undefined),
    namespace: () => {},
    add: (/** @type {any} */ tool) => {
      check(toolShape, tool, `the tool ${tool?.name}`, `${INDEX}, Tools`)
      state.set(tool.options?.namespace ? `${tool.options.namespace}_${tool.name}` : tool.name, tool)
    },
    update: () => {},
    remove: (/** @type {string} */ id) => void state.delete(id),
  }
  return { state, editor }
}

function commands() {
  /** @type {Map<string, any>} */
  const state = new Map()
  const editor = {
    add: (/** @type {any} */ command) => {
      check(commandShape, command, `the command ${command?.name}`, `${INDEX}, Commands`)
      state.set(command.name, command)
    },
  }
  return { state, editor }
}

/** @param {Record<string, object>} configured */
function servers(configured) {
  const state = new Map(Object.entries(configured))
  const editor = {
    list: () => [...state],
    get: (/** @type {string} */ name) => state.get(name),
    set: (/** @type {string} */ name, /** @type {object} */ config) => void state.set(name, config),
    update: (/** @type {string} */ name, /** @type {(config: any) => void} */ change) => change(state.get(name)),
    remove: (/** @type {string} */ name) => void state.delete(name),
  }
  return { state, editor }
}

/** docs/build/plugins/index.mdx, Providers: `ProviderEditor` @param {Map<string, any>} configured */
function providers(configured) {
  const state = new Map(configured)
  const editor = {
    list: () => [...state.values()],
    get: (/** @type {string} */ id) => state.get(id),
    add: (/** @type {any} */ input) => {
      check(providerShape, input, "a provider", `${INDEX}, Providers`)
      state.set(input.info.id, { provider: input.info, models: new Map(input.models.map((/** @type {any} */ model) => [model.id, model])) })
    },
    remove: (/** @type {string} */ id) => void state.delete(id),
  }
  return { state, editor }
}
