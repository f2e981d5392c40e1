/** The configuration files of OpenCode on disk: find, read, replace, delete. It does not know their contents. */
import {
  chownSync, closeSync, existsSync, fchmodSync, fsyncSync, lstatSync, mkdirSync, openSync,
  readFileSync, readlinkSync, realpathSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync,
} from "node:fs"
import { homedir } from "node:os"
import { basename, dirname, join, resolve } from "node:path"

/** The largest file that is read: larger than any real configuration. */
const MAX_BYTES = 8 << 20
/** The most symbolic links in a row, as in operating systems. */
const MAX_LINKS = 40

/** A problem with a file that the user must fix; the message is for them. */
export class FileError extends Error {}

/**
 * The folder of OpenCode's global configuration, the same on every system.
 * @param {Record<string, string | undefined>} env
 */
export function configDirectory(env) {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "opencode")
}

/**
 * The project of a folder: the nearest folder above with a `.git`, otherwise the folder itself.
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
 * @returns {string | undefined} undefined if there is no such file
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
    const [line, column] = placeOfBadByte(bytes)
    throw new FileError(
      `${file}: line ${line}, column ${column}: not UTF-8; nothing was changed\nhint: save it as UTF-8 and try again`,
    )
  }
}

/**
 * @param {Buffer} bytes
 * @returns {[line: number, column: number]}
 */
function placeOfBadByte(bytes) {
  // Searches for the longest beginning that is valid UTF-8
  let [valid, bad] = [0, bytes.length]
  while (bad - valid > 1) {
    const middle = (valid + bad) >> 1
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle), { stream: true })
      valid = middle
    } catch {
      bad = middle
    }
  }
  // Without the bytes of an incomplete character
  const lines = new TextDecoder().decode(bytes.subarray(0, valid), { stream: true }).split(/\r\n|\r|\n/)
  return [lines.length, lines[lines.length - 1].length + 1]
}

/**
 * Throws if a file must not be replaced: a read-only file, or one that another program generates, is so on purpose.
 * @param {string} file
 * @throws {FileError}
 */
export function assertWritable(file) {
  guarded(file, "write", () => {
    const stat = statSync(destination(file), { throwIfNoEntry: false })
    if (!stat || stat.mode & 0o222) return
    throw new FileError(
      `${file} is read-only; nothing was changed\nhint: make it writable (\`chmod u+w\`), or declare the plugin where that file is made`,
    )
  })
}

/**
 * Replaces a file completely or not at all. A symbolic link stays: its target is replaced. Mode and owner are kept.
 * @param {string} file
 * @param {string} text
 * @param {string | undefined} expected the text that the file must still have; undefined: it must not exist
 * @returns {string[]} the folders that were made for it, the outermost first
 * @throws {FileError}
 */
export function replace(file, text, expected) {
  return guarded(file, "write", () => {
    const target = destination(file)
    const made = makeFolders(dirname(target))
    const stat = statSync(target, { throwIfNoEntry: false })
    const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`)
    try {
      writeDurably(temporary, text, stat ? stat.mode & 0o7777 : 0o644, "w")
      if (stat && process.getuid && (stat.uid !== process.getuid() || stat.gid !== process.getgid?.())) {
        chownSync(temporary, stat.uid, stat.gid)
      }
      unchanged(file, target, expected)
      // A file with several hard links is overwritten, so that they stay links
      if (stat && stat.nlink > 1) writeDurably(target, text, stat.mode & 0o7777, "w")
      else renameSync(temporary, target)
    } finally {
      rmSync(temporary, { force: true })
    }
    syncDirectory(dirname(target))
    return made
  })
}

/**
 * Deletes a file, and the folders that were made for it if they are empty. A symbolic link to it stays.
 * @param {string} file
 * @param {string} expected the text that the file must still have
 * @param {string[]} folders the outermost first
 * @throws {FileError}
 */
export function remove(file, expected, folders) {
  guarded(file, "delete", () => {
    const target = destination(file)
    unchanged(file, target, expected)
    rmSync(target, { force: true })
    for (const folder of folders.toReversed()) {
      try {
        rmdirSync(folder)
      } catch {
        // The folder contains other files by now
      }
    }
  })
}

/**
 * @param {string} file
 * @param {string} target
 * @param {string | undefined} expected
 */
function unchanged(file, target, expected) {
  if (readText(target) === expected) return
  throw new FileError(`${file} was changed by another program at this moment; nothing was written\nhint: try again`)
}

/**
 * @param {string} folder
 * @returns {string[]} the folders that it created, the outermost first
 */
function makeFolders(folder) {
  const made = []
  for (let path = folder; !existsSync(path) && dirname(path) !== path; path = dirname(path)) made.unshift(path)
  mkdirSync(folder, { recursive: true })
  return made
}

/**
 * The real path of a file, with every symbolic link followed, also if the target does not exist yet.
 * @param {string} file
 * @returns {string}
 */
export function destination(file) {
  let path = file
  for (let links = 0; links < MAX_LINKS; links += 1) {
    if (existsSync(path)) return realpathSync(path)
    if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
      return join(realFolder(dirname(path)), basename(path))
    }
    path = resolve(dirname(path), readlinkSync(path))
  }
  throw new FileError(`${file} leads through too many symbolic links; nothing was changed`)
}

/**
 * The real path of a folder, the same before and after the folder is created.
 * @param {string} folder
 * @returns {string}
 */
function realFolder(folder) {
  if (existsSync(folder)) return realpathSync(folder)
  return dirname(folder) === folder ? folder : join(realFolder(dirname(folder)), basename(folder))
}

/**
 * Whether there is a file or a link of that name, even a broken link.
 * @param {string} file
 */
export function isThere(file) {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined
}

/**
 * @param {string} path
 * @param {string} text
 * @param {number} mode
 * @param {"w" | "wx"} flag
 */
export function writeDurably(path, text, mode, flag) {
  const handle = openSync(path, flag, mode)
  try {
    // The umask of the process applies to `open`, not to `fchmod`
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
 * Runs `body`, and turns errors of the system into messages for the user.
 * @template T
 * @param {string} file
 * @param {string} verb
 * @param {() => T} body
 * @returns {T}
 */
export function guarded(file, verb, body) {
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
