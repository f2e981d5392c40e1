/** OpenCode's terminal interface in its own tmux: sends keys, reads the screen. */
import { execFile, execFileSync } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { isAlive, until } from "./process.mjs"

const run = promisify(execFile)
/** OpenCode waits up to 5 s for its plugins. */
const GRACE_MS = 8_000

/** Why the terminal tests cannot run here, or false. */
export function tuiMissing() {
  try {
    execFileSync("tmux", ["-V"], { stdio: "ignore" })
    return false
  } catch {
    return "tmux is not installed (Debian: apt-get install tmux); the terminal tests are skipped"
  }
}

export class Tui {
  /**
   * @param {string} root Where the socket of this tmux goes.
   * @param {string[]} command
   * @param {{ cwd: string, env: NodeJS.ProcessEnv, columns?: number, rows?: number }} options
   */
  constructor(root, command, { cwd, env, columns = 150, rows = 50 }) {
    this.size = ["-x", String(columns), "-y", String(rows)]
    this.socket = join(root, "tmux.sock")
    this.env = { ...env, TERM: "xterm-256color" }
    this.command = command
    this.cwd = cwd
  }

  /** @param {...string} args */
  async tmux(...args) {
    const { stdout } = await run("tmux", ["-S", this.socket, "-f", "/dev/null", ...args], {
      env: this.env,
      timeout: 10_000,
      maxBuffer: 8 << 20,
    })
    return stdout
  }

  async start() {
    await this.tmux("new-session", "-d", ...this.size, "-c", this.cwd, "-s", "tui", "--", ...this.command)
    this.pid = Number(await this.tmux("display-message", "-p", "-t", "tui", "#{pane_pid}"))
    return this
  }

  /** What the terminal shows, as plain text. */
  async screen() {
    return this.tmux("capture-pane", "-p", "-t", "tui").catch(() => "")
  }

  /**
   * Waits until the screen shows something.
   * @param {RegExp} pattern
   * @param {number} [limit_ms]
   */
  async shows(pattern, limit_ms = 30_000) {
    let last = ""
    await until(
      async () => pattern.test((last = await this.screen())),
      limit_ms,
      () => `the screen to show ${pattern}; it shows:\n${last}`,
    )
    return last
  }

  /** Types text as it is. @param {string} text */
  type(text) {
    return this.tmux("send-keys", "-t", "tui", "-l", text)
  }

  /** Presses named keys such as `Enter`, `Escape`, `C-c`. @param {...string} keys */
  press(...keys) {
    return this.tmux("send-keys", "-t", "tui", ...keys)
  }

  /**
   * Stops the running work as a user does: Esc, and Esc again when the screen asks for it. The two must not
   * arrive together, because the terminal would read them as one Alt-Esc.
   * @returns {Promise<number>} when the second was pressed
   */
  async interrupt() {
    await this.shows(/esc interrupt/)
    await this.press("Escape")
    await this.shows(/again to interrupt/, 5_000)
    const asked = Date.now()
    await this.press("Escape")
    return asked
  }

  /** Whether the program still runs. */
  async running() {
    return (await this.tmux("list-panes", "-t", "tui", "-F", "#{pane_dead}").catch(() => "1")).trim() === "0"
  }

  /** Ends this tmux and its program, which may need time to clean up. */
  async stop() {
    await this.tmux("kill-server").catch(() => {})
    const { pid } = this
    if (!pid) return
    await until(() => !isAlive(pid), GRACE_MS, "the terminal to end").catch(() => process.kill(pid, "SIGKILL"))
  }
}
