/** The work of `scripts/postinstall.js`, after it has checked that it may run. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { loadNative } from "../../plugin/native.js"
import { packageRoot, PRODUCT } from "../../plugin/identity.js"
import { install } from "./install.js"

/**
 * Registers a global installation for the user who made it.
 * @returns {string | undefined} a line to print; undefined if the user must register it
 */
export function postinstall() {
  if (existsSync(join(packageRoot, "crates"))) return undefined
  // Under sudo the home folder with the configuration may be root's
  if (process.env.SUDO_USER) return undefined
  // Without a working core nothing is registered
  const { problem } = loadNative()
  if (problem !== undefined) return `${problem}\nhint: then run \`${PRODUCT} install\``
  const [step] = install({ cwd: process.cwd(), env: process.env })
  const what = step.action === "unchanged" ? "was already registered" : "is registered"
  return `${PRODUCT} ${what} in ${step.file}; type /task "…" in OpenCode`
}
