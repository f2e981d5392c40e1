/**
 * The identity of this package: its name on a registry, the id that distinguishes it from another publisher's package
 * of the same name, and how to install it again. Only package.json contains these; nothing happens at import time.
 */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/**
 * The name of the program, the plugin's id in OpenCode, and the name of its state folder: no registry assigns these
 * names.
 */
export const PRODUCT = "opencode-orchestrator"

/** Packages of other publishers that also own `/task`. */
export const RIVALS = ["opencode-orchestrator"]

/** The folder of this package. */
export const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * @typedef {object} Manifest the content of package.json
 * @property {string} name
 * @property {string} version
 * @property {string} pluginId the same in every version, and different from every other package
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
 * How to install the package (again), in words. If the public registry does not list our package under this name, the
 * text names no package, because the name would lead to a stranger's package.
 * @param {Manifest} [own]
 */
export function howToInstall(own = manifest()) {
  if (own.published) return `run \`npm install --global --include=optional ${own.name}@${own.version}\``
  return "install the package again from where you got it (its tarball or registry), with `--include=optional`"
}
