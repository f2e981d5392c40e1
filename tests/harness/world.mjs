/**
 * A world for one test: a home, a project, a scripted model and the real OpenCode, isolated from the machine's own,
 * with deadlines on everything. If the test fails, evidence is kept.
 */
import { execFileSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startModel } from "../model/server.mjs"
import { Client } from "./client.mjs"
import { OPENCODE_VERSION, ROOT, opencodeBinary } from "./opencode.mjs"
import { Running, start, until } from "./process.mjs"
import { makeProject, repositoryPicture } from "./project.mjs"
import { Tui } from "./tui.mjs"

/** @typedef {import("../model/scenario.mjs").Scenario} Scenario */
/** @typedef {import("./project.mjs").Files} Files */

/**
 * @typedef {object} WorldOptions
 * @property {Scenario | string} [scenario]
 * @property {Files} [files] The project's files; committed unless `git` is false.
 * @property {boolean} [git]
 * @property {boolean | "project"} [plugin] The plugin under test in the user's configuration
 *   (true), only in the project's opencode.json ("project"), or not at all (false).
 * @property {Record<string, unknown>} [options] Options of the plugin's entry.
 * @property {string} [toml] The user's opencode.toml.
 * @property {Record<string, unknown>} [config] Laid over OpenCode's configuration.
 * @property {Record<string, string>} [env]
 * @property {number} [context] The scripted model's context size in tokens; 200,000 by default.
 */

/** The longest run of a single OpenCode in a test. */
const DEADLINE_MS = 90_000

export class World {
  /** @param {WorldOptions} options */
  static async create(options = {}) {
    const model = await startModel(options.scenario ?? {})
    try {
      return new World(options, model)
    } catch (error) {
      await model.close()
      throw error
    }
  }

  /**
   * @param {WorldOptions} options
   * @param {import("../model/server.mjs").ModelServer} model
   */
  constructor(options, model) {
    this.model = model
    this.context = options.context ?? 200_000
    this.binary = opencodeBinary()
    // The real path, because it is compared with paths that OpenCode reports.
    this.root = realpathSync(mkdtempSync(join(tmpdir(), "mission-test-")))
    this.home = join(this.root, "home")
    this.project = join(this.root, "project")
    this.config = join(this.home, ".config", "opencode")
    this.data = join(this.home, ".local", "share")
    /** @type {(Running | Tui)[]} */
    this.programs = []

    for (const folder of [
      this.config,
      this.data,
      join(this.home, ".cache"),
      join(this.home, ".local", "state"),
      join(this.root, "tmp"),
    ]) {
      mkdirSync(folder, { recursive: true })
    }
    this.env = {
      PATH: process.env.PATH ?? "",
      LANG: "C.UTF-8",
      HOME: this.home,
      TMPDIR: join(this.root, "tmp"),
      XDG_CONFIG_HOME: join(this.home, ".config"),
      XDG_DATA_HOME: this.data,
      XDG_CACHE_HOME: join(this.home, ".cache"),
      XDG_STATE_HOME: join(this.home, ".local", "state"),
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
      OPENCODE_DISABLE_SHARE: "1",
      OPENCODE_DISABLE_CLAUDE_CODE: "1",
      OPENCODE_DISABLE_EXTERNAL_SKILLS: "1",
      ...options.env,
    }
    plantModules(this.config)
    const { plugin = true } = options
    const entry = options.options ? [ROOT, options.options] : ROOT
    const whole = { ...this.hostConfig(), ...(plugin ? { plugin: [entry] } : {}), ...options.config }
    /** @type {Files} */
    const files = { "README.md": "# A project\n", ...options.files }
    if (plugin === "project") files["opencode.json"] = `${JSON.stringify(whole, null, 2)}\n`
    else writeFileSync(join(this.config, "opencode.json"), `${JSON.stringify(whole, null, 2)}\n`)
    if (options.toml !== undefined) writeFileSync(join(this.config, "opencode.toml"), options.toml)
    if (Object.keys(files).some((path) => path.startsWith(".opencode/"))) plantModules(join(this.project, ".opencode"))
    makeProject(this.project, files, { git: options.git })
  }

