/**
 * The part of `doctor` about the current project: found checks, waiting missions, and the place of slots. The core
 * answers.
 */
import { accessSync, constants, existsSync, statSync } from "node:fs"
import { dirname, join, sep } from "node:path"
import { callCore } from "../core.js"
import { stateDirectory } from "../install/record.js"

/** @typedef {import("./doctor.js").Finding} Finding */
/** @typedef {import("./doctor.js").Surroundings} Surroundings */

/** The most checks that are named; the rest is only counted. */
const MOST_NAMED = 6

/**
 * The project's own commands, without which a mission is delivered unverified.
 * @returns {Promise<Finding>}
 */
export async function checks() {
  const name = "checks"
  const { answer, problem } = await ask(["checks", "--json"])
  if (!answer) return { name, status: "warn", message: problem, hint: "`opencode-orchestrator checks` says more" }
  const found = /** @type {{ name: string, kind: string }[]} */ (answer.checks ?? [])
  const shown = found.slice(0, MOST_NAMED).map((check) => check.name).join(", ")
  const more = found.length > MOST_NAMED ? ` and ${found.length - MOST_NAMED} more` : ""
  const refused = answer.refused?.length ? `; ${answer.refused.length} refused` : ""
  if (found.some(({ kind }) => kind === "test")) return { name, status: "ok", message: shown + more + refused }
  const message = found.length > 0 ? `${shown}${more}, but no test${refused}` : `none found${refused}`
  const hint = "without a test nothing is delivered as verified; name one as `[[checks.command]]` in opencode.toml (`opencode-orchestrator checks` shows how)"
  return { name, status: "warn", message, hint }
}

/**
 * Missions of this project that wait to be resumed, or cannot be read.
 * @returns {Promise<Finding>}
 */
export async function missions() {
  const name = "missions"
  const { answer, problem } = await ask(["status", "--json"])
  if (!answer) return { name, status: "warn", message: problem, hint: "`opencode-orchestrator status` says more" }
  const all = /** @type {{ mission: string, state: string, detail?: string }[]} */ (answer.missions ?? [])
  const damaged = all.filter(({ state }) => state === "damaged")
  if (damaged.length > 0) {
    const message = `${damaged.map(({ mission }) => mission).join(", ")} cannot be read: ${damaged[0].detail}`
    return { name, status: "warn", message, hint: "`opencode-orchestrator clean` removes what missions left" }
  }
  const waiting = all.filter(({ state }) => ["paused", "interrupted"].includes(state))
  if (answer.running) return { name, status: "ok", message: `${answer.running.mission} is running` }
  if (waiting.length === 0) return { name, status: "ok", message: "none is unfinished" }
  const [first] = waiting
  const message = waiting.map(({ mission, state }) => `${mission} is ${state}`).join(", ")
  return { name, status: "warn", message, hint: `\`/task resume ${first.mission}\` in OpenCode continues it` }
}

/**
 * The folder of a mission's worktrees: tools skip folders whose names begin with a dot (`place.rs` of the crate
 * `workspace`).
 * @param {Surroundings} surroundings
 * @returns {Promise<Finding>}
 */
export async function slots({ env }) {
  const name = "slots"
  const { answer } = await ask(["config", "show", "--json"])
  const state = stateDirectory(env)
  const hidden = state.split(sep).some((part) => part.startsWith(".") || part === "node_modules")
  const elsewhere = `/var/tmp/opencode-orchestrator-${process.getuid?.() ?? ""}`
  const folder = answer?.workspace?.directory || (hidden ? elsewhere : state)
  let above = folder
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above)
  try {
    accessSync(above, constants.W_OK | constants.X_OK)
    if (above === folder && process.getuid && statSync(folder).uid !== process.getuid()) throw new Error("it belongs to somebody else")
    return { name, status: "ok", message: `below ${join(folder, "<project>")}` }
  } catch (error) {
    const message = `${folder} cannot be used: ${error instanceof Error ? error.message : error}`
    return { name, status: "fail", message, hint: "set `[workspace] directory` in your own opencode.toml to a folder that you can write" }
  }
}

/**
 * @param {string[]} args
 * @returns {Promise<{ answer?: any, problem: string }>}
 */
async function ask(args) {
  const { stdout = "", stderr = "" } = await callCore(args)
  try {
    return { answer: JSON.parse(stdout), problem: "" }
  } catch {
    return { problem: stderr.trim().split("\n")[0] || "the core gave no answer" }
  }
}
