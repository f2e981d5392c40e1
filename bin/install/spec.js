/** Which entry of a configuration is this plugin, and which one to write. */
import { existsSync, readFileSync, statSync } from "node:fs"
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"

/** The name on npm, the plugin's id, and the program. */
export const NAME = "opencode-orchestrator"

/** The folder of this package. */
export const packageRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** @returns {{ version: string, exports: Record<string, unknown> }} */
export function manifest() {
  return JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"))
}

/**
 * What an entry of `plugin` is to us.
 *
 * `dead` is an entry that was ours but whose folder is gone: OpenCode skips
 * it silently.
 * @param {string} spec
 * @param {string} directory of the configuration that declares it
 * @returns {"ours" | "dead" | undefined}
 */
export function recognise(spec, directory) {
  if (spec === NAME || spec.startsWith(`${NAME}@`) || spec.startsWith(`npm:${NAME}@`)) return "ours"
  const path = pathOf(spec, directory)
  if (!path) return undefined
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return [basename(path), basename(dirname(path))].includes(NAME) ? "dead" : undefined
  return nameOf(stat.isDirectory() ? path : dirname(path)) === NAME ? "ours" : undefined
}

/**
 * The entry to write.
 *
 * The path of this folder works without a network and always means this very
 * version. Only where the folder is a passing one (npx and its like) does
 * OpenCode have to fetch the package itself.
 * @param {string} [project] folder of the project whose own configuration it is for
 * @param {string} [root]
 * @returns {string}
 */
export function specToWrite(project, root = packageRoot) {
  if (/[\\/](_npx|bunx-[^\\/]*|dlx-[^\\/]*|dlx)[\\/]/.test(root)) return `${NAME}@${manifest().version}`
  if (project) {
    const inside = relative(project, root)
    if (inside && !isAbsolute(inside) && inside.split(sep)[0] !== "..") return `./${inside.split(sep).join("/")}`
  }
  return root
}

/**
 * @param {string} spec
 * @param {string} directory
 * @returns {string | undefined}
 */
function pathOf(spec, directory) {
  if (spec.startsWith("file://")) {
    try {
      return fileURLToPath(spec)
    } catch {
      return undefined
    }
  }
  if (isAbsolute(spec)) return spec
  return /^\.{1,2}([\\/]|$)/.test(spec) ? resolve(directory, spec) : undefined
}

/**
 * The `name` of the package that a folder belongs to; an entry may name a file in it.
 * @param {string} folder
 * @returns {string | undefined}
 */
function nameOf(folder) {
  const file = join(folder, "package.json")
  if (!existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, "utf8")).name
  } catch {
    return undefined
  }
}