  /**
   * Changes the user's configuration of OpenCode.
   * @param {(config: any) => void} change
   */
  configure(change) {
    const file = join(this.config, "opencode.json")
    const config = JSON.parse(readFileSync(file, "utf8"))
    change(config)
    writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`)
  }

  /** OpenCode's configuration with the scripted model as its only provider. */
  hostConfig() {
    return {
      $schema: "https://opencode.ai/config.json",
      model: "fake/m",
      small_model: "fake/m",
      share: "disabled",
      autoupdate: false,
      snapshot: false,
      provider: {
        fake: {
          npm: "@ai-sdk/openai-compatible",
          name: "Scripted",
          options: { baseURL: this.model.url, apiKey: "scripted" },
          models: { m: { name: "m", tool_call: true, cost: { input: 1, output: 2 }, limit: { context: this.context, output: 8192 } } },
        },
      },
    }
  }

  /**
   * Starts OpenCode.
   * @param {string[]} args
   * @param {{ cwd?: string, stdin?: string, deadline_ms?: number, env?: Record<string, string> }} [options]
   * @returns {Running}
   */
  start(args, options) {
    return this.startProgram(this.binary, args, options)
  }

  /**
   * Starts another program in this world.
   * @param {string} program
   * @param {string[]} args
   * @param {Parameters<World["start"]>[1]} [options]
   */
  startProgram(program, args, { cwd = this.project, stdin, deadline_ms = DEADLINE_MS, env = {} } = {}) {
    const running = start(program, args, { cwd, stdin, deadline_ms, env: { ...this.env, ...env } })
    this.programs.push(running)
    return running
  }

  /**
   * Runs `opencode run` to its end.
   * @param {string[]} args
   * @param {Parameters<World["start"]>[1]} [options]
   */
  run(args, options) {
    return this.start(["run", ...args], options).done
  }

  /**
   * Runs `/task` from the shell, with the text on standard input, which OpenCode passes verbatim.
   * @param {string} text
   * @param {Parameters<World["start"]>[1]} [options]
   */
  task(text, options) {
    return this.run(["--command", "task"], { stdin: text, ...options })
  }

  /**
   * Runs the program under test in the project. The command `trust` makes settings in the project count.
   * @param {...string} args
   */
  program(...args) {
    const script = join(ROOT, "bin", "opencode-orchestrator.js")
    return execFileSync(process.execPath, [script, ...args], { cwd: this.project, env: this.env, encoding: "utf8" })
  }

  /** Starts `opencode serve`, ready to answer. */
  async serve() {
    const port = await freePort()
    const running = this.start(["serve", "--port", String(port), "--hostname", "127.0.0.1"], { deadline_ms: 240_000 })
    const client = new Client(`http://127.0.0.1:${port}`, this.project)
    // A request before the server was ready has once hung without end: so ask for its health first.
    await until(
      () =>
        fetch(`${client.url}/global/health`, { signal: AbortSignal.timeout(1000) }).then(
          (response) => response.ok,
          () => false,
        ),
      20_000,
      () => `\`opencode serve\` to answer; it said:\n${running.stdout}${running.stderr}`,
    )
    return { running, client }
  }

  /**
   * The terminal interface, with its prompt on screen. `board`: with the board registered, as `install` does.
   * @param {{ columns?: number, rows?: number, board?: boolean }} [options]
   */
  async tui({ columns, rows, board = false } = {}) {
    if (board) writeFileSync(join(this.config, "tui.json"), `${JSON.stringify({ plugin: [ROOT] }, null, 2)}\n`)
    const size = { columns, rows }
    const tui = new Tui(this.root, [this.binary, this.project], { cwd: this.project, env: this.env, ...size })
    this.programs.push(tui)
    await tui.start()
    await tui.shows(/Ask anything|ctrl\+p|commands/i, 30_000)
    return tui
  }

  /** @param {string} path */
  read(path) {
    return readFileSync(join(this.project, path), "utf8")
  }

  /** @param {string} path */
  exists(path) {
    return existsSync(join(this.project, path))
  }

  /** The repository, byte for byte. */
  picture() {
    return repositoryPicture(this.project)
  }

  /** The engine's folders, one for each project that had a mission. */
  get states() {
    const folder = join(this.data, "opencode-orchestrator")
    if (!existsSync(folder)) return []
    return readdirSync(folder)
      .map((key) => join(folder, key))
      .filter((state) => existsSync(join(state, "missions")))
  }

  /** The engine's folder if only one project has had missions; undefined if there is none. */
  get state() {
    return this.states.at(0)
  }

