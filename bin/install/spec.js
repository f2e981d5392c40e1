/** Recognizes the plugin's entry in a configuration, and chooses the entry to write. */
import { readFileSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { manifest, packageRoot, RIVALS } from "../../plugin/identity.js"
import { FileError } from "./files.js"

/** How many folders above the named file the package.json may be. */
const MAX_DEPTH = 8

/**
 * The kind of an entry of `plugin`. It is ours only if its package.json has our id: others may publish under any name.
 * - `ours`
 * - `dead`: written by us, but its package no longer exists; OpenCode skips it silently
 * - `rival`: another publisher's plugin that owns `/task` too
 * - `unknown`: has a name of ours or of a rival, but is not installed, so it cannot be checked
 * @typedef {"ours" | "dead" | "rival" | "unknown"} State
 */

/**
 * @param {string} spec
 * @param {object} where
 * @param {string} where.directory of the configuration that declares it
 * @param {Record<string, string | undefined>} where.env
 * @param {string} [where.written] the entry that `install` wrote into this file
 * @returns {State | undefined}
 */
export function recognise(spec, { directory, env, written }) {
  const path = pathOf(spec, directory)
  const found = path ? packageAbove(path) : installed(spec, directory, env)
  if (found) {
    if (found.pluginId === manifest().pluginId) return "ours"
    return RIVALS.includes(found.name ?? "") ? "rival" : undefined
  }
  if (spec === written) return "dead"
  const names = path ? [basename(path), basename(dirname(path))] : [nameIn(spec)]
  return names.some((name) => name && [...RIVALS, manifest().name].includes(name)) ? "unknown" : undefined
}

/**
 * The entry to write.
 *
 * The path of this folder works without a network and always means exactly this version. OpenCode must fetch the
 * package itself only if the folder is temporary (as with npx).
 * @param {string} [project] folder of the project whose own configuration it is for
 * @param {string} [root]
 * @returns {string}
 * @throws {FileError}
 */
export function specToWrite(project, root = packageRoot) {
  const { name, version, published } = manifest()
  if (/[\\/](_npx|bunx-[^\\/]*|dlx-[^\\/]*|dlx)[\\/]/.test(root)) {
    if (published) return `${name}@${version}`
    throw new FileError(
      `${root} is a folder that will be deleted, and this build is on no public registry; nothing was changed\n` +
        "hint: install the package for good (`npm install --global` with its tarball or registry), then run this again",
    )
  }
  if (!project) return root
  const inside = relative(project, root)
  if (inside && !isAbsolute(inside) && inside.split(sep)[0] !== "..") return `./${inside.split(sep).join("/")}`
  // People who share a project's file have other folders
  return published ? `${name}@${version}` : root
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
 * The package name in an entry: `name`, `@scope/name@1`, `npm:name@1`, `alias@npm:name@1`.
 * @param {string} spec
 */
function nameIn(spec) {
  const plain = /(?:^|@)npm:(.+)$/.exec(spec)?.[1] ?? spec
  return /^(@[^/@]+\/[^/@]+|[^/@:]+)(@|$)/.exec(plain)?.[1]
}

/**
 * The package that OpenCode loads for a name: it installs packages into its cache, or finds them beside the
 * configuration.
 * @param {string} spec
 * @param {string} directory
 * @param {Record<string, string | undefined>} env
 */
function installed(spec, directory, env) {
  const name = nameIn(spec)
  const folder = /^(@[^/@]+\/[^/@]+|[^/@:]+)/.exec(spec)?.[1]
  if (!name || !folder) return undefined
  const cache = join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "opencode")
  const pinned = spec.slice(folder.length) ? spec : `${spec}@latest`
  const places = [join(cache, "packages", pinned), join(cache, "packages", spec), cache, directory]
  for (const place of places) {
    const found = read(join(place, "node_modules", folder, "package.json"))
    if (found) return found
  }
  return undefined
}

/**
 * The package that a folder or a file in it belongs to.
 * @param {string} path
 */
function packageAbove(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return undefined
  let folder = stat.isDirectory() ? path : dirname(path)
  for (let depth = 0; depth < (stat.isDirectory() ? 1 : MAX_DEPTH); depth += 1) {
    const found = read(join(folder, "package.json"))
    if (found) return found
    folder = dirname(folder)
  }
  return {}
}

/**
 * @param {string} file
 * @returns {{ name?: string, version?: string, pluginId?: string } | undefined} undefined if there is none
 */
function read(file) {
  let text
  try {
    text = readFileSync(file, "utf8")
  } catch {
    return undefined
  }
  try {
    const found = JSON.parse(text)
    return found && typeof found === "object" ? found : {}
  } catch {
    return {}
  }
}
