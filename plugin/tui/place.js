/** The folder of a project's missions, in the same layout as the core's. It reads no file of a mission. */
import { createHash } from "node:crypto"
import { existsSync, realpathSync } from "node:fs"
import { homedir } from "node:os"
import { basename, join, resolve } from "node:path"

/** The most characters of a project's name in its key. */
const LONGEST_NAME = 40

/**
 * The name of a project's state folder; the core's `project_key` computes the same.
 * @param {string} root
 */
export function projectKey(root) {
  const path = canonical(root)
  let safe = [...basename(path)].map((c) => (/[A-Za-z0-9._-]/.test(c) ? c : "_")).slice(0, LONGEST_NAME).join("")
  if (safe.replace(/^[._-]+/, "") === "") safe = "project"
  else if (/^[.-]/.test(safe)) safe = `_${safe}`
  return `${safe}-${createHash("sha256").update(path).digest("hex").slice(0, 12)}`
}

/**
 * The state folder of the project that is open in OpenCode; undefined if no mission was ever started there.
 * @param {{ worktree: string, directory: string }} path the paths that OpenCode provides
 * @param {NodeJS.ProcessEnv} [env]
 */
export function stateFolder({ worktree, directory }, env = process.env) {
  const data = env.XDG_DATA_HOME || join(homedir(), ".local", "share")
  return [worktree, directory]
    .filter((root) => root && root !== "/")
    .map((root) => join(data, "opencode-orchestrator", projectKey(root)))
    .find((folder) => existsSync(folder))
}

/** @param {string} root */
function canonical(root) {
  try {
    return realpathSync(root)
  } catch {
    return resolve(root)
  }
}
