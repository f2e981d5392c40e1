/** The part of `doctor` about the machine: programs, the native core, disk, sandbox. */
import { spawnSync } from "node:child_process"
import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { loadNative } from "../../plugin/native.js"
import { stateDirectory as stateFolder } from "../install/record.js"

/** @typedef {import("./doctor.js").Finding} Finding */
/** @typedef {import("./doctor.js").Surroundings} Surroundings */

/** The tested versions of OpenCode, oldest first: docs/COMPATIBILITY.md has the results. */
export const TESTED = ["1.17.0", "1.17.11", "1.18.3", "1.18.20", "1.18.28", "1.18.29", "1.18.30", "1.18.31", "1.18.32", "1.18.33", "1.18.34"]

const MIN_GIT = [2, 38]
const MIN_NODE = 20
/** Free bytes below which a slot of a larger project may not fit. */
const LOW_DISK = 1e9
const DEADLINE_MS = 20_000

/** @returns {Finding} */
export function runtime() {
  const name = "node"
  const major = Number(process.versions.node.split(".")[0])
  if (major >= MIN_NODE) return { name, status: "ok", message: process.versions.node }
  return { name, status: "fail", message: process.versions.node, hint: `use Node ${MIN_NODE} or later` }
}

/**
 * @param {Record<string, string | undefined>} env
 * @returns {string | undefined}
 */
export function findOpenCode(env) {
  // OpenCode's installer uses a folder that only new shells have on their PATH
  const installed = join(env.HOME || homedir(), ".opencode", "bin")
  return find("opencode", { ...env, PATH: `${env.PATH ?? ""}${delimiter}${installed}` })
}

/**
 * @param {Surroundings} surroundings
 * @returns {Finding}
 */
export function openCode({ env }) {
  const name = "opencode"
  const program = findOpenCode(env)
  const hint = "install it (`npm install -g opencode-ai`) so that `opencode` is on the PATH"
  if (!program) return { name, status: "fail", message: "not found on the PATH", hint }
  const version = versionOf(program, ["--version"], env)
  if (!version) {
    return { name, status: "fail", message: `${program} does not print its version`, hint: "run `opencode --version` to see why" }
  }
  const found = `${version.join(".")} (${program})`
  if (TESTED.includes(version.join("."))) return { name, status: "ok", message: found }
  const [oldest, newest] = [TESTED[0], TESTED[TESTED.length - 1]]
  const run = `the plugin was run in versions from ${oldest} to ${newest}`
  if (version[0] > 1) {
    const message = `${found}; ${run}. For OpenCode 2 it is written to the documentation, and was never run in it`
    return { name, status: "warn", message, hint: "if it does not load, OpenCode's log says which methods it lacks" }
  }
  if (!atLeast(version, /** @type {number[]} */ (numbers(oldest)))) {
    return { name, status: "warn", message: `${found}; not tested: ${run}`, hint: "if missions fail, upgrade OpenCode" }
  }
  return { name, status: "ok", message: `${found}; not tested: ${run}` }
}

/**
 * @param {Surroundings} surroundings
 * @returns {Finding}
 */
export function git({ env }) {
  const name = "git"
  const needed = MIN_GIT.join(".")
  const program = find("git", env)
  if (!program) return { name, status: "fail", message: "not found on the PATH", hint: `install git ${needed} or later` }
  const version = versionOf(program, ["--version"], env)
  if (!version) return { name, status: "fail", message: `${program} does not print its version`, hint: "run `git --version` to see why" }
  const message = version.join(".")
  if (atLeast(version, MIN_GIT)) return { name, status: "ok", message }
  return { name, status: "fail", message: `${message}, but ${needed} is needed`, hint: "upgrade git" }
}

/** @returns {Finding} */
export function nativeCore() {
  const name = "native core"
  const { file, problem } = /** @type {{ file?: string, problem?: string }} */ (loadNative())
  return problem === undefined ? { name, status: "ok", message: file ?? "" } : { name, status: "fail", message: problem }
}

/**
 * Whether the state folder of missions can be written. It creates nothing to find out.
 * @param {Surroundings} surroundings
 * @returns {Finding}
 */
export function stateDirectory({ env }) {
  const name = "state"
  const wanted = stateFolder(env)
  let folder = wanted
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  try {
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`)
    accessSync(folder, constants.W_OK | constants.X_OK)
    const { bavail, bsize } = statfsSync(folder)
    const free = bavail * bsize
    const message = `${wanted} (${(free / 1e9).toFixed(1)} GB free)`
    if (free >= LOW_DISK) return { name, status: "ok", message }
    return { name, status: "warn", message, hint: "free some space, or set XDG_DATA_HOME to a larger disk" }
  } catch (error) {
    const message = `${wanted} cannot be written: ${error instanceof Error ? error.message : error}`
    return { name, status: "fail", message, hint: "check who owns it, or set XDG_DATA_HOME to a folder that you can write" }
  }
}

/**
 * The sandbox, as the core reports it: the core confines commands.
 * @returns {Finding}
 */
export function sandbox() {
  const name = "sandbox"
  const { native } = /** @type {{ native?: { sandbox?: () => string } }} */ (loadNative())
  if (typeof native?.sandbox !== "function") return { name, status: "warn", message: "unknown, since the native core does not answer" }
  const { level, message, hint } = JSON.parse(native.sandbox())
  const better = hint ?? undefined
  if (level === "none") return { name, status: "warn", message: `${message}. Checks run without a sandbox, and reports say so`, hint: better }
  return { name, status: "ok", message: `level ${message}`, hint: better }
}

/**
 * @param {string} program
 * @param {Record<string, string | undefined>} env
 * @returns {string | undefined}
 */
function find(program, env) {
  const endings = process.platform === "win32" ? [".exe", ".cmd", ""] : [""]
  for (const folder of (env.PATH ?? "").split(delimiter).filter(Boolean)) {
    for (const ending of endings) {
      const file = join(folder, program + ending)
      try {
        accessSync(file, constants.X_OK)
        if (statSync(file).isFile()) return file
      } catch {
        // Not in this folder
      }
    }
  }
  return undefined
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string | undefined>} env
 * @returns {number[] | undefined}
 */
function versionOf(program, args, env) {
  const { stdout } = spawnSync(program, args, {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: DEADLINE_MS,
    shell: program.endsWith(".cmd"),
  })
  return numbers(stdout ?? "")
}

/**
 * @param {string} text
 * @returns {number[] | undefined}
 */
function numbers(text) {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text)
  return match ? match.slice(1).filter((part) => part !== undefined).map(Number) : undefined
}

/**
 * @param {number[]} version
 * @param {number[]} least
 */
export function atLeast(version, least) {
  for (let index = 0; index < least.length; index += 1) {
    const part = version[index] ?? 0
    if (part !== least[index]) return part > least[index]
  }
  return true
}
