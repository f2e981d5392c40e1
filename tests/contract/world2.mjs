/**
 * A world for one test on the contract host: a home, a project, a scripted model, and the plugin with the real engine
 * in this process. Only one at a time, because the engine reads the process's environment.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync, existsSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeProject, repositoryPicture, until } from "../harness/index.mjs"
import { startModel } from "../model/server.mjs"
import { ContractHost } from "./host.mjs"

export class World2 {
  /**
   * @param {{ scenario?: any, files?: any, toml?: string, plugin?: any } & Partial<import("./host.mjs").HostOptions>} options
   */
  static async create({ scenario = {}, files = {}, toml, ...options } = {}) {
    const model = await startModel(scenario)
    return new World2(model, files, toml, options)
  }

  /**
   * @param {import("../model/server.mjs").ModelServer} model
   * @param {any} files
   * @param {string | undefined} toml
   * @param {any} options
   */
  constructor(model, files, toml, options) {
    this.model = model
    this.root = realpathSync(mkdtempSync(join(tmpdir(), "contract-test-")))
    this.project = join(this.root, "project")
    const home = join(this.root, "home")
    this.data = join(home, ".local", "share")
    const config = join(home, ".config", "opencode")
    for (const folder of [config, this.data, join(this.root, "tmp")]) mkdirSync(folder, { recursive: true })
    if (toml !== undefined) writeFileSync(join(config, "opencode.toml"), toml)
    makeProject(this.project, { "README.md": "# A project\n", ...files }, {})
    const env = { HOME: home, XDG_CONFIG_HOME: join(home, ".config"), XDG_DATA_HOME: this.data, TMPDIR: join(this.root, "tmp") }
    this.kept = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]))
    Object.assign(process.env, env)
    this.options = options
    this.closed = false
  }

  /** Loads the plugin as OpenCode 2 would. */
  async start() {
    const { default: plugin } = await import("../../index.js")
    this.host = new ContractHost({ model: this.model.url, directory: this.project, plugin, ...this.options })
    await this.host.start()
    return this.host
  }

  /** @returns {ContractHost} */
  get running() {
    if (!this.host) throw new Error("the host has not been started")
    return this.host
  }

  async session() {
    return this.running.create({ title: "a chat" }, this.project)
  }

  /**
   * Runs `/task` until the mission's end.
   * @param {string} text
   * @param {{ deadline_ms?: number }} [options]
   */
  async task(text, { deadline_ms = 90_000 } = {}) {
    const session = await this.session()
    await this.running.command(session, "task", text)
    await this.ended(session, deadline_ms)
    return session
  }

  /**
   * Waits until a mission has ended and has said so.
   * @param {import("./session.mjs").Session} session
   * @param {number} [deadline_ms]
   */
  async ended(session, deadline_ms = 90_000) {
    const over = () => this.closed || /^[✓!✗‖] |resume|cannot run|ended with an error|Nothing was started|nothing was asked|OpenCode knows no/m.test(said(session))
    await until(over, deadline_ms, () => `the mission to end; it said:\n${said(session)}\n${this.model.summary()}`)
  }

  /** @param {string[]} names @returns {any[]} */
  facts(...names) {
    const folder = join(this.data, "opencode-orchestrator")
    if (!existsSync(folder)) return []
    return readdirSync(folder).flatMap((key) => {
      const missions = join(folder, key, "missions")
      if (!existsSync(missions)) return []
      return readdirSync(missions).filter((id) => id.startsWith("m-")).flatMap((id) => {
        const file = join(missions, id, "journal.jsonl")
        if (!existsSync(file)) return []
        return readFileSync(file, "utf8").split("\n").filter(Boolean).flatMap((line) => {
          try {
            return JSON.parse(line).event ?? []
          } catch {
            return []
          }
        })
      })
    }).filter((fact) => names.length === 0 || names.includes(fact.event))
  }

  picture() {
    return repositoryPicture(this.project)
  }

  /** @param {string} path */
  read(path) {
    return readFileSync(join(this.project, path), "utf8")
  }

  async close() {
    this.closed = true
    await this.host?.stop()
    await this.model.close()
    for (const [name, value] of Object.entries(this.kept)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    rmSync(this.root, { recursive: true, force: true, maxRetries: 8 })
  }
}

/**
 * The plugin's texts in a session so far: synthetic messages, delivered or not.
 * @param {import("./session.mjs").Session} session
 */
export function said(session) {
  const delivered = session.messages.filter(({ type }) => type === "synthetic").map(({ text }) => text)
  const waiting = session.inbox.filter(({ type }) => type === "synthetic").map(({ payload }) => payload.text)
  return [...delivered, ...waiting].join("\n")
}
