/**
 * Finds and loads the native core: the Rust engine as an N-API addon.
 *
 * Nothing happens at import time, because OpenCode imports the plugin in more than one loader, and an addon that fails
 * to load there would prevent the whole plugin from loading. Every failure is returned as one sentence to show.
 */
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { howToInstall, packageRoot, platformPackage, PRODUCT } from "./identity.js"

/** Platforms with a prebuilt core (folders of `npm/`). */
export const PLATFORMS = [
  "darwin-arm64",
  "darwin-x64",
  "linux-arm64-gnu",
  "linux-arm64-musl",
  "linux-x64-gnu",
  "linux-x64-musl",
]

/**
 * @typedef {Record<string, any>} Native
 *   What `crates/node` exports.
 * @typedef {{ native: Native, file: string, problem?: undefined }} Loaded
 * @typedef {{ problem: string, native?: undefined }} Problem
 * @typedef {object} Options
 *   The places to search; the defaults are this process and this package. Tests set them.
 * @property {string} [root] folder of this package
 * @property {Record<string, string | undefined>} [env]
 * @property {string} [platform] as `process.platform`
 * @property {string} [arch] as `process.arch`
 */

/** @type {Loaded | undefined} */
let loaded

/**
 * The native core, loaded once per process, or the reason why there is none.
 *
 * A failure is not cached: if a core is built or installed later, the next call finds it.
 * @param {Options} [options]
 * @returns {Loaded | Problem}
 */
export function loadNative(options) {
  if (options) return load(options)
  if (loaded) return loaded
  const result = load({})
  if (result.native) loaded = result
  return result
}

/**
 * Names of the builds that may run here, most likely first.
 *
 * Linux has two C libraries; a wrong guess costs only a failed load.
 * @param {string} platform
 * @param {string} arch
 * @returns {string[]}
 */
export function targets(platform, arch) {
  const base = `${platform}-${arch}`
  if (platform !== "linux") return [base]
  const glibc = arch === "arm64" ? "/lib/ld-linux-aarch64.so.1" : "/lib64/ld-linux-x86-64.so.2"
  const musl = `/lib/ld-musl-${arch === "arm64" ? "aarch64" : "x86_64"}.so.1`
  const muslFirst = existsSync(musl) && !existsSync(glibc)
  return muslFirst ? [`${base}-musl`, `${base}-gnu`] : [`${base}-gnu`, `${base}-musl`]
}

/**
 * @param {Options} options
 * @returns {Loaded | Problem}
 */
function load(options) {
  const root = options.root ?? packageRoot
  const env = options.env ?? process.env
  const platform = options.platform ?? process.platform
  const arch = options.arch ?? process.arch
  const require = createRequire(join(root, "package.json"))
  const version = versionOf(join(root, "package.json"))
  const names = targets(platform, arch)
  const development = existsSync(join(root, "crates"))

  /** @type {string[]} */
  const tried = []
  /** @param {string} file */
  const attempt = (file) => {
    const result = open(require, file, version)
    if (result.native) return result
    tried.push(`${file} (${result.problem})`)
    return undefined
  }

  const override = env.OPENCODE_ORCHESTRATOR_NATIVE
  if (override) {
    const found = attempt(override)
    if (found) return found
    return { problem: sentence(names[0], tried, "correct or unset `OPENCODE_ORCHESTRATOR_NATIVE`") }
  }

  for (const name of names) {
    const file = join(root, "native", `${PRODUCT}.${name}.node`)
    if (!existsSync(file)) {
      // Only a checkout should have its own build
      if (development && name === names[0]) tried.push(`${file} (not built)`)
      continue
    }
    const found = attempt(file)
    if (found) return found
  }

  for (const name of names) {
    const spec = platformPackage(name)
    let manifest
    try {
      manifest = require.resolve(`${spec}/package.json`)
    } catch {
      if (!development && name === names[0]) tried.push(`package ${spec} (not installed)`)
      continue
    }
    const packaged = versionOf(manifest)
    if (packaged !== version) {
      tried.push(`${dirname(manifest)} (version ${packaged ?? "unknown"}, but this package is ${version})`)
      continue
    }
    const found = attempt(join(dirname(manifest), `${PRODUCT}.node`))
    if (found) return found
  }

  return { problem: sentence(names[0], tried, advice(names, development, root)) }
}

/**
 * @param {NodeJS.Require} require
 * @param {string} file
 * @param {string | undefined} version
 * @returns {Loaded | Problem}
 */
function open(require, file, version) {
  if (!existsSync(file)) return { problem: "no such file" }
  // Node reads any other file as source code, and its message misleads
  if (!/\.(node|c?js)$/.test(file)) return { problem: "the name does not end in .node" }
  let native
  try {
    native = require(file)
  } catch (error) {
    return { problem: `cannot be loaded: ${oneLine(error)}` }
  }
  if (native === null || typeof native !== "object") return { problem: "is not a native core" }
  try {
    const built = typeof native.version === "function" ? native.version() : version
    if (built !== version) return { problem: `built for version ${built}, but this package is ${version}` }
  } catch (error) {
    return { problem: `cannot read its version: ${oneLine(error)}` }
  }
  return { native, file }
}

/**
 * @param {string} target
 * @param {string[]} tried
 * @param {string} what
 */
function sentence(target, tried, what) {
  const where = tried.length > 0 ? `; tried ${tried.join(", ")}` : ""
  return `${PRODUCT} cannot start its native core for ${target}${where}; to fix it, ${what}.`
}

/**
 * @param {string[]} names
 * @param {boolean} development
 * @param {string} root
 */
function advice(names, development, root) {
  if (development) return `run \`npm run build\` in ${root}`
  if (!names.some((name) => PLATFORMS.includes(name))) {
    return `use one of ${PLATFORMS.join(", ")}, or build it from source and set \`OPENCODE_ORCHESTRATOR_NATIVE\` to the file`
  }
  return `${howToInstall()}; it is installed in ${root}`
}

/**
 * @param {string} manifest path of a package.json
 * @returns {string | undefined}
 */
function versionOf(manifest) {
  try {
    return JSON.parse(readFileSync(manifest, "utf8")).version
  } catch {
    return undefined
  }
}

/** @param {unknown} error */
function oneLine(error) {
  const text = error instanceof Error ? error.message : String(error)
  return text.split("\n")[0].trim().slice(0, 300)
}
