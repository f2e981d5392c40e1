/** `install` and `uninstall`: the plugin's entry in OpenCode's configuration. */
import { existsSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { backUp, backups, configDirectory, FileError, projectDirectory, readText, replace } from "./files.js"
import { addToList, findList, JsoncError, removeEmptyList, removeFromList, replaceSpec } from "./jsonc.js"
import { manifest, recognise, specToWrite } from "./spec.js"

const KEY = "plugin"

/**
 * A configuration that plugins are declared in. Of `names` the first that
 * exists is edited, all are searched.
 * @typedef {{ names: string[], create: string, schema: string }} Kind
 */

/** @type {Kind} */
const SERVER = {
  names: ["opencode.jsonc", "opencode.json", "config.json"],
  create: "opencode.json",
  schema: "https://opencode.ai/config.json",
}
/** @type {Kind} */
const TUI = { names: ["tui.json"], create: "tui.json", schema: "https://opencode.ai/tui.json" }

/**
 * @typedef {object} Request
 * @property {string} cwd
 * @property {Record<string, string | undefined>} env
 * @property {string} [config] folder to use instead of OpenCode's own
 * @property {boolean} [project] the project's configuration instead of the user's
 * @property {boolean} [dryRun]
 * @property {string} [spec] entry to write instead of the usual one
 *
 * @typedef {object} Step what happened to one file
 * @property {string} file
 * @property {"added" | "created" | "replaced" | "unchanged" | "removed" | "restored" | "deleted"} action
 * @property {string} [spec]
 * @property {string} [backup]
 * @property {string} [instead] the entry that would have been written, where another one was there
 */

/**
 * Registers the plugin. Doing it twice changes nothing.
 * @param {Request} request
 * @returns {Step[]}
 * @throws {FileError}
 */
export function install(request) {
  const spec = request.spec ?? specToWrite(request.project ? directoryOf(request) : undefined)
  const plans = kinds().map((kind) => planInstall(kind, directoryOf(request), spec, request.spec !== undefined))
  return plans.map((plan) => carryOut(plan, request))
}

/**
 * Takes out the plugin's entries, and what `install` had to add around them.
 * @param {Request} request
 * @returns {Step[]} empty where there was nothing to remove
 * @throws {FileError}
 */
export function uninstall(request) {
  const directory = directoryOf(request)
  const plans = [SERVER, TUI].flatMap((kind) =>
    kind.names.flatMap((name) => planUninstall(kind, join(directory, name)) ?? []),
  )
  return plans.map((plan) => carryOut(plan, request))
}

/**
 * Every entry of ours in a folder's configuration.
 * @param {string} directory
 * @returns {{ file: string, spec: string, state: "ours" | "dead", kind: "server" | "tui" }[]}
 * @throws {FileError}
 */
export function registrations(directory) {
  return [SERVER, TUI].flatMap((kind) =>
    kind.names.flatMap((name) => {
      const file = join(directory, name)
      return ours(file, readText(file)).map(({ spec, state }) => {
        return { file, spec, state, kind: /** @type {"server" | "tui"} */ (kind === TUI ? "tui" : "server") }
      })
    }),
  )
}

/** The kinds of configuration that this version of the plugin has something for. */
function kinds() {
  return "./tui" in manifest().exports ? [SERVER, TUI] : [SERVER]
}

/** @param {Request} request */
function directoryOf(request) {
  if (request.config) return request.config
  return request.project ? projectDirectory(request.cwd) : configDirectory(request.env)
}

/**
 * @typedef {object} Plan
 * @property {string} file
 * @property {Step["action"]} action
 * @property {string} [spec]
 * @property {string} [instead]
 * @property {string} [before] undefined: there is no file
 * @property {string} [after] undefined: there is to be no file
 */

/**
 * @param {Kind} kind
 * @param {string} directory
 * @param {string} spec
 * @param {boolean} insist whether another entry of ours gives way to `spec`
 * @returns {Plan}
 */
function planInstall(kind, directory, spec, insist) {
  for (const name of kind.names) {
    const file = join(directory, name)
    const before = readText(file)
    const entry = ours(file, before)[0]
    if (before === undefined || !entry) continue
    const stale = entry.state === "dead" || (insist && entry.spec !== spec)
    if (!stale) {
      const instead = entry.spec === spec ? undefined : spec
      return { file, action: "unchanged", spec: entry.spec, instead, before, after: before }
    }
    const after = inFile(file, () => replaceSpec(before, entry.entry, spec))
    return { file, action: "replaced", spec, before, after }
  }
  const name = kind.names.find((candidate) => existsSync(join(directory, candidate))) ?? kind.create
  const file = join(directory, name)
  const before = readText(file)
  const after = inFile(file, () => addToList(before ?? "", KEY, spec, kind.schema))
  return { file, action: before === undefined ? "created" : "added", spec, before, after }
}

/**
 * @param {Kind} kind
 * @param {string} file
 * @returns {Plan | undefined}
 */
function planUninstall(kind, file) {
  const before = readText(file)
  const entry = ours(file, before)[0]
  if (before === undefined || !entry) return undefined
  const { spec } = entry
  return inFile(file, () => {
    // as it was, to the byte, if nothing else was changed since
    if (addToList("", KEY, spec, kind.schema) === before) {
      return { file, action: "deleted", spec, before, after: undefined }
    }
    const originals = backups(file)
    const original = originals.find((text) => {
      return attempt(() => ours(file, text).length === 0 && addToList(text, KEY, spec, kind.schema) === before)
    })
    if (original !== undefined) return { file, action: "restored", spec, before, after: original }

    const directory = dirname(file)
    let after = removeFromList(before, KEY, (candidate) => recognise(candidate, directory) !== undefined)
    const addedByUs = originals.some((text) => attempt(() => findList(text, KEY).property === undefined))
    if (addedByUs) after = removeEmptyList(after, KEY)
    return { file, action: "removed", spec, before, after }
  })
}

/**
 * @param {Plan} plan
 * @param {Request} request
 * @returns {Step}
 */
function carryOut(plan, request) {
  const { file, action, spec, instead, before, after } = plan
  if (request.dryRun || before === after) return { file, action, spec, instead }
  if (after === undefined) {
    rmSync(file, { force: true })
    return { file, action, spec }
  }
  const backup = before === undefined ? undefined : backUp(file, before)
  replace(file, after, before)
  return { file, action, spec, backup }
}

/**
 * @param {string} file
 * @param {string | undefined} text
 */
function ours(file, text) {
  if (text === undefined) return []
  const { entries } = inFile(file, () => findList(text, KEY))
  return entries.flatMap((entry) => {
    const state = recognise(entry.spec, dirname(file))
    return state ? [{ entry, spec: entry.spec, state }] : []
  })
}

/**
 * @template T
 * @param {string} file
 * @param {() => T} body
 * @returns {T}
 */
function inFile(file, body) {
  try {
    return body()
  } catch (error) {
    if (!(error instanceof JsoncError)) throw error
    throw new FileError(`${file}: ${error.message}; nothing was changed\nhint: fix the file and try again`)
  }
}

/** @param {() => boolean} body a question about an old file that may not even parse */
function attempt(body) {
  try {
    return body()
  } catch {
    return false
  }
}
