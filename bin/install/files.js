/** The configuration files of OpenCode on disk: find, read, back up, replace. */
import { createHash } from "node:crypto"
import {
  chownSync, closeSync, existsSync, fchmodSync, fsyncSync, lstatSync, mkdirSync, openSync,
  readFileSync, readdirSync, readlinkSync, realpathSync, renameSync, rmSync, statSync, writeFileSync,
} from "node:fs"
import { homedir } from "node:os"
import { basename, dirname, join, resolve } from "node:path"

/** Larger than any configuration that people write. */
const MAX_BYTES = 8 << 20

/** Something about a file that its owner has to see to; the message is for them. */
export class FileError extends Error {}

/**
 * Where OpenCode keeps its global configuration, the same on every system.
 * @param {Record<string, string | undefined>} env
 */
export function configDirectory(env) {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "opencode")
}

/**
 * The project that a folder belongs to: the nearest one with a `.git`, else itself.
 * @param {string} cwd
 */
export function projectDirectory(cwd) {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder
    if (dirname(folder) === folder) return resolve(cwd)
  }
}

/**
 * @param {string} file
 * @returns {string | undefined} undefined where there is no such file
 * @throws {FileError}
 */
export function readText(file) {
  const bytes = guarded(file, "read", () => {
    const stat = statSync(file, { throwIfNoEntry: false })
    if (!stat) return undefined
    if (!stat.isFile()) throw new FileError(`${file} is not a regular file; nothing was changed`)
    if (stat.size > MAX_BYTES) throw new FileError(`${file} is larger than ${MAX_BYTES} bytes; nothing was changed`)
    return readFileSync(file)
  })
  if (!bytes) return undefined
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new FileError(`${file} is not UTF-8; nothing was changed\nhint: save it as UTF-8 and try again`)
  }
}

/**
 * Keeps the content of a file beside it, once for each content. An older
 * backup with another content is never touched.
 * @param {string} file
 * @param {string} text
 * @returns {string} path of the backup
 * @throws {FileError}
 */
export function backUp(file, text) {
  const digest = createHash("sha256").update(text).digest("hex")
  return guarded(file, "back up", () => {
    const mode = statSync(file).mode & 0o777
    for (let length = 8; length <= digest.length; length += 8) {
      const backup = `${file}.orchestrator-backup-${digest.slice(0, length)}`
      if (existsSync(backup)) {
        if (readFileSync(backup, "utf8") === text) return backup
        continue
      }
      writeDurably(backup, text, mode, "wx")
      return backup
    }
    throw new FileError(`${file} could not be backed up: files with its backup's name are in the way`)
  })
}

/**
 * The contents that were kept beside a file.
 * @param {string} file
 * @returns {string[]}
 */
export function backups(file) {
  const prefix = `${basename(file)}.orchestrator-backup-`
  const folder = dirname(file)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => readFileSync(join(folder, name), "utf8"))
}

/**
 * Replaces a file as a whole or not at all. A symbolic link stays one: the
 * file that it leads to is replaced. Mode and owner are kept.
 * @param {string} file
 * @param {string} text
 * @param {string | undefined} expected what the file must still hold; undefined: it must not exist
 * @throws {FileError}
 */
export function replace(file, text, expected) {
  guarded(file, "write", () => {
    const target = destination(file)
    mkdirSync(dirname(target), { recursive: true })
    const stat = statSync(target, { throwIfNoEntry: false })
    const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`)
    try {
      writeDurably(temporary, text, stat ? stat.mode & 0o7777 : 0o644, "w")
      if (stat && process.getuid && (stat.uid !== process.getuid() || stat.gid !== process.getgid?.())) {
        chownSync(temporary, stat.uid, stat.gid)
      }
      if (readText(target) !== expected) {
        throw new FileError(`${file} was changed by another program at this moment; nothing was written\nhint: try again`)
      }
      renameSync(temporary, target)
    } finally {
      rmSync(temporary, { force: true })
    }
    syncDirectory(dirname(target))
  })
}

/**
 * Where a write has to go, with every symbolic link followed, even one that
 * leads to a file which does not exist yet.
 * @param {string} file
 */
function destination(file) {
  if (existsSync(file)) return realpathSync(file)
  const link = lstatSync(file, { throwIfNoEntry: false })
  return link?.isSymbolicLink() ? resolve(dirname(file), readlinkSync(file)) : file
}

/**
 * @param {string} path
 * @param {string} text
 * @param {number} mode
 * @param {"w" | "wx"} flag
 */
function writeDurably(path, text, mode, flag) {
  const handle = openSync(path, flag, mode)
  try {
    // the mask of the process applies to `open`, not here
    fchmodSync(handle, mode)
    writeFileSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** @param {string} folder */
function syncDirectory(folder) {
  if (process.platform === "win32") return
  const handle = openSync(folder, "r")
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/**
 * Runs `body`, and turns what the system says into a sentence.
 * @template T
 * @param {string} file
 * @param {string} verb
 * @param {() => T} body
 * @returns {T}
 */
function guarded(file, verb, body) {
  try {
    return body()
  } catch (error) {
    if (error instanceof FileError) throw error
    const { code = "", message } = /** @type {NodeJS.ErrnoException} */ (error)
    /** @type {Record<string, string>} */
    const hints = {
      EACCES: "check who owns the file and its folder",
      EPERM: "check who owns the file and its folder",
      EROFS: "the file system is read-only; declare the plugin where that file is made",
      ENOSPC: "the disk is full; free some space",
      ELOOP: "the symbolic link leads in a circle",
    }
    const hint = hints[code] ? `\nhint: ${hints[code]}` : ""
    throw new FileError(`cannot ${verb} ${file}: ${message}; nothing was changed${hint}`)
  }
}
