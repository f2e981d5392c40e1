/** Warnings after an installation: other plugins that own `/task`, and entries that work only on this machine. */
import { commandName } from "../../plugin/command-name.js"
import { COMMAND } from "../../plugin/names.js"
import { configDirectory, projectDirectory } from "./files.js"
import { isOfThisMachine, registrations } from "./install.js"

/** @typedef {{ message: string, hint: string }} Notice */

/**
 * Entries of other plugins that define `/task` too, or may do so.
 * @param {import("./install.js").Registration[]} found
 * @param {string} command the name of our command
 * @returns {(Notice & { sure: boolean })[]}
 */
export function rivals(found, command) {
  if (command !== COMMAND) return []
  return found
    .filter(({ kind, state }) => kind === "server" && (state === "rival" || state === "unknown"))
    .map(({ file, spec, state }) => (state === "rival" ? rival(file, spec) : unknown(file, spec)))
}

/**
 * @param {string} file
 * @param {string} spec
 */
function rival(file, spec) {
  const message = `\`${spec}\` in ${file} is another publisher's plugin, and both define \`/task\`: the one that OpenCode loads last answers it`
  const hint = `remove \`${spec}\` from ${file}, or rename our command: \`[command] name = "mission"\` in opencode.toml`
  return { message, hint, sure: true }
}

/**
 * @param {string} file
 * @param {string} spec
 */
function unknown(file, spec) {
  const message = `\`${spec}\` in ${file} is not installed, so whose plugin it is cannot be told; it was left as it is`
  const hint = `if it is not what you want, remove it from ${file}: a package of that name belongs to another publisher`
  return { message, hint, sure: false }
}

/**
 * @param {import("./install.js").Request} request
 * @param {import("./install.js").Step[]} steps
 * @returns {Promise<Notice[]>}
 */
export async function notices(request, steps) {
  const { cwd, env } = request
  const folders = new Set([request.config ?? configDirectory(env), projectDirectory(cwd)])
  const found = [...folders].flatMap((config) => registrations({ cwd, env, config }))
  const local = request.project ? steps.filter(({ action, spec }) => action !== "unchanged" && isOfThisMachine(spec)) : []
  const shared = local.map(({ file, spec }) => ({
    message: `\`${spec}\` is a folder of this machine, and ${file} belongs to the project: others cannot load it`,
    hint: "make the package a dependency of the project and run this from there, or install without `--project`",
  }))
  return [...shared, ...rivals(found, await commandName(cwd, env)).map(({ message, hint }) => ({ message, hint }))]
}
