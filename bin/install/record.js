/**
 * What `install` found in a file, kept so that `uninstall` can give back exactly that: one record a file, in the state
 * directory and for its owner's eyes only, because configurations hold keys. Gone after a clean `uninstall`.
 */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { PRODUCT } from "../../plugin/identity.js"
import { destination, guarded, writeDurably } from "./files.js"

/**
 * @typedef {object} Kept
 * @property {string} file where the text lies, with links followed
 * @property {string} spec the entry that was written
 * @property {string | null} before the text as it was; null: there was no file
 * @property {string} after hash of the text that was written
 * @property {string[]} folders made for it, the outermost first
 */

/** @typedef {Record<string, string | undefined>} Env */

/** @param {string} text */
export const hash = (text) => createHash("sha256").update(text).digest("hex")

/**
 * The folder in which missions and these records are.
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
 * @returns {Kept | undefined} undefined also where the record cannot be read: then the file is edited without it
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
 * @returns {string} where it is
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
      // Records of other files, or missions
      return
    }
  }
}
