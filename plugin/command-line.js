/**
 * Sends one command to the core's command line: the program uses it for all its commands, and the board for data that
 * no file of a mission contains. It prints nothing and repeats nothing.
 */
import { loadNative } from "./native.js"

/**
 * The core's answer: the exit status and the text to print; a file to open in the user's browser; or, for commands that
 * follow something, the next command and when to send it.
 * @typedef {object} Answer
 * @property {number} exit
 * @property {string} [stdout]
 * @property {string} [stderr]
 * @property {string} [open]
 * @property {{ text: string, key: string }} [line] replaces the line before it
 * @property {{ args: string[], after_ms: number }} [again]
 * @property {false} [core] set if the core could not be loaded, and so did not answer
 */

/**
 * The part of the environment that the core may read: locations, and nothing else.
 * @param {Record<string, string | undefined>} env
 */
export function environment(env) {
  const names = ["HOME", "USERPROFILE", "PATH", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "NO_COLOR", "TMPDIR"]
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
}

/**
 * @param {string[]} args the command and its arguments
 * @param {{ cwd: string, tty?: boolean }} where the command's folder, and whether the answer goes to a terminal
 * @param {import("./native.js").Options} [options] where to find the core
 * @returns {Promise<Answer>}
 */
export async function askCore(args, { cwd, tty = false }, options) {
  const { native, problem } = loadNative(options)
  if (problem !== undefined) return { exit: 1, core: false, stderr: `${problem}\n` }
  if (typeof native.cli !== "function") {
    return { exit: 1, core: false, stderr: "the native core is older than this program and has no commands\nhint: build or install it again\n" }
  }
  return JSON.parse(await native.cli(JSON.stringify({ args, cwd, env: environment(process.env), tty })))
}
