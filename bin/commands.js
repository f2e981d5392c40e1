/**
 * The commands that work without the native core: they edit OpenCode's configuration or inspect the machine.
 *
 * The core has the table of all commands, with help and completion (`crates/engine/src/cli/program.rs`).
 */
import { parseArgs } from "node:util"

/** The program was called with wrong arguments. */
export class UsageError extends Error {}

/**
 * @typedef {{ project?: boolean, "dry-run"?: boolean, json?: boolean, config?: string, spec?: string, "no-board"?: boolean }} Options
 * @typedef {Record<string, { type: "boolean" | "string" }>} Accepted
 */

/** @type {{ type: "boolean" }} */
const flag = { type: "boolean" }
/** @type {{ type: "string" }} */
const value = { type: "string" }

/** The options of each command. @type {Record<string, Accepted>} */
export const HERE = {
  install: { project: flag, "dry-run": flag, json: flag, config: value, spec: value, "no-board": flag },
  uninstall: { project: flag, "dry-run": flag, json: flag, config: value },
  doctor: { json: flag },
  demo: {},
}

/**
 * @param {string} command one of [`HERE`]
 * @param {string[]} args
 * @returns {Options}
 * @throws {UsageError}
 */
export function parseOptions(command, args) {
  try {
    const { values } = parseArgs({ args, options: HERE[command], strict: true, allowPositionals: false })
    const empty = Object.entries(values).find(([, given]) => given === "")
    if (empty) throw new UsageError(`\`--${empty[0]}\` needs a value`)
    return values
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code
    if (!code?.startsWith("ERR_PARSE_ARGS_")) throw error
    throw new UsageError(`${command}: ${/** @type {Error} */ (error).message.split(". ")[0]}`)
  }
}

/**
 * The overview of commands if the core is missing.
 * @param {string} version
 */
export function overviewWithoutCore(version) {
  return [
    `opencode-orchestrator ${version}: missions for OpenCode`,
    "",
    "usage: opencode-orchestrator <command> [options]",
    "",
    "The native core cannot be loaded; these commands work without it:",
    ...Object.entries(HERE).map(([name, options]) => `  ${[name, ...Object.keys(options).map((option) => `[--${option}]`)].join(" ")}`),
    "",
  ].join("\n")
}
