/**
 * One question to the core's command line: the program asks all of its own this way, and the board what stands in no file of a mission.
 * It prints nothing and repeats nothing.
 */
import { loadNative } from "./native.js"

/**
 * What the core answers: the exit status and what to print; a file to open in
 * the user's browser; or what to ask next, and when, for commands that follow
 * something.
 * @typedef {object} Answer
 * @property {number} exit
 * @property {string} [stdout]
 * @property {string} [stderr]
 * @property {string} [open]
 * @property {{ text: string, key: string }} [line] takes the place of the line before it
 * @property {{ args: string[], after_ms: number }} [again]
 * @property {false} [core] there where the core could not be loaded, and so did not answer
 */

/**
 * What the core may know of the environment: where things are, and nothing else.
 * @param {Record<string, string | undefined>} env
 */
export function environment(env) {
  const names = ["HOME", "USERPROFILE", "PATH", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "NO_COLOR", "TMPDIR"]
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
}

/**
 * @param {string[]} args the command and what follows it
 * @param {{ cwd: string, tty?: boolean }} where the folder that is meant, and whether the answer is shown on a terminal
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
