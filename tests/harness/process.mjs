/**
 * Programs that a test starts: each in its own process group, with a deadline. Each is ended by its own id, whatever
 * happens to the test.
 */
import { spawn } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"

/** Output beyond this is dropped from the front. */
const KEPT_OUTPUT = 4 * 1024 * 1024
const GRACE_MS = 3_000

/** @type {Set<Running>} */
const alive = new Set()
process.once("exit", () => {
  for (const running of alive) running.signal("SIGKILL")
})

/**
 * @typedef {object} Result
 * @property {number | null} code
 * @property {NodeJS.Signals | null} signal
 * @property {boolean} late Whether the deadline ended it.
 * @property {string} stdout
 * @property {string} stderr
 * @property {number} ms
 */

/**
 * @typedef {object} StartOptions
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env The whole environment: nothing is inherited.
 * @property {string} [stdin]
 * @property {number} [deadline_ms]
 */

/** A program that is running. */
export class Running {
  /**
   * @param {string} command
   * @param {string[]} args
   * @param {StartOptions} options
   */
  constructor(command, args, { cwd, env, stdin, deadline_ms = 60_000 }) {
    this.stdout = ""
    this.stderr = ""
    this.late = false
    this.started = Date.now()
    this.child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    })
    alive.add(this)
    this.child.stdout?.setEncoding("utf8").on("data", (text) => (this.stdout = (this.stdout + text).slice(-KEPT_OUTPUT)))
    this.child.stderr?.setEncoding("utf8").on("data", (text) => (this.stderr = (this.stderr + text).slice(-KEPT_OUTPUT)))
    if (stdin !== undefined) {
      // A program that ends early closes its input; its result reports this, so it is not an error here.
      this.child.stdin?.on("error", () => {})
      this.child.stdin?.end(stdin)
    }
    const timer = setTimeout(() => {
      this.late = true
      void this.stop()
    }, deadline_ms * SLOWER)
    /** @type {Promise<Result>} */
    this.done = new Promise((done, fail) => {
      this.child.once("error", (error) => {
        clearTimeout(timer)
        alive.delete(this)
        fail(new Error(`failed to start ${command}: ${error.message}`))
      })
      this.child.once("close", (code, signal) => {
        clearTimeout(timer)
        alive.delete(this)
        const { stdout, stderr, late } = this
        done({ code, signal, late, stdout, stderr, ms: Date.now() - this.started })
      })
    })
    this.done.catch(() => {})
  }

  get pid() {
    return this.child.pid
  }

  /**
   * Signals the whole group, so that programs that it started end too.
   * @param {NodeJS.Signals} name
   */
  signal(name) {
    if (this.pid === undefined) return
    try {
      process.kill(-this.pid, name)
    } catch {
      // Already gone.
    }
  }

  /**
   * Signals only this process, as a user's `kill` would.
   * @param {NodeJS.Signals} name
   */
  kill(name) {
    this.child.kill(name)
  }

  /** Asks it to end, then kills it. */
  async stop() {
    if (!alive.has(this)) return
    this.signal("SIGTERM")
    await Promise.race([this.done.catch(() => {}), sleep(GRACE_MS, undefined, { ref: false })])
    if (alive.has(this)) this.signal("SIGKILL")
    await this.done.catch(() => {})
  }

  /**
   * Waits until the output matches.
   * @param {RegExp} pattern
   * @param {number} [limit_ms]
   */
  async output(pattern, limit_ms = 30_000) {
    await until(
      () => pattern.test(this.stdout) || pattern.test(this.stderr),
      limit_ms,
      () => `output matching ${pattern}; so far:\n${this.stdout}\n${this.stderr}`,
    )
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {StartOptions} options
 */
export const start = (command, args, options) => new Running(command, args, options)

/** `SLOWER=4`: every limit is four times as long, for a machine that does much else. */
export const SLOWER = Math.max(1, Number(process.env.SLOWER) || 1)

/**
 * Polls until something holds.
 * @template T
 * @param {() => T | Promise<T>} probe
 * @param {number} limit_ms
 * @param {string | (() => string)} what Named in the error after the limit.
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(probe, limit_ms, what) {
  const end = Date.now() + limit_ms * SLOWER
  for (;;) {
    const value = await probe()
    if (value) return /** @type {NonNullable<T>} */ (value)
    if (Date.now() > end) throw new Error(`waited ${limit_ms * SLOWER} ms in vain for ${typeof what === "string" ? what : what()}`)
    await sleep(50)
  }
}

/**
 * Whether a process with this id exists.
 * @param {number} pid
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
