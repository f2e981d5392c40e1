/** What the development scripts share: where things are, and running programs. */
import { spawnSync } from "node:child_process"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"

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
 * @param {NodeJS.ProcessEnv} [env] added to the environment
 * @returns {boolean} whether it ended with status 0
 */
export function run(program, args, env = {}) {
  const result = spawnSync(program, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
    // npm is a batch file on Windows
    shell: process.platform === "win32" && program === "npm",
  })
  if (result.error) console.error(`cannot run ${program}: ${result.error.message}`)
  return result.status === 0
}

/**
 * Whether a program answers `--version`.
 * @param {string} program
 * @param {string[]} [args]
 */
export function have(program, args = ["--version"]) {
  return spawnSync(program, args, { cwd: root, stdio: "ignore" }).status === 0
}