  /** Missions in the engine's folders: id, folder, state folder, the journal's lines, and their facts. */
  missions() {
    return this.states.flatMap((state) =>
      readdirSync(join(state, "missions"))
        .filter((id) => id.startsWith("m-"))
        .map((id) => {
          const folder = join(state, "missions", id)
          const journal = readLines(join(folder, "journal.jsonl"))
          return { id, state, folder, journal, facts: journal.map((line) => line.event).filter(Boolean) }
        }),
    )
  }

  /** The facts of the only mission. @param {string} [name] Those of this name only. @returns {any[]} */
  facts(name) {
    const all = this.missions()
    if (all.length !== 1) throw new Error(`there are ${all.length} missions where one was expected`)
    return all[0].facts.filter((fact) => name === undefined || fact.event === name)
  }

  /** Everything that helps to understand a failure, as text. */
  evidence() {
    const parts = [`model requests:\n${this.model.summary() || "none"}`]
    if (this.model.problems.length > 0) parts.push(`model problems:\n${this.model.problems.join("\n")}`)
    for (const program of this.programs) {
      if (program instanceof Running)
        parts.push(`${program.child.spawnargs.slice(1).join(" ")}\n${tail(program.stdout)}\n${tail(program.stderr)}`)
    }
    for (const { id, journal } of this.missions())
      parts.push(
        `journal of ${id}:\n${journal
          .slice(-40)
          .map((line) => JSON.stringify(line.event ?? line).slice(0, 600))
          .join("\n")}`,
      )
    const logs = join(this.data, "opencode", "log")
    if (existsSync(logs)) {
      for (const name of readdirSync(logs)) {
        const lines = readFileSync(join(logs, name), "utf8").split("\n")
        parts.push(
          `${name}:\n${lines
            .filter((line) => /level=(ERROR|WARN)|opencode-orchestrator/.test(line))
            .slice(-40)
            .join("\n")}`,
        )
      }
    }
    return parts.join("\n\n----\n")
  }

  /**
   * Keeps the rest of this world for a later look.
   * @param {string} name
   */
  keep(name) {
    const folder = join(ROOT, ".cache", "failed", name.replace(/[^\w-]+/g, "-").slice(0, 80))
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, "evidence.txt"), this.evidence())
    const logs = join(this.data, "opencode", "log")
    if (existsSync(logs)) cpSync(logs, join(folder, "log"), { recursive: true })
    if (this.state && existsSync(join(this.state, "missions")))
      cpSync(join(this.state, "missions"), join(folder, "missions"), { recursive: true })
    return folder
  }

  /** Ends all started programs, and removes the folder unless it is to be kept. */
  async close({ keep = false } = {}) {
    // The TUI first, because it is a client of the programs that it started.
    for (const program of this.programs.reverse()) await program.stop()
    await this.model.close()
    if (keep) return
    rmSync(this.root, { recursive: true, force: true, maxRetries: 8 })
    this.removeSlots()
  }

  /** Removes slots of this world that lie outside of it, because its state folder is hidden. */
  removeSlots() {
    const shared = `/var/tmp/opencode-orchestrator-${process.getuid?.()}`
    for (const name of existsSync(shared) ? readdirSync(shared) : []) {
      let state = ""
      try {
        state = readFileSync(join(shared, name, "state"), "utf8")
      } catch {
        // Not there, or removed by another test meanwhile
      }
      if (state.startsWith(this.root + "/")) rmSync(join(shared, name), { recursive: true, force: true, maxRetries: 8 })
    }
  }
}

/**
 * Makes OpenCode believe that its plugin package is installed here, so that a first start runs no npm. OpenCode checks
 * only these two files.
 * @param {string} folder
 */
export function plantModules(folder) {
  mkdirSync(join(folder, "node_modules"), { recursive: true })
  const dependencies = { "@opencode-ai/plugin": OPENCODE_VERSION }
  // OpenCode writes the same file, so none of this is ever committed.
  writeFileSync(join(folder, ".gitignore"), "node_modules\npackage.json\npackage-lock.json\nbun.lock\n.gitignore\n")
  writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies }))
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ lockfileVersion: 3, packages: { "": { dependencies } } }))
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.once("error", fail)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => done(address && typeof address === "object" ? address.port : 0))
    })
  })
}

/** @param {string} path @returns {any[]} */
function readLines(path) {
  if (!existsSync(path)) return []
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      try {
        return JSON.parse(line)
      } catch {
        return line
      }
    })
}

/** @param {string} text */
const tail = (text) => (text.length > 6000 ? `…${text.slice(-6000)}` : text)
