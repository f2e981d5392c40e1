/**
 * Who this package is: its name on a registry, the id that tells it from another publisher's package of the same name, and how
 * to get it again. Only package.json says these things; nothing here happens at import time.
 */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The program, the plugin's id in OpenCode, and the folder of its state: names of ours that no registry gives out. */
export const PRODUCT = "opencode-orchestrator"

/** Packages of other publishers that own `/task` too. */
export const RIVALS = ["opencode-orchestrator"]

/** The folder of this package. */
export const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * @typedef {object} Manifest what package.json says
 * @property {string} name
 * @property {string} version
 * @property {string} pluginId the same in every version, and in nobody else's package
 * @property {boolean} [published] whether `name` on the public registry is ours
 * @property {Record<string, unknown>} exports
 */

/**
 * @param {string} [root]
 * @returns {Manifest}
 */
export function manifest(root = packageRoot) {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
}

/**
 * The package that holds the native core for a platform.
 * @param {string} platform
 * @param {string} [name] of the main package
 */
export function platformPackage(platform, name = manifest().name) {
  return `${name}-${platform}`
}

/**
 * How to install the package (again), in words. Where the name is not ours on the public registry, none is named: it would lead
 * to a stranger's package.
 * @param {Manifest} [own]
 */
export function howToInstall(own = manifest()) {
  if (own.published) return `run \`npm install --global --include=optional ${own.name}@${own.version}\``
  return "install the package again from where you got it (its tarball or registry), with `--include=optional`"
}
