/** The part of `doctor` about configuration: OpenCode's, with the plugin's entries, and our own. */
import { join } from "node:path"
import { commandName } from "../../plugin/command-name.js"
import { callCore } from "../core.js"
import { configDirectory, FileError, projectDirectory } from "../install/files.js"
import { registrations, registrationsIn } from "../install/install.js"
import { rivals } from "../install/notices.js"

/** @typedef {import("./doctor.js").Finding} Finding */
/** @typedef {import("./doctor.js").Surroundings} Surroundings */

/**
 * The places where the plugin is registered.
 * @param {Surroundings} surroundings
 * @returns {Promise<Finding[]>}
 */
export async function registered({ cwd, env }) {
  const name = "registered"
  const project = projectDirectory(cwd)
  const folders = new Set([configDirectory(env), env.OPENCODE_CONFIG_DIR, project, join(project, ".opencode")])
  /** @type {Finding[]} */
  const findings = []
  /** @param {() => import("../install/install.js").Registration[]} body */
  const read = (body) => {
    try {
      return body()
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      const [message, hint] = error.message.replace("; nothing was changed", "").split("\nhint: ")
      findings.push({ name, status: "fail", message, hint })
      return []
    }
  }
  const found = [...folders].flatMap((config) => (config ? read(() => registrations({ cwd, env, config })) : []))
  const file = env.OPENCODE_CONFIG
  if (file) found.push(...read(() => registrationsIn(file, "server", env)))
  const server = found.filter(({ kind }) => kind === "server")
  const alive = server.filter(({ state }) => state === "ours")
  for (const { file, spec, state } of found) {
    if (state === "ours") findings.push({ name, status: "ok", message: `\`${spec}\` in ${file}` })
    if (state !== "dead") continue
    const message = `\`${spec}\` in ${file} does not exist, so OpenCode skips it`
    findings.push({ name, status: alive.length > 0 ? "warn" : "fail", message, hint: "run `opencode-orchestrator install`" })
  }
  for (const { message, hint, sure } of rivals(found, await commandName(cwd, env))) findings.push({ name: "conflict", status: sure ? "fail" : "warn", message, hint })
  if (alive.length === 0 && !findings.some(({ name: of, status }) => of === name && status === "fail")) {
    findings.push({ name, status: "fail", message: "the plugin is not registered in OpenCode", hint: "run `opencode-orchestrator install`" })
  }
  if (new Set(alive.map(({ spec }) => spec)).size > 1) {
    const message = "the plugin is registered with different entries"
    findings.push({ name, status: "warn", message, hint: "keep only one of them, otherwise it may be loaded twice" })
  }
  return findings
}

/**
 * Whether opencode.toml is valid.
 * @param {Surroundings} surroundings
 * @param {boolean} core whether the native core, which reads it, can be loaded
 * @returns {Promise<Finding>}
 */
export async function configuration({ cwd }, core) {
  const name = "opencode.toml"
  if (!core) return { name, status: "warn", message: `not checked in ${cwd}: the native core, which reads it, cannot be loaded` }
  const { exit, stdout = "", stderr = "" } = await callCore(["config", "check"])
  const [message, ...more] = (stdout + stderr).trim().split("\n")
  if (exit === 0) return { name, status: "ok", message: message || "valid, or not there" }
  const hint = more.length > 0 ? more.join("; ").replace(/^hint: /, "") : "`opencode-orchestrator config check` lists every problem in it"
  return { name, status: "fail", message, hint }
}
