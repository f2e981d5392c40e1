/** Commands that the native core answers. */
import { spawn } from "node:child_process"
import { loadNative } from "../plugin/native.js"

/**
 * What the core may know of the environment: where things are, and nothing else.
 * @param {Record<string, string | undefined>} env
 */
export function environment(env) {
  const names = ["HOME", "USERPROFILE", "PATH", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "NO_COLOR", "TMPDIR"]
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
}

/**
 * What the core answers: the exit status and what to print; a file to open in
 * the user's browser; or what to ask next, and when, for commands that follow
 * something.
 * @typedef {object} Answer
 * @property {number} exit
 * @property {string} [stdout]
 * @property {string} [stderr]
 * @property {string} [open]
 * @property {{ text: string, key: string }} [line] takes the place of the line before it
 * @property {{ args: string[], after_ms: number }} [again]
 * @property {false} [core] there where the core could not be loaded, and so did not answer
 */

/** Nothing is asked again sooner than this. */
const MIN_PAUSE_MS = 50

/**
 * @param {string[]} args the command and what follows it
 * @param {import("../plugin/native.js").Options} [options] where to find the core
 * @param {(text: string) => void} [print] where to print what comes before the last answer
 * @returns {Promise<Answer>}
 */
export async function callCore(args, options, print = (text) => void process.stdout.write(text)) {
  const { native, problem } = loadNative(options)
  if (problem !== undefined) return { exit: 1, core: false, stderr: `${problem}\n` }
  if (typeof native.cli !== "function") {
    return { exit: 1, core: false, stderr: "the native core is older than this program and has no commands\nhint: build or install it again\n" }
  }
  const redraw = line(print)
  for (;;) {
    const request = {
      args,
      cwd: process.cwd(),
      env: environment(process.env),
      tty: process.stdout.isTTY === true,
    }
    /** @type {Answer} */
    const answer = JSON.parse(await native.cli(JSON.stringify(request)))
    if (answer.open) show(answer.open)
    if (!answer.again) {
      redraw()
      return answer
    }
    // Until the core says that it is done, or the user ends the program
    process.stderr.write(answer.stderr ?? "")
    print(answer.stdout ?? "")
    if (answer.line) redraw(answer.line)
    args = answer.again.args
    await new Promise((resolve) => setTimeout(resolve, Math.max(MIN_PAUSE_MS, answer.again?.after_ms ?? 0)))
  }
}

/**
 * A word as a shell reads it, for a command that the user may type.
 * @param {string} word
 */
export function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/**
 * A line that is kept up to date: drawn over itself on a terminal, and printed elsewhere where it says something new.
 * @param {(text: string) => void} show
 */
function line(show) {
  /** @type {string | undefined} */
  let last
  const over = process.stdout.isTTY === true && process.env.TERM !== "dumb"
  return (/** @type {{ text: string, key: string } | undefined} */ next = undefined) => {
    if (!next) {
      if (over && last !== undefined) show("\n")
    } else if (over) {
      const room = Math.max(10, (process.stdout.columns ?? 80) - 1)
      show(`\r\x1b[2K${next.text.slice(0, room)}`)
    } else if (next.key !== last) {
      show(`${next.text}\n`)
    }
    last = next?.key
  }
}

/**
 * Opens a file in whatever the user reads such files with.
 * @param {string} file
 */
function show(file) {
  /** @type {Partial<Record<NodeJS.Platform, [string, string[]]>>} */
  const programs = { darwin: ["open", []], win32: ["explorer", []] }
  const [program, args] = programs[process.platform] ?? ["xdg-open", []]
  const child = spawn(program, [...args, file], { stdio: "ignore", detached: true })
  child.on("error", () => process.stderr.write(`cannot start ${program}\nhint: open ${file} yourself\n`))
  child.unref()
}
