/**
 * The contract host for OpenCode 2: our own implementation of its documents, used because no build of it is available
 * here. It is strict (an unknown method, a wrong argument, a wrong order is an error), and each behaviour names its
 * source. It proves nothing about behaviour of OpenCode 2 that is not documented.
 */
import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { contextFor } from "./context.mjs"
import { Location } from "./location.mjs"
import { ContractError, check, record } from "./shapes.mjs"
import { Session } from "./session.mjs"

/**
 * @typedef {object} HostOptions
 * @property {string} model the address of an OpenAI-compatible server
 * @property {string} directory the user's folder
 * @property {any} plugin the default export of the plugin's module
 * @property {Record<string, unknown>} [options] of the plugin's entry
 * @property {any[]} [permissions] the user's rules
 * @property {Record<string, object>} [servers] the user's MCP servers
 * @property {string[]} [without] methods that this version lacks; the newest lacks `permission.rules`
 * @property {string[]} [variants] of the model
 * @property {(session: Session) => boolean} [compacts] whether a session is compacted before its next request
 * @property {(name: string) => boolean} [asks] the user's answer to a question; without it there is no user
 */

export { Location }

/** Methods that the newest version has removed. */
const NEWEST = ["permission.rules"]

export class ContractHost {
  /** @param {HostOptions} options */
  constructor(options) {
    this.options = options
    this.version = "2.0.0-contract"
    /** @type {Map<string, Location>} */
    this.locations = new Map()
    /** @type {Map<string, Session>} */
    this.sessions = new Map()
    /** @type {Set<(event: object) => void>} */
    this.listeners = new Set()
    /** @type {Map<string, { session: Session, reply: (answer: { reply: string, message?: string }) => void }>} */
    this.questions = new Map()
    /** Errors of the plugin: calls that no document allows, and hooks that threw outside a tool. @type {string[]} */
    this.problems = []
    /** Project configuration that a location has read. @type {string[]} */
    this.read = []
    /** Servers that were started, by location. @type {string[]} */
    this.started = []
    this.count = 0
  }

  /** @param {string} prefix */
  id(prefix) {
    this.count += 1
    return `${prefix}_${String(this.count).padStart(8, "0")}`
  }

  /** Opens the user's folder. */
  async start() {
    return this.open(this.options.directory)
  }

  /**
   * Opens a location: reads its configuration and loads the plugin that the user's configuration names.
   * @param {string} directory
   */
  async open(directory) {
    const known = this.locations.get(directory)
    if (known) return known
    const config = this.configuration(directory)
    const location = new Location(directory, config)
    this.locations.set(directory, location)
    const { plugin, options = {}, without = NEWEST } = this.options
    // docs/build/plugins/index.mdx, Support V1: `id` and `setup` of the default export are read, `server` is ignored
    if (typeof plugin?.id !== "string" || typeof plugin?.setup !== "function") {
      throw new ContractError("the plugin's default export has no `id` and `setup`", "docs/build/plugins/index.mdx, Support V1")
    }
    const cleanup = await plugin.setup(contextFor(this, location, options, without))
    if (cleanup !== undefined && typeof cleanup !== "function") throw new ContractError("setup must return a function or nothing", "docs/build/plugins/index.mdx, Lifecycle")
    if (cleanup) location.cleanups.push(cleanup)
    for (const [name] of location.state("mcp")) this.started.push(`${directory}: ${name}`)
    return location
  }

  /**
   * docs/config.mdx, Locations: files directly in the folder, then those in its `.opencode`; docs/plugins.mdx,
   * Discover.
   * @param {string} directory
   */
  configuration(directory) {
    const servers = { ...this.options.servers }
    const providers = new Map([["fake", this.provider("fake")]])
    for (const name of ["opencode.json", "opencode.jsonc", join(".opencode", "opencode.json"), join(".opencode", "opencode.jsonc")]) {
      const file = join(directory, name)
      if (!existsSync(file)) continue
      const config = JSON.parse(readFileSync(file, "utf8"))
      check(record, config, file, "docs/config.mdx, Format")
      this.read.push(`${file} ${JSON.stringify(Object.keys(config))}`)
      Object.assign(servers, config.mcp?.servers)
      for (const id of Object.keys(config.providers ?? {})) providers.set(id, this.provider(id))
      for (const entry of config.plugins ?? []) this.local(typeof entry === "string" ? entry : entry.package, file)
    }
    for (const name of ["plugin", "plugins"]) {
      if (existsSync(join(directory, ".opencode", name))) this.started.push(`${directory}: .opencode/${name}`)
    }
    return { permissions: this.options.permissions ?? [], servers, providers }
  }

  /**
   * A configured local path must be a folder with an entry file.
   * @param {string} entry
   * @param {string} file
   */
  local(entry, file) {
    const path = entry.startsWith("file:") ? fileURLToPath(entry) : entry
    if (!path.startsWith("/") && !path.startsWith(".")) return
    const source = "docs/build/plugins/index.mdx, Overview"
    if (!existsSync(path) || !statSync(path).isDirectory()) throw new ContractError(`the plugin ${entry} of ${file} is no folder`, source)
    if (!existsSync(join(path, "package.json")) && !existsSync(join(path, "index.js"))) throw new ContractError(`the plugin ${entry} of ${file} has no entry file`, source)
  }

