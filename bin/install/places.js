/** The files in which OpenCode looks for plugins, and the one to edit. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { manifest } from "../../plugin/identity.js"
import { configDirectory, isThere, projectDirectory } from "./files.js"

/**
 * A kind of configuration that declares plugins: all `names` are searched, and the first that exists is edited.
 * @typedef {{ kind: "server" | "tui", names: string[], create: string, schema: string }} Kind
 */

/** @type {Kind} */
const SERVER = {
  kind: "server",
  names: ["opencode.jsonc", "opencode.json", "config.json"],
  create: "opencode.json",
  schema: "https://opencode.ai/config.json",
}
/** @type {Kind} */
const TUI = { kind: "tui", names: ["tui.jsonc", "tui.json"], create: "tui.json", schema: "https://opencode.ai/tui.json" }

/** Every kind; an entry is looked for in all. */
export const KINDS = [SERVER, TUI]

/**
 * The kinds of configuration that this version of the plugin uses. @param {boolean} [board] whether the board is
 * wanted, too
 */
export function wantedKinds(board = true) {
  return board && "./tui" in manifest().exports ? KINDS : [SERVER]
}

/**
 * @typedef {object} Where
 * @property {string} cwd
 * @property {Record<string, string | undefined>} env
 * @property {string} [config] folder to use instead of OpenCode's own
 * @property {boolean} [project] the project's configuration instead of the user's
 */

/**
 * The folders of the configuration; a new file is created in the first.
 * @param {Where} where
 */
export function folders({ cwd, env, config, project }) {
  if (config) return [config]
  if (!project) return [configDirectory(env)]
  const root = projectDirectory(cwd)
  return [root, join(root, ".opencode")]
}

/**
 * @param {Kind} kind
 * @param {Where} where
 * @returns {string[]} all files that OpenCode reads of that kind, whether they exist or not
 */
export function candidates(kind, where) {
  return folders(where).flatMap((folder) => kind.names.map((name) => join(folder, name)))
}

/**
 * The file that gets an entry. A broken link counts only if no file exists.
 * @param {Kind} kind
 * @param {Where} where
 */
export function fileToEdit(kind, where) {
  const all = candidates(kind, where)
  return all.find((file) => existsSync(file)) ?? all.find(isThere) ?? join(folders(where)[0], kind.create)
}
