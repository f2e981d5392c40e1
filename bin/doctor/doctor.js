/** `doctor`: checks everything that a mission needs. It changes nothing itself, but it starts OpenCode to ask it. */
import { configuration, registered } from "./configuration.js"
import { findOpenCode, git, nativeCore, openCode, runtime, sandbox, stateDirectory } from "./machine.js"
import { asked } from "./opencode.js"
import { checks, missions, slots } from "./project.js"

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
  const [core, host, entries] = [nativeCore(), openCode(surroundings), await registered(surroundings)]
  const hasCore = core.status === "ok"
  // A missing program or entry is already in the findings
  const canAsk = hasCore && host.status !== "fail" && entries.some(({ status }) => status === "ok")
  return [
    runtime(),
    host,
    git(surroundings),
    core,
    ...entries,
    ...(canAsk ? await asked(findOpenCode(surroundings.env), surroundings) : []),
    await configuration(surroundings, hasCore),
    stateDirectory(surroundings),
    ...(hasCore ? [await slots(surroundings), await checks(), await missions()] : []),
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
