/**
 * `install` and `uninstall`: the plugin's entry in OpenCode's configuration. `uninstall` restores every byte that
 * `install` changed.
 */
import { dirname, isAbsolute } from "node:path"
import { assertWritable, FileError, readText, remove, replace } from "./files.js"
import { addToList, findList, isSkeleton, JsoncError, removeEmptyList, removeFromList, replaceSpec } from "./jsonc.js"
import { candidates, fileToEdit, KINDS, wantedKinds } from "./places.js"
import { forget, hash, keep, recordOf } from "./record.js"
import { recognise, specToWrite } from "./spec.js"

/** @typedef {import("./places.js").Kind} Kind */
/** @typedef {import("./spec.js").State} State */

const KEY = "plugin"

/**
 * @typedef {import("./places.js").Where & {
 *   dryRun?: boolean,
 *   spec?: string,
 *   noBoard?: boolean,
 * }} Request `spec`: entry to write instead of the usual one; `noBoard`: register the plugin alone
 *
 * @typedef {object} Step what happened to one file
 * @property {string} file
 * @property {"added" | "created" | "replaced" | "unchanged" | "removed" | "restored" | "deleted"} action
 * @property {string} [spec]
 * @property {string} [backup]
 * @property {string} [instead] the entry that was not written, because another one exists
 *
 * @typedef {object} Registration an entry that is or may be ours
 * @property {string} file
 * @property {string} spec
 * @property {State} state
 * @property {"server" | "tui"} kind
 */

/**
 * Registers the plugin. Doing it twice changes nothing.
 * @param {Request} request
 * @returns {Step[]}
 * @throws {FileError}
 */
export function install(request) {
  const spec = request.spec ?? specToWrite(request.project ? dirname(fileToEdit(KINDS[0], request)) : undefined)
  return carryOut(wantedKinds(!request.noBoard).map((kind) => planInstall(kind, spec, request)), request)
}

/**
 * Removes the plugin's entries, and everything that `install` added around them.
 * @param {Request} request
 * @returns {Step[]} empty if there was nothing to remove
 * @throws {FileError}
 */
export function uninstall(request) {
  // In reverse order: a folder that was made for the first file must be empty when that file is deleted
  const files = KINDS.toReversed().flatMap((kind) => candidates(kind, request).map((file) => ({ kind, file })))
  const steps = carryOut(files.flatMap(({ kind, file }) => planUninstall(kind, file, request) ?? []), request)
  // The user may have removed an entry by hand: its record is no longer needed
  if (!request.dryRun) for (const { file } of files) if (recordOf(request.env, file)) forget(request.env, file)
  return steps
}

/**
 * Every entry in the configuration that is or may be ours.
 * @param {import("./places.js").Where} where
 * @returns {Registration[]}
 * @throws {FileError}
 */
export function registrations(where) {
  return KINDS.flatMap((kind) => candidates(kind, where).flatMap((file) => registrationsIn(file, kind.kind, where.env)))
}

/**
 * @param {string} file
 * @param {"server" | "tui"} kind
 * @param {Request["env"]} env
 * @returns {Registration[]}
 */
export function registrationsIn(file, kind, env) {
  return entriesOf(file, readText(file), env).map(({ spec, state }) => ({ file, spec, state, kind }))
}

/**
 * Whether a spec names a folder of this machine, which is useless in a shared file.
 * @param {string | undefined} spec
 */
export function isOfThisMachine(spec = "") {
  return isAbsolute(spec) || spec.startsWith("file://")
}

/**
 * @typedef {object} Plan
 * @property {string} file
 * @property {Step["action"]} action
 * @property {string} [spec]
 * @property {string} [instead]
 * @property {string} [before] undefined: there is no file
 * @property {string} [after] undefined: the file will be deleted
 * @property {string} [origin] the text that `uninstall` restores, if it is not `before`
 * @property {boolean} [undoes] whether it undoes an installation
 */

/**
 * @param {Kind} kind
 * @param {string} spec
 * @param {Request} request
 * @returns {Plan}
 */
function planInstall(kind, spec, request) {
  for (const file of candidates(kind, request)) {
    const before = readText(file)
    const entry = own(entriesOf(file, before, request.env))[0]
    if (before === undefined || !entry) continue
    // A requested entry replaces any other entry of ours
    const stale = entry.state === "dead" || (request.spec !== undefined && entry.spec !== spec)
    if (!stale) {
      const instead = entry.spec === spec ? undefined : spec
      return { file, action: "unchanged", spec: entry.spec, instead, before, after: before }
    }
    const after = inFile(file, () => replaceSpec(before, entry.entry, spec))
    // `uninstall` must not restore an entry of ours
    const origin = inFile(file, () => removeFromList(before, KEY, (candidate) => candidate === entry.spec))
    return { file, action: "replaced", spec, before, after, origin }
  }
  const file = fileToEdit(kind, request)
  const before = readText(file)
  const after = inFile(file, () => addToList(before ?? "", KEY, spec, kind.schema))
  return { file, action: before === undefined ? "created" : "added", spec, before, after }
}

