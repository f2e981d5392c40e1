/**
 * The part of `doctor` that asks OpenCode itself: whether it loaded the plugin, which plugin owns `/task`, which models
 * roles get.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { isAbsolute } from "node:path"
import { fileURLToPath } from "node:url"
import { commandName } from "../../plugin/command-name.js"
import { callCore } from "../core.js"

/** @typedef {import("./doctor.js").Finding} Finding */
/** @typedef {import("./doctor.js").Surroundings} Surroundings */

/** OpenCode may install something at its first start. */
const DEADLINE_MS = 60_000
const MAX_BYTES = 64 << 20
/** The longest reason that is shown. */
const MAX_WHY = 300
const OURS = "orchestrator/mission"
const ROLES = ["searcher", "planner", "coder", "reviewer", "fixer"]

/**
 * @param {string | undefined} program
 * @param {Surroundings} surroundings
 * @returns {Promise<Finding[]>}
 */
export async function asked(program, { cwd, env }) {
  if (!program) return []
  const { stdout, stderr } = run(program, ["debug", "config", "--print-logs", "--log-level", "WARN"], cwd, env)
  const config = json(stdout)
  if (!config) {
    const message = "OpenCode did not print its configuration (`opencode debug config`), so what it loaded is not known"
    return [{ name: "loaded", status: "warn", message, hint: "run that command in this folder to see why" }]
  }
  const command = await commandName(cwd, env)
  const failed = failures(stderr)
  return [loaded(config, command, await whyNot(), failed), ...others(config, failed), ...(await models(config, program, { cwd, env }))]
}

/**
 * Messages in OpenCode's log about plugins that it did not load, by entry. OpenCode shows them nowhere else.
 * @param {string} log
 * @returns {Map<string, string>}
 */
export function failures(log) {
  const found = new Map()
  for (const line of log.split("\n")) {
    const said = (/** @type {string} */ key) => new RegExp(`(?:^| )${key}=("(?:[^"\\\\]|\\\\.)*"|\\S+)`).exec(line)?.[1]
    const plain = (/** @type {string | undefined} */ text) => (text?.startsWith('"') ? (json(text) ?? text.slice(1, -1)) : text)
    const entry = plain(said("path")) ?? plain(said("spec")) ?? plain(said("pkg")) ?? plain(said("plugin"))
    const message = plain(said("message"))
    if (!entry || !/\bplugin\b/i.test(message ?? "")) continue
    const why = [plain(said("error")) ?? plain(said("cause")) ?? message].join("").replaceAll(/\s+/g, " ")
    found.set(entry, why.length > MAX_WHY ? `${why.slice(0, MAX_WHY)}…` : why)
  }
  return found
}

/** @param {any} config */
const entriesOf = (config) => /** @type {unknown[]} */ (config.plugin ?? []).map((entry) => String(Array.isArray(entry) ? entry[0] : entry))

/**
 * Why an entry was not loaded: what OpenCode said, or what can be seen of a path.
 * @param {string} entry
 * @param {Map<string, string>} failed
 */
function whyOf(entry, failed) {
  const said = failed.get(entry)
  if (said !== undefined) return said
  const path = entry.startsWith("file://") ? fileURLToPath(entry) : isAbsolute(entry) ? entry : undefined
  return path !== undefined && !existsSync(path) ? "it does not exist" : undefined
}

/**
 * Entries of other plugins that OpenCode did not load.
 * @param {any} config
 * @param {Map<string, string>} failed
 * @returns {Finding[]}
 */
export function others(config, failed) {
  const silent = entriesOf(config).flatMap((entry) => {
    const why = whyOf(entry, failed)
    return why === undefined ? [] : [`\`${entry}\`: ${why}`]
  })
  if (silent.length === 0) return []
  const message = `OpenCode did not load ${silent.join("; ")}`
  return [{ name: "not loaded", status: "warn", message, hint: "take the entry out of its configuration, or install the package again" }]
}

/**
 * @param {any} config as OpenCode resolved it, plugins included
 * @param {string} name of the command
 * @param {string} [why] why this plugin cannot be loaded
 * @param {Map<string, string>} [failed] what OpenCode says of entries that it did not load
 * @returns {Finding}
 */
