/** Projects for tests, and exact pictures of them. */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"

/**
 * Path to text or bytes, `{ link: target }`, or `{ text, mode }`.
 * @typedef {Record<string, string | Buffer | { link: string } | { text: string, mode: number }>} Files
 */

/** @param {string} root @param {Files} files */
export function writeFiles(root, files) {
  for (const [path, what] of Object.entries(files)) {
    const full = join(root, path)
    mkdirSync(dirname(full), { recursive: true })
    if (typeof what === "string" || Buffer.isBuffer(what)) writeFileSync(full, what)
    else if ("link" in what) symlinkSync(what.link, full)
    else {
      writeFileSync(full, what.text)
      chmodSync(full, what.mode)
    }
  }
}

/**
 * Runs git with an identity and without this machine's settings.
 * @param {string} cwd
 * @param {...string} args
 */
export function git(cwd, ...args) {
  return execFileSync("git", args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      HOME: "/nonexistent",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "A User",
      GIT_AUTHOR_EMAIL: "user@example.com",
      GIT_COMMITTER_NAME: "A User",
      GIT_COMMITTER_EMAIL: "user@example.com",
      GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
      GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z",
    },
  })
}

/**
 * A project with these files, committed unless `git` is false.
 * @param {string} root
 * @param {Files} files
 * @param {{ git?: boolean }} [options]
 */
export function makeProject(root, files, options = {}) {
  mkdirSync(root, { recursive: true })
  writeFiles(root, files)
  if (options.git === false) return
  git(root, "init", "--quiet", "--initial-branch=main")
  git(root, "add", "--all")
  git(root, "commit", "--quiet", "--allow-empty", "--message=The project as it was")
}

/**
 * Every file below a folder, with its kind, permission bits and a hash of its bytes.
 * @param {string} root
 * @param {(path: string) => boolean} [skip] Told the path relative to `root`.
 * @returns {Record<string, string>}
 */
export function picture(root, skip = () => false) {
  /** @type {Record<string, string>} */
  const seen = {}
  /** @param {string} folder */
  const walk = (folder) => {
    for (const name of readdirSync(folder).sort()) {
      const full = join(folder, name)
      const path = relative(root, full)
      if (skip(path)) continue
      const stat = lstatSync(full)
      if (stat.isDirectory()) walk(full)
      else if (stat.isSymbolicLink()) seen[path] = `link ${readlinkSync(full)}`
      else if (stat.isFile())
        seen[path] = `${(stat.mode & 0o777).toString(8)} ${createHash("sha256").update(readFileSync(full)).digest("hex")}`
      else seen[path] = "other"
    }
  }
  walk(root)
  return seen
}

/** OpenCode itself sometimes writes its project id there, even without a plugin. */
const HOST_WRITES = [".git/opencode"]

/**
 * Everything that must stay byte for byte the same before delivery: the working tree and all of `.git`.
 * @param {string} root
 */
export const repositoryPicture = (root) => picture(root, (path) => HOST_WRITES.includes(path))

/**
 * The differences between two pictures: lines `+ path`, `- path`, `~ path`.
 * @param {Record<string, string>} before
 * @param {Record<string, string>} after
 */
export function changes(before, after) {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return paths.flatMap((path) =>
    before[path] === after[path] ? [] : [`${!(path in before) ? "+" : !(path in after) ? "-" : "~"} ${path}`],
  )
}
