/** Commands that the native core answers. */
import { spawn } from "node:child_process"
import { askCore } from "../plugin/command-line.js"

/** @typedef {import("../plugin/command-line.js").Answer} Answer */

/** The shortest pause between two requests. */
const MIN_PAUSE_MS = 50

/**
 * @param {string[]} args the command and what follows it
 * @param {import("../plugin/native.js").Options} [options] where to find the core
 * @param {(text: string) => void} [print] where to print what comes before the last answer
 * @param {string} [cwd] the command's folder
 * @returns {Promise<Answer>}
 */
export async function callCore(args, options, print = (text) => void process.stdout.write(text), cwd = process.cwd()) {
  const redraw = line(print)
  for (;;) {
    const answer = await askCore(args, { cwd, tty: process.stdout.isTTY === true && process.env.TERM !== "dumb" }, options)
    if (answer.open) show(answer.open)
    if (!answer.again) {
      redraw()
      return answer
    }
    // Repeats until the core is done or the user ends the program
    process.stderr.write(answer.stderr ?? "")
    print(answer.stdout ?? "")
    if (answer.line) redraw(answer.line)
    args = answer.again.args
    await new Promise((resolve) => setTimeout(resolve, Math.max(MIN_PAUSE_MS, answer.again?.after_ms ?? 0)))
  }
}

/**
 * Quotes a word for a shell, for a command that the user may type.
 * @param {string} word
 */
export function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/**
 * A status line: a terminal draws it over the last one; otherwise it is printed only if its key changes.
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
 * Opens a file with the user's default program.
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
