/**
 * The form of a commit message, as CONTRIBUTING.md describes it: `area: what changes`, a blank line, and a body
 * that says why.
 *
 * It judges a text or the commits of a checkout; it changes nothing.
 */
import { spawnSync } from "node:child_process"

/** The last commit from before the rule. */
export const START = "74223a2f939658c95ac60c2aec12204e75925690"

const MOST = 72
const SUBJECT = /^[a-z][a-z0-9./-]*(, [a-z][a-z0-9./-]*)*: \S/
/** Messages that git writes itself, or of commits that are squashed before a push. */
const NOT_OURS = /^(Merge |Revert "|fixup! |squash! |amend! )/

/**
 * @param {string} message as in a commit, or as an editor leaves it, with comments
 * @returns {string[]} what is wrong with it
 */
export function problemsOf(message) {
  const text = message.split(/^# -+ >8 -+$/m)[0].split("\n").filter((line) => !line.startsWith("#")).join("\n").trim()
  const [subject, second, ...body] = text.split("\n")
  if (NOT_OURS.test(subject)) return []
  const wrong = []
  if (!SUBJECT.test(subject)) wrong.push(`\`${subject}\` must be \`area: what changes\`, with the area in lower case`)
  const long = [...subject].length
  if (long > MOST) wrong.push(`the first line has ${long} characters; ${MOST} is the most`)
  if (subject.endsWith(".")) wrong.push("the first line must not end with a full stop")
  if (second !== undefined && second.trim() !== "") wrong.push("the second line must be blank")
  else if (body.join("").trim() === "") wrong.push("there must be a body that says why")
  return wrong
}

/**
 * The commits after `START`.
 * @param {string} folder of the checkout
 * @param {string} [start]
 * @returns {{ skipped: string } | { checked: number, wrong: string[] }}
 */
export function checkCommits(folder, start = START) {
  const git = (/** @type {string[]} */ ...args) => spawnSync("git", args, { cwd: folder, encoding: "utf8", maxBuffer: 64 << 20 })
  // A folder inside another repository is no checkout of ours
  if (git("rev-parse", "--show-prefix").stdout !== "\n") return { skipped: "this is not a git checkout" }
  if (git("merge-base", "--is-ancestor", start, "HEAD").status !== 0) {
    return { skipped: `commit ${start.slice(0, 7)}, after which the form holds, is not in this history (a shallow clone, perhaps)` }
  }
  const commits = git("log", "--no-merges", "-z", "--format=%h%n%B", `${start}..HEAD`).stdout.split("\0").filter(Boolean)
  const wrong = commits.flatMap((commit) => {
    const end = commit.indexOf("\n")
    return problemsOf(commit.slice(end + 1)).map((problem) => `${commit.slice(0, end)}: ${problem}`)
  })
  return { checked: commits.length, wrong }
}