/**
 * @param {Kind} kind
 * @param {string} file
 * @param {Request} request
 * @returns {Plan | undefined}
 */
function planUninstall(kind, file, request) {
  const before = readText(file)
  const entries = own(entriesOf(file, before, request.env))
  if (before === undefined || entries.length === 0) return undefined
  const [{ spec }] = entries
  const kept = recordOf(request.env, file)
  const first = kept?.before ?? undefined
  // Restores the old text byte for byte, if nothing else was changed since
  if (kept?.after === hash(before)) {
    if (first === undefined) return { file, action: "deleted", spec, before, undoes: true }
    if (own(entriesOf(file, first, request.env)).length === 0) return { file, action: "restored", spec, before, after: first, undoes: true }
  }
  return inFile(file, () => {
    const specs = entries.map((entry) => entry.spec)
    let after = removeFromList(before, KEY, (candidate) => specs.includes(candidate))
    const listIsOurs = kept && (first === undefined || !attempt(() => findList(first, KEY).property !== undefined))
    if (listIsOurs) after = removeEmptyList(after, KEY)
    if (kept && first === undefined && isSkeleton(after, kind.schema)) return { file, action: "deleted", spec, before, undoes: true }
    return { file, action: "removed", spec, before, after, undoes: true }
  })
}

/**
 * Writes all files, or none if one cannot be written.
 * @param {Plan[]} plans
 * @param {Request} request
 * @returns {Step[]}
 */
function carryOut(plans, request) {
  const changing = plans.filter(({ before, after }) => before !== after)
  for (const { file } of changing) assertWritable(file)
  /** @type {string[]} */
  const changed = []
  return plans.map((plan) => {
    const { file, action, spec, instead } = plan
    const step = { file, action, spec, instead }
    if (request.dryRun || !changing.includes(plan)) return step
    try {
      const done = { ...step, ...write(plan, request.env) }
      changed.push(file)
      return done
    } catch (error) {
      if (!(error instanceof FileError) || changed.length === 0) throw error
      throw new FileError(error.message.replace("nothing was changed", `only ${changed.join(", ")} was changed`))
    }
  })
}

/**
 * @param {Plan} plan
 * @param {Request["env"]} env
 * @returns {Pick<Step, "backup">}
 */
function write({ file, spec = "", before, after, origin = before, undoes }, env) {
  if (undoes) {
    const kept = recordOf(env, file)
    if (after === undefined) remove(file, before ?? "", kept?.folders ?? [])
    else replace(file, after, before)
    forget(env, file)
    return {}
  }
  // The text before the first installation counts, unless another program has changed the file since
  const earlier = recordOf(env, file)
  const same = earlier !== undefined && earlier.after === hash(before ?? "")
  const folders = same ? earlier.folders : []
  const record = { spec, after: hash(after ?? ""), before: same ? earlier.before : (origin ?? null), folders }
  // The record is written before the file, so that a crash between them loses nothing
  const backup = keep(env, file, record)
  const made = withRecord(env, file, earlier, () => replace(file, after ?? "", before))
  if (made.length > 0) keep(env, file, { ...record, folders: [...folders, ...made] })
  return before === undefined ? {} : { backup }
}

/**
 * Runs `body`; if it fails, the record is restored.
 * @template T
 * @param {Request["env"]} env
 * @param {string} file
 * @param {import("./record.js").Kept | undefined} earlier
 * @param {() => T} body
 */
function withRecord(env, file, earlier, body) {
  try {
    return body()
  } catch (error) {
    if (earlier) keep(env, file, earlier)
    else forget(env, file)
    throw error
  }
}

/**
 * @param {string} file
 * @param {string | undefined} text
 * @param {Request["env"]} env
 */
function entriesOf(file, text, env) {
  if (text === undefined) return []
  const { entries } = inFile(file, () => findList(text, KEY))
  const written = recordOf(env, file)?.spec
  return entries.flatMap((entry) => {
    const state = recognise(entry.spec, { directory: dirname(file), env, written })
    return state ? [{ entry, spec: entry.spec, state }] : []
  })
}

/**
 * @template {{ state: State }} T
 * @param {T[]} entries
 */
function own(entries) {
  return entries.filter(({ state }) => state === "ours" || state === "dead")
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

/** @param {() => boolean} body a question about an old text that may not even parse */
function attempt(body) {
  try {
    return body()
  } catch {
    return false
  }
}
