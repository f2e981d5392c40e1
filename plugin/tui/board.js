/**
 * Reads the board of a project's newest mission after each change. It reads only `board.json` and the lock: the core
 * replaces these files as a whole, so a half-written board is never seen.
 */
import { readFile, readdir, stat } from "node:fs/promises"
import { join } from "node:path"

/** How often a board is checked while a mission runs, and otherwise, in milliseconds. */
const BUSY = 1_000
const IDLE = 2_000
/** The largest board that is read, in bytes. */
const LARGEST = 8 << 20
/** The most mission folders that are checked to find the newest mission. */
const MOST_MISSIONS = 2_000

/**
 * @typedef {object} BoardTask
 * @property {string} id
 * @property {string} title
 * @property {string} state
 * @property {number} attempt
 * @property {string[]} depends_on
 * @property {string | null} [detail]
 * @property {string} [role]
 * @property {string} [session]
 * @property {number} [started_ms]
 * @property {number} [last_activity_ms]
 * @property {string} [worker] the worker of another machine that last ran its checks
 *
 * @typedef {object} Question
 * @property {string} question
 * @property {string[]} choices
 * @property {string} default
 * @property {string} [chosen]
 *
 * @typedef {object} Board
 * @property {string} mission
 * @property {string} objective
 * @property {string} stage
 * @property {"done" | "incomplete" | "failed" | null} outcome
 * @property {"yes" | "in_part" | "no"} [verified] how far tests verify a mission that is done
 * @property {boolean} [undone] whether the user has taken the whole change back
 * @property {string | null} paused
 * @property {number} elapsed_ms
 * @property {BoardTask[]} tasks
 * @property {Question[]} [questions] questions that wait for an answer before the plan
 * @property {string[]} [next]
 * @property {{ role: string, session: string | null, asked_ms: number }} [seat]
 * @property {{ cost_usd: number | null, tokens: number | null, calls: number | null }} [budget]
 * @property {{ calls: number, cost_usd: number, tokens: Record<string, number> }} usage
 *
 * @typedef {Board & { running: boolean, written_ms: number, folder: string }} Seen the data to show: `running` if a
 *   process owns the mission, `written_ms` the time of the board
 */

/**
 * Calls `show` after each change with the newest mission's board, or with undefined if there is none.
 * @param {() => string | undefined} folder the state folder of the project, once there is one
 * @param {(board: Seen | undefined) => void} show
 * @param {AbortSignal} signal ends the watch
 */
export async function watchBoard(folder, show, signal) {
  const reader = new BoardReader()
  let last = ""
  while (!signal.aborted) {
    const state = folder()
    const board = state ? await reader.read(state) : undefined
    if (signal.aborted) return
    const now = board ? `${board.mission} ${board.written_ms} ${board.running}` : ""
    if (now !== last) show(board)
    last = now
    await wait(board?.running ? BUSY : IDLE, signal)
  }
}

export class BoardReader {
  /** @type {{ state: string, changed: number, folder: string | undefined } | undefined} */
  #newest
  /** @type {{ folder: string, changed: number, board: Board } | undefined} */
  #read

  /**
   * The board of the newest mission below a state folder; undefined if none can be read.
   * @param {string} state
   * @returns {Promise<Seen | undefined>}
   */
  async read(state) {
    const folder = await this.#find(state)
    if (!folder) return undefined
    const path = join(folder, "board.json")
    const file = await stat(path).catch(() => undefined)
    if (!file?.isFile() || file.size > LARGEST) return undefined
    if (this.#read?.folder !== folder || this.#read.changed !== file.mtimeMs) {
      const board = parse(await readFile(path, "utf8").catch(() => ""))
      if (!board) return undefined
      this.#read = { folder, changed: file.mtimeMs, board }
    }
    const { board } = this.#read
    return { ...board, running: await isOwned(state, board.mission), written_ms: file.mtimeMs, folder }
  }

  /**
   * The folder of missions changes when a mission starts: only then the newest is searched again.
   * @param {string} state
   */
  async #find(state) {
    const missions = join(state, "missions")
    const changed = (await stat(missions).catch(() => undefined))?.mtimeMs
    if (changed === undefined) return undefined
    if (this.#newest?.state === state && this.#newest.changed === changed) return this.#newest.folder
    const names = (await readdir(missions).catch(() => [])).filter((name) => /^m-[a-z0-9]{8}$/.test(name))
    let newest
    let starting = false
    for (const name of names.slice(0, MOST_MISSIONS)) {
      const journal = await stat(join(missions, name, "journal.jsonl")).catch(() => undefined)
      if (!journal) starting = true
      else if (!newest || journal.birthtimeMs > newest.at) newest = { at: journal.birthtimeMs, name }
    }
    const folder = newest && join(missions, newest.name)
    // A mission that has just begun has no journal yet, and the folder will not change again: the search is repeated.
    if (!starting) this.#newest = { state, changed, folder }
    return folder
  }
}

/** @param {string} text @returns {Board | undefined} */
function parse(text) {
  try {
    const board = JSON.parse(text)
    return typeof board?.mission === "string" && Array.isArray(board.tasks) ? board : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether a living process owns the mission. The lock names its owner; a lock file left by a dead process names a
 * process that no longer exists.
 * @param {string} state
 * @param {string} mission
 */
async function isOwned(state, mission) {
  try {
    const owner = JSON.parse(await readFile(join(state, "lock"), "utf8"))
    if (owner.mission !== mission) return false
    process.kill(owner.pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM"
  }
}

/** @param {number} ms @param {AbortSignal} signal */
function wait(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", done)
      resolve(undefined)
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener("abort", done, { once: true })
  })
}
