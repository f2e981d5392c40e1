/**
 * `review --interactive`: shows a mission's hunks one by one; the user keeps, undoes or comments on each. The core
 * lists the hunks and decides whether one can be undone. Comments become one mission at the end. If that mission cannot
 * run, they are printed, so that no typed text is lost.
 */
import { createInterface } from "node:readline"
import { callCore, quoted } from "./core.js"
import { SIGNALS, mission } from "./mission.js"

/** @typedef {import("./core.js").Answer} Answer */
/** @typedef {{ hunk: number, header: string, taken_back: boolean, lines: string[] }} Hunk */
/** @typedef {{ path: string, state: string, covered_by: string[], uncovered: boolean, tasks: string[], hunks: Hunk[] }} File */

/**
 * @param {string[]} args what follows `review`
 * @returns {Promise<Answer>}
 */
export async function reviewByHand(args) {
  const others = args.filter((arg) => arg !== "--interactive" && arg !== "-i")
  const shown = await callCore(["review", ...others, "--json"])
  if (shown.exit !== 0) return shown
  /** @type {{ mission: string, verdict: string, place: string, files: File[] }} */
  const review = JSON.parse(shown.stdout ?? "")
  const user = listen()
  /** @type {string[]} */
  const comments = []
  try {
    user.say(`Mission ${review.mission}: ${review.verdict}; ${review.place}\n`)
    await through(review, user, comments)
    const yes = comments.length > 0 ? await user.ask(`Start a mission that does what the ${comments.length === 1 ? "comment says" : `${comments.length} comments say`}? [y/N] `) : ""
    if (user.interrupted()) return { exit: 1, stderr: `\n${kept(review.mission, comments)}` }
    if (comments.length === 0) return { exit: 0, stdout: "" }
    if (yes?.toLowerCase() !== "y") return { exit: 0, stdout: `No mission was started.\n${kept(review.mission, comments)}` }
    // From here on `mission` handles the signals
    const begun = mission("fix", [review.mission, comments.join("\n")], kept(review.mission, comments))
    user.close()
    const answer = await begun
    return TAKEN.includes(answer.exit) ? answer : { ...answer, stderr: `${answer.stderr ?? ""}${kept(review.mission, comments)}` }
  } catch (error) {
    process.stderr.write(kept(review.mission, comments))
    throw error
  } finally {
    user.close()
  }
}

/** The exit statuses of a mission that delivered the changes for the comments. */
const TAKEN = [0, 3]

/**
 * The comments as commands, so that the user need not type them again.
 * @param {string} id
 * @param {string[]} comments
 */
function kept(id, comments) {
  if (comments.length === 0) return ""
  const commands = comments.map((comment) => `  opencode-orchestrator fix ${id} ${quoted(comment)}\n`)
  return `What you wrote; each of these commands starts a mission that does it:\n${commands.join("")}`
}

/**
 * @param {{ mission: string, files: File[] }} review
 * @param {ReturnType<typeof listen>} user
 * @param {string[]} comments receives the comments, each with its place
 */
async function through({ mission: id, files }, user, comments) {
  for (const file of files) {
    const evidence = file.uncovered ? "no test covers it" : file.covered_by.map((check) => `covered by ${check}`).join(", ")
    user.say(`\n${file.path}${file.tasks.length > 0 ? ` (${file.tasks.join(", ")})` : ""}${evidence ? `: ${evidence}` : ""}\n`)
    for (const hunk of file.hunks.filter(({ taken_back }) => !taken_back)) {
      user.say(`\n${file.path}:${hunk.hunk}  ${hunk.header}\n${hunk.lines.map((line) => `${line}\n`).join("")}`)
      for (;;) {
        const answer = (await user.ask("[k]eep, [t]ake back, [c]omment, [q]uit? "))?.toLowerCase()
        if (answer === undefined || answer === "q") return
        if (answer === "t") {
          const { stdout, stderr } = await callCore(["undo", id, `--hunk=${file.path}:${hunk.hunk}`])
          user.say(`${stdout ?? ""}${stderr ?? ""}`)
        } else if (answer === "c") {
          const first = /\+(\d+)/.exec(hunk.header)?.[1] ?? "1"
          const line = (await user.ask(`Line [${first}]: `)) || first
          const text = await user.ask("Comment: ")
          if (text && /^\d+$/.test(line)) comments.push(`${file.path}:${line}: ${text}`)
          else user.say("Nothing was noted: a comment needs a line's number and a text.\n")
        } else if (answer !== "k" && answer !== "") {
          continue
        }
        break
      }
    }
  }
}

/** Asks on standard output and reads from standard input; its end, or Ctrl-C, gives `undefined`. */
function listen() {
  const lines = createInterface({ input: process.stdin })
  const next = lines[Symbol.asyncIterator]()
  const say = (/** @type {string} */ text) => void process.stdout.write(text)
  let interrupted = false
  const interrupt = () => {
    interrupted = true
    lines.close()
  }
  // Only once: a second Ctrl-C ends the program
  for (const signal of SIGNALS) process.once(signal, interrupt)
  return {
    say,
    interrupted: () => interrupted,
    close: () => {
      for (const signal of SIGNALS) process.off(signal, interrupt)
      lines.close()
    },
    /** @param {string} question @returns {Promise<string | undefined>} */
    ask: async (question) => {
      if (interrupted) return undefined
      say(question)
      const { value, done } = await next.next()
      return done || interrupted ? undefined : value.trim()
    },
  }
}