  /**
   * @param {string} name of the method, with checked arguments
   * @param {any} input
   * @param {Location} location of the plugin's instance
   * @returns {Promise<any>}
   */
  async call(name, input, location) {
    if (name === "session.create") return (await this.create(input, location.directory)).info()
    if (name === "provider.list") return [...location.state("provider").values()].map(({ provider }) => provider)
    if (name === "model.list") return [...location.state("provider").values()].flatMap(({ models }) => [...models.values()])
    if (name === "model.default") return this.model("fake")
    if (name === "permission.reply") return this.reply(input)
    const session = this.sessions.get(input.sessionID)
    if (!session) throw new ContractError(`there is no session ${input.sessionID}`, "packages/protocol/src/errors.ts, SessionNotFoundError")
    switch (name) {
      case "session.get":
        return session.info()
      case "session.update":
        if (input.permissions) session.permissions = input.permissions
        if (input.title) session.title = input.title
        return undefined
      case "permission.rules":
        session.permissions = input.permissions
        return undefined
      case "session.switchAgent":
        session.agent = input.agent
        return undefined
      case "session.switchModel":
        this.known(input.model, session.location)
        session.model = input.model
        return undefined
      case "session.prompt":
        return session.admit({ type: "user", ...input })
      case "session.synthetic":
        return session.admit({ type: "synthetic", ...input })
      case "session.interrupt":
        return session.interrupt("user")
      case "session.wait":
        return session.idle()
      case "session.context":
        return session.messages
      default:
        throw new ContractError(`ctx.${name} is not carried out here`, "tests/contract")
    }
  }

  /**
   * @param {any} input
   * @param {string} here
   */
  async create(input, here) {
    const parent = input.parentID ? this.sessions.get(input.parentID) : undefined
    if (input.parentID && !parent) throw new ContractError(`there is no session ${input.parentID}`, "packages/protocol/src/errors.ts, SessionNotFoundError")
    if (this.options.without?.includes("session.update") && input.permissions) throw new ContractError("a session of this version takes no permissions", "docs/build/plugins/index.mdx, Permissions")
    // "A parentID creates a linked child session at its parent's location": packages/protocol/src/groups/session.ts, session.create
    const directory = parent?.location.directory ?? input.location?.directory ?? here
    const location = await this.open(directory)
    if (input.model) this.known(input.model, location)
    const session = new Session(this, location, { ...input, id: this.id("ses") })
    this.sessions.set(session.id, session)
    return session
  }

  /** packages/schema/src/model.ts, `Info` @param {string} providerID */
  model(providerID) {
    const variants = (this.options.variants ?? []).map((id) => ({ id, settings: { reasoningEffort: id } }))
    return {
      id: "m",
      modelID: "m",
      providerID,
      name: "m",
      capabilities: { tools: true, input: ["text"], output: ["text"] },
      variants,
      time: { released: 0 },
      cost: [{ input: 1, output: 2, cache: { read: 0, write: 0 } }],
      status: "active",
      enabled: true,
      limit: { context: 200_000, output: 8192 },
    }
  }

  /**
   * @param {{ id: string, providerID: string, variant?: string }} ref
   * @param {Location} location
   */
  known({ id, providerID, variant }, location) {
    const model = location.state("provider").get(providerID)?.models.get(id)
    if (!model) throw new ContractError(`there is no model ${providerID}/${id} in ${location.directory}`, "docs/build/plugins/index.mdx, Models")
    if (variant && !model.variants.some((/** @type {any} */ known) => known.id === variant)) throw new ContractError(`the model ${id} has no variant \`${variant}\``, "packages/schema/src/model.ts, Variant")
    return model
  }

  /** A provider of the configuration, with the one model of the scripted server. @param {string} id */
  provider(id) {
    return { provider: { id, name: id, activation: "enabled", package: "@opencode/ai/providers/openai-compatible", settings: { baseURL: this.options.model } }, models: new Map([["m", this.model(id)]]) }
  }

  /** @param {{ requestID: string, reply: string, message?: string }} input */
  reply({ requestID, reply, message }) {
    const question = this.questions.get(requestID)
    if (!question) throw new ContractError(`there is no question ${requestID}`, "packages/protocol/src/groups/permission.ts")
    question.reply({ reply, message })
  }

  /**
   * "Execute a slash command callback immediately": packages/protocol/src/groups/session.ts, session.command
   * @param {Session} session
   * @param {string} name
   * @param {string} text
   */
  async command(session, name, text) {
    const command = session.location.state("command").get(name)
    if (!command) throw new ContractError(`there is no command ${name}`, "packages/protocol/src/errors.ts, CommandNotFoundError")
    await command.execute({ sessionID: session.id, prompt: { text }, delivery: "steer" })
  }

  /** docs/build/plugins/index.mdx, Events: the server's whole stream @param {AbortSignal} [signal] */
  subscribe(signal) {
    const { listeners } = this
    /** @type {object[]} */
    const waiting = []
    let wake = () => {}
    const hear = (/** @type {object} */ event) => {
      waiting.push(event)
      wake()
    }
    listeners.add(hear)
    signal?.addEventListener("abort", () => wake(), { once: true })
    return {
      async *[Symbol.asyncIterator]() {
        try {
          while (!signal?.aborted) {
            const event = waiting.shift()
            if (event) yield event
            else await new Promise((resolve) => (wake = () => resolve(undefined)))
          }
        } finally {
          listeners.delete(hear)
        }
      },
    }
  }

  /**
   * packages/schema/src/event.ts: `{ id, created, type, data }`
   * @param {string} type
   * @param {object} data
   */
  emit(type, data) {
    const event = { id: this.id("evt"), created: Date.now(), type, data: JSON.parse(JSON.stringify(data)) }
    for (const listener of this.listeners) listener(event)
  }

  /** @param {Session} session */
  remove(session) {
    this.sessions.delete(session.id)
    this.emit("session.deleted", { sessionID: session.id })
  }

  /** Unloads everything: cleanups run. */
  async stop() {
    for (const session of this.sessions.values()) await session.interrupt("shutdown")
    for (const { cleanups } of this.locations.values()) for (const cleanup of cleanups) await cleanup()
  }
}
