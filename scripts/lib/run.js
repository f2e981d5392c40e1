/** Common parts of the development scripts: paths, and running programs. */
import { spawn, spawnSync } from "node:child_process"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { seconds, tell } from "./progress.js"

/** The folder of the checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/**
 * Ends the script with a message.
 * @param {string} message
 * @param {number} [status]
 * @returns {never}
 */
export function fail(message, status = 1) {
  console.error(message)
  process.exit(status)
}

/**
 * Runs a program in the checkout with its output shown.
 * @param {string} program
 * @param {string[]} args
 * @param {string} [label] its task, for a progress line every half minute
 * @returns {Promise<boolean>} whether it ended with status 0
 */
export function run(program, args, label) {
  const started = Date.now()
  const quiet = label ? tell(() => `${label}, ${seconds(started)}`) : () => {}
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: "inherit",
      // npm is a batch file on Windows
      shell: process.platform === "win32" && program === "npm",
    })
    const end = (/** @type {boolean} */ passed) => {
      quiet()
      resolve(passed)
    }
    child.on("error", (error) => {
      console.error(`cannot run ${program}: ${error.message}`)
      end(false)
    })
    child.on("close", (status) => end(status === 0))
  })
}

/**
 * Whether a program answers `--version`.
 * @param {string} program
 * @param {string[]} [args]
 */
export function have(program, args = ["--version"]) {
  return spawnSync(program, args, { cwd: root, stdio: "ignore" }).status === 0
}