export function loaded(config, name, why, failed = new Map()) {
  const plugins = entriesOf(config).filter((entry) => whyOf(entry, failed) === undefined)
  const listed = plugins.map((entry) => `\`${entry}\``).join(", ") || "none"
  const command = config.command?.[name]
  if (command?.model === OURS) return { name: "loaded", status: "ok", message: `OpenCode loads ${listed}; \`/${name}\` starts a mission` }
  if (command) {
    const message = `OpenCode loads ${listed}, and \`/${name}\` is another plugin's or your own command: missions cannot be started with it`
    const hint = 'take the other one out, or rename ours: `[command] name = "mission"` in opencode.toml'
    return { name: "loaded", status: "fail", message, hint }
  }
  const message = plugins.length > 0 ? `OpenCode has the entries ${listed} and loaded no \`/${name}\`` : "OpenCode loads no plugin"
  // OpenCode does not report an entry that it skips
  const hint = why
    ? `it cannot be loaded: ${why}; install the package again`
    : "OpenCode skips an entry silently if its folder is gone, if it has no `main`, or if it fails; `opencode-orchestrator install` registers this one"
  return { name: "loaded", status: "fail", message, hint }
}

/** The error when this plugin is loaded. Other plugins are not loaded here. */
async function whyNot() {
  try {
    const { default: plugin } = await import("../../index.js")
    return typeof plugin.server === "function" ? undefined : "its entry has no `server`"
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * The models of roles, and whether their prices are known, so that a limit in money works.
 * @param {any} config
 * @param {string} program
 * @param {Surroundings} surroundings
 * @returns {Promise<Finding[]>}
 */
async function models(config, program, { cwd, env }) {
  const name = "models"
  const own = json((await callCore(["config", "show", "--json"])).stdout ?? "")
  const wanted = new Set(ROLES.map((role) => own?.roles?.[role]?.model ?? config.model).filter(Boolean))
  const known = priced(run(program, ["models", "--verbose"], cwd, env).stdout)
  if (known.size === 0) {
    return [{ name, status: "fail", message: "OpenCode knows no model", hint: "log in with `opencode auth login`, or configure a provider in opencode.json" }]
  }
  const found = embeddings(own?.context?.embeddings, known)
  if (wanted.size === 0) {
    return [{ name, status: "ok", message: `roles use the model that the session uses; OpenCode knows ${known.size}` }, ...found]
  }
  const ofRoles = [...wanted].map((/** @type {string} */ model) => /** @type {Finding} */ (priceOf(model)))
  return [...ofRoles, ...found]

  /** @param {string} model */
  function priceOf(model) {
    const price = known.get(model)
    if (!price) {
      return { name, status: "fail", message: `OpenCode does not know \`${model}\``, hint: "`opencode models` lists those that it knows; correct `model` in opencode.json or `[roles.*] model` in opencode.toml" }
    }
    const { input = 0, output = 0 } = price
    if (input > 0 || output > 0) return { name, status: "ok", message: `${model} ($${input} in, $${output} out, a million tokens)` }
    const hint = own?.budget?.cost_usd === "none" ? undefined : "`[budget] cost_usd` cannot be kept without a price: set `cost` for the model in opencode.json"
    return { name, status: hint ? "fail" : "ok", message: `${model} (no price is known)`, hint }
  }
}

/**
 * The embedding model of the settings: OpenCode must know its provider. Whether the provider has the model shows in a mission.
 * @param {string | undefined} model
 * @param {Map<string, unknown>} known
 * @returns {Finding[]}
 */
export function embeddings(model, known) {
  if (!model) return []
  const name = "embeddings"
  const provider = model.slice(0, model.indexOf("/") + 1)
  if ([...known.keys()].some((one) => one.startsWith(provider))) return [{ name, status: "ok", message: `files are ranked with \`${model}\`, too; if it fails, a mission says so and ranks without it` }]
  return [{ name, status: "fail", message: `OpenCode does not know the provider of \`${model}\``, hint: "`opencode models` lists its providers; correct `[context] embeddings` in opencode.toml, or add the provider to opencode.json" }]
}

/**
 * `opencode models --verbose`: a line with the name, then JSON, for each.
 * @param {string} text
 * @returns {Map<string, { input?: number, output?: number }>}
 */
export function priced(text) {
  const found = new Map()
  for (const part of text.split(/^(?=\S+\/\S+$)/m)) {
    const end = part.indexOf("\n")
    const [name, rest] = end < 0 ? [part, ""] : [part.slice(0, end), part.slice(end)]
    if (/^\S+\/\S+$/.test(name.trim())) found.set(name.trim(), json(rest)?.cost ?? {})
  }
  return found
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 * @param {Record<string, string | undefined>} env
 */
function run(program, args, cwd, env) {
  const result = spawnSync(program, args, {
    cwd,
    env: { ...env, OPENCODE_DISABLE_AUTOUPDATE: "1" },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: DEADLINE_MS,
    maxBuffer: MAX_BYTES,
    shell: program.endsWith(".cmd"),
  })
  return { stdout: result.status === 0 ? result.stdout : "", stderr: result.stderr ?? "" }
}

/** @param {string | undefined} text */
function json(text) {
  try {
    return JSON.parse(text ?? "")
  } catch {
    return undefined
  }
}
