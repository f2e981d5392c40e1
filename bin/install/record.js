/**
 * The text that `install` found in a file, kept so that `uninstall` can restore it: one record for each file, in the
 * state directory, readable only by the owner, because configurations may contain keys. A clean `uninstall` removes
 * it.
 */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { PRODUCT } from "../../plugin/identity.js"
import { destination, guarded, writeDurably } from "./files.js"

/**
 * @typedef {object} Kept
 * @property {string} file the path, with links followed
 * @property {string} spec the entry that was written
 * @property {string | null} before the earlier text; null: there was no file
 * @property {string} after hash of the written text
 * @property {string[]} folders folders made for the file, the outermost first
 */

/** @typedef {Record<string, string | undefined>} Env */

/** @param {string} text */
export const hash = (text) => createHash("sha256").update(text).digest("hex")

/**
 * The folder of missions and of these records.
 * @param {Env} env
 */
export function stateDirectory(env) {
  return join(env.XDG_DATA_HOME || join(env.HOME || homedir(), ".local", "share"), PRODUCT)
}

/**
 * @param {Env} env
 * @param {string} file
 */
function place(env, file) {
  return join(stateDirectory(env), "installed", `${hash(destination(file)).slice(0, 32)}.json`)
}

/**
 * @param {Env} env
 * @param {string} file
 * @returns {Kept | undefined} also undefined if the record cannot be read: then the file is edited without it
 */
export function recordOf(env, file) {
  const path = place(env, file)
  if (!existsSync(path)) return undefined
  try {
    const kept = JSON.parse(readFileSync(path, "utf8"))
    return typeof kept?.after === "string" && typeof kept.spec === "string" && Array.isArray(kept.folders) ? kept : undefined
  } catch {
    return undefined
  }
}

/**
 * @param {Env} env
 * @param {string} file
 * @param {Omit<Kept, "file">} kept
 * @returns {string} the path of the record
 */
export function keep(env, file, kept) {
  const path = place(env, file)
  return guarded(path, "write", () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const temporary = `${path}.${process.pid}.tmp`
    writeDurably(temporary, `${JSON.stringify({ file: destination(file), ...kept }, null, 2)}\n`, 0o600, "w")
    renameSync(temporary, path)
    return path
  })
}

/**
 * @param {Env} env
 * @param {string} file
 */
export function forget(env, file) {
  const path = place(env, file)
  rmSync(path, { force: true })
  for (const folder of [dirname(path), stateDirectory(env)]) {
    try {
      rmdirSync(folder)
    } catch {
      // The folder contains other records, or missions
      return
    }
  }
}
