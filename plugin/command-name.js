/**
 * What the command is called: `[command] name` of the user's own opencode.toml, for where another plugin owns `/task`. Both hosts
 * ask here; a repository's own file has no say in it.
 */
import { readFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { COMMAND } from "./names.js"
import { loadNative } from "./native.js"

/**
 * @param {string} directory
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string>} the usual name also where the file cannot be read; a mission says what is wrong with it
 */
export async function commandName(directory, env = process.env) {
  try {
    const own = join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "opencode", "opencode.toml")
    // Hardly anybody renames it, and OpenCode waits for this
    if (!/\bcommand\b/.test(readFileSync(own, "utf8"))) return COMMAND
    const { native } = loadNative()
    if (!native) return COMMAND
    const { HOME, XDG_CONFIG_HOME, XDG_DATA_HOME } = env
    const request = { args: ["config", "show", "--json"], cwd: directory, env: { HOME, XDG_CONFIG_HOME, XDG_DATA_HOME }, tty: false }
    const { stdout } = JSON.parse(await native.cli(JSON.stringify(request)))
    return JSON.parse(stdout).command?.name ?? COMMAND
  } catch {
    return COMMAND
  }
}

/**
 * A text of ours with the command's name in it: what a user is told to type must be ours.
 * @param {string} text
 * @param {string} name
 */
export function withName(text, name) {
  return name === COMMAND ? text : text.replaceAll(`\`/${COMMAND}`, `\`/${name}`)
}
