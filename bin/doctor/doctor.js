/** `doctor`: checks everything that a mission needs. It changes nothing. */
import { configuration, registered } from "./configuration.js"
import { git, nativeCore, openCode, runtime, sandbox, stateDirectory } from "./machine.js"

/**
 * @typedef {object} Finding
 * @property {string} name of the check
 * @property {"ok" | "warn" | "fail"} status
 * @property {string} message what was found
 * @property {string} [hint] what to do
 *
 * @typedef {{ cwd: string, env: Record<string, string | undefined> }} Surroundings
 */

/**
 * @param {Surroundings} surroundings
 * @returns {Promise<Finding[]>} in the order in which to fix them
 */
export async function diagnose(surroundings) {
  const core = nativeCore()
  return [
    runtime(),
    openCode(surroundings),
    git(surroundings),
    core,
    ...registered(surroundings),
    await configuration(surroundings, core.status === "ok"),
    stateDirectory(surroundings),
    sandbox(),
  ]
}

/**
 * @param {Finding[]} findings
 * @returns {string}
 */
export function render(findings) {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const lines = findings.flatMap(({ name, status, message, hint }) => {
    const line = `${status.padEnd(4)}  ${name.padEnd(width)}  ${message}`
    return hint ? [line, `${" ".repeat(width + 8)}hint: ${hint}`] : [line]
  })
  const count = (/** @type {Finding["status"]} */ wanted) => findings.filter(({ status }) => status === wanted).length
  const [failures, warnings] = [count("fail"), count("warn")]
  const last = failures > 0 ? `${failures} to fix` : "ready"
  return `${[...lines, "", warnings > 0 ? `${last}, ${warnings === 1 ? "1 warning" : `${warnings} warnings`}` : last].join("\n")}\n`
}
