/**
 * The name of the command: `[command] name` of the user's own opencode.toml, for users of another plugin that owns
 * `/task`. Both hosts read it here; a repository's own file cannot set it.
 */
import { readFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { COMMAND } from "./names.js"
import { loadNative } from "./native.js"

/**
 * @param {string} directory
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string>} the default name if the file cannot be read; a mission reports the file's fault
 */
export async function commandName(directory, env = process.env) {
  try {
    const own = join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "opencode", "opencode.toml")
    // Few users rename the command, and OpenCode waits for this
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
 * Puts the command's name into one of our texts, so that users are told to type our command.
 * @param {string} text
 * @param {string} name
 */
export function withName(text, name) {
  return name === COMMAND ? text : text.replaceAll(`\`/${COMMAND}`, `\`/${name}`)
}
