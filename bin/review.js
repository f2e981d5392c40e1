/**
 * `review --interactive`: a mission's hunks one by one, each kept, taken back, or commented on. What they are, and whether one can
 * be taken back, is the core's to say; comments become one mission at the end.
 */
import { createInterface } from "node:readline"
import { callCore } from "./core.js"
import { mission } from "./mission.js"

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
  try {
    user.say(`Mission ${review.mission}: ${review.verdict}; ${review.place}\n`)
    const comments = await through(review, user)
    if (comments.length === 0) return { exit: 0, stdout: "" }
    const yes = await user.ask(`Start a mission that does what the ${comments.length === 1 ? "comment says" : `${comments.length} comments say`}? [y/N] `)
    const text = comments.join("\n")
    if (yes?.toLowerCase() !== "y") return { exit: 0, stdout: `No mission was started. The comments:\n${text}\n` }
    user.close()
    return await mission("fix", [review.mission, text])
  } finally {
    user.close()
  }
}

/**
 * @param {{ mission: string, files: File[] }} review
 * @param {ReturnType<typeof listen>} user
 * @returns {Promise<string[]>} comments, each with its place
 */
async function through({ mission: id, files }, user) {
  /** @type {string[]} */
  const comments = []
  for (const file of files) {
    const evidence = file.uncovered ? "no test covers it" : file.covered_by.map((check) => `covered by ${check}`).join(", ")
    user.say(`\n${file.path}${file.tasks.length > 0 ? ` (${file.tasks.join(", ")})` : ""}${evidence ? `: ${evidence}` : ""}\n`)
    for (const hunk of file.hunks.filter(({ taken_back }) => !taken_back)) {
      user.say(`\n${file.path}:${hunk.hunk}  ${hunk.header}\n${hunk.lines.map((line) => `${line}\n`).join("")}`)
      for (;;) {
        const answer = (await user.ask("[k]eep, [t]ake back, [c]omment, [q]uit? "))?.toLowerCase()
        if (answer === undefined || answer === "q") return comments
        if (answer === "t") {
          const { stdout, stderr } = await callCore(["undo", id, "--hunk", `${file.path}:${hunk.hunk}`])
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
  return comments
}

/** Asks on standard output, hears on standard input; its end is the answer `undefined`. */
function listen() {
  const lines = createInterface({ input: process.stdin })
  const next = lines[Symbol.asyncIterator]()
  const say = (/** @type {string} */ text) => void process.stdout.write(text)
  return {
    say,
    close: () => lines.close(),
    /** @param {string} question @returns {Promise<string | undefined>} */
    ask: async (question) => {
      say(question)
      const { value, done } = await next.next()
      return done ? undefined : value.trim()
    },
  }
}
