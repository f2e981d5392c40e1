/**
 * The review of a delivered change, on the whole screen: by task and file with its evidence, hunks and files to take
 * back, lines to comment on. The core decides what the change is and whether a part can be taken back, as for
 * `opencode-orchestrator review` and `undo`; comments become one `/task fix`. It knows no version of OpenCode: a
 * `Screen` shows it.
 */
import { createMemo, createSignal } from "solid-js"
import { useTerminalDimensions } from "@opentui/solid"
import { askCore } from "../command-line.js"
import { colour, element } from "./elements.js"
import { fix, jumped, moved, placeOf, rows, title, visible } from "./review-rows.js"

/** Rows around the change: padding, title, keys, and a blank row beside each of them. */
const AROUND = 8
const KEYS = "↑↓ line · n/p hunk · t take back hunk · f file · c comment · esc back"

/** @typedef {import("./review-rows.js").Review} Review @typedef {import("./review-rows.js").Row} Row */
/** @typedef {{ place: string, text: string }} Comment */
/** @typedef {"info" | "success" | "error"} Variant */
/** @typedef {{ name: string, keys: string[], title: string, run: () => void }} Key */
/**
 * What the review needs of the terminal interface that shows it.
 * @typedef {object} Screen
 * @property {() => string} directory the folder that is open
 * @property {() => any} theme the colours, by their names in OpenCode 1
 * @property {() => void} back shows what was shown before
 * @property {(message: string, variant: Variant, duration?: number) => void} toast
 * @property {(title: string, message: string) => Promise<boolean>} confirm whether the user agrees
 * @property {(question: { title: string, placeholder: string, value: string }) => Promise<string | undefined>} prompt
 * @property {(keys: Key[]) => void} keys keys that work while this is shown and no dialog is above it
 * @property {(words: string) => Promise<boolean>} task runs `/task …`; whether OpenCode accepted it
 */

/**
 * Comments for which no mission was started yet, by mission; they stay when the screen closes.
 * @type {Map<string, Comment[]>}
 */
const noted = new Map()

/**
 * Draws the review; to be called where elements may be created.
 * @param {Screen} screen
 * @param {string} mission
 */
export function review(screen, mission) {
  const size = useTerminalDimensions()
  const [seen, setSeen] = createSignal(/** @type {Review | undefined} */ (undefined))
  const [problem, setProblem] = createSignal("")
  const [comments, setComments] = createSignal(noted.get(mission) ?? [])
  const [at, setAt] = createSignal(0)
  const all = createMemo(() => {
    const shown = seen()
    return shown ? rows(shown, comments()) : []
  })
  const core = (/** @type {string[]} */ args) => askCore(args, { cwd: screen.directory() })
  const load = async () => {
    const { exit, stdout = "", stderr = "" } = await core(["review", mission, "--json"])
    if (exit !== 0) return setProblem(stderr.trim())
    setSeen(() => JSON.parse(stdout))
    setAt((now) => moved(all(), now, 0))
  }
  const keep = (/** @type {Comment[]} */ next) => {
    if (next.length > 0) noted.set(mission, next)
    else noted.delete(mission)
    setComments(() => next)
  }
  void load().catch((error) => setProblem(String(error)))
  const move = (/** @type {number} */ by) => setAt((now) => moved(all(), now, by))
  const jump = (/** @type {1 | -1} */ by) => setAt((now) => jumped(all(), now, by))
  screen.keys([
    { name: "back", keys: ["escape", "q"], title: "Back", run: screen.back },
    { name: "down", keys: ["down", "j"], title: "Next line", run: () => move(1) },
    { name: "up", keys: ["up", "k"], title: "Line before", run: () => move(-1) },
    { name: "page-down", keys: ["pagedown"], title: "Next page", run: () => move(room(size().height)) },
    { name: "page-up", keys: ["pageup"], title: "Page before", run: () => move(-room(size().height)) },
    { name: "next", keys: ["n"], title: "Next hunk", run: () => jump(1) },
    { name: "previous", keys: ["p"], title: "Hunk before", run: () => jump(-1) },
    { name: "hunk", keys: ["t"], title: "Take this hunk back", run: () => void takeBack(screen, mission, all()[at()], false, core, load) },
    { name: "file", keys: ["f"], title: "Take this file back", run: () => void takeBack(screen, mission, all()[at()], true, core, load) },
    { name: "comment", keys: ["c"], title: "Comment on this line", run: () => void note(screen, seen(), all()[at()], comments, keep) },
    { name: "start", keys: ["s"], title: "Start a mission from the comments", run: () => void start(screen, mission, comments(), keep) },
  ])
  return draw(screen.theme(), { size, review: seen, problem, comments, all, at, setAt })
}

/** Rows of the change that fit on a screen. @param {number} height */
function room(height) {
  return Math.max(3, height - AROUND)
}

/**
 * @param {any} theme
 * @param {{ size: () => { width: number, height: number }, review: () => Review | undefined, problem: () => string, comments: () => Comment[],
 *   all: () => Row[], at: () => number, setAt: (at: number) => void }} shown
 */
function draw(theme, { size, review, problem, comments, all, at, setAt }) {
  const text = (/** @type {string} */ words, /** @type {import("./review-rows.js").Tone} */ tone, more = {}) =>
    element("text", { fg: colour(theme, tone), ...more }, words)
  return element("box", { flexDirection: "column", padding: 1, flexGrow: 1 }, () => {
    const seen = review()
    const keys = text(KEYS, "muted", { wrapMode: "none", marginTop: 1 })
    if (problem()) return [text(problem(), "bad"), keys]
    if (!seen) return [text("Reading the change…", "muted"), keys]
    const { from, to } = visible(all().length, at(), room(size().height))
    const body = all().slice(from, to).map((row, n) => {
      const here = from + n === at()
      const marked = here && theme.backgroundElement ? { bg: theme.backgroundElement } : {}
      // Without a colour for it, the cursor is a sign
      const words = here && !theme.backgroundElement ? `▸${row.text}` : row.text || " "
      return text(words, row.tone, { wrapMode: "none", ...marked, onMouseUp: () => setAt(from + n) })
    })
    const waiting = comments().length
    const more = waiting > 0 ? [text(`${waiting === 1 ? "1 comment" : `${waiting} comments`}: s starts a mission that does what ${waiting === 1 ? "it says" : "they say"}`, "asks", { wrapMode: "none" })] : []
    const head = text(title(seen, size().width - 2), "text", { marginBottom: 1 })
    return [head, element("box", { flexDirection: "column", flexGrow: 1 }, body), ...more, keys]
  })
}

/**
 * Takes back the hunk or the file of a row, after the user has agreed: this cannot be undone.
 * @param {Screen} screen
 * @param {string} mission
 * @param {Row | undefined} row
 * @param {boolean} whole
 * @param {(args: string[]) => Promise<import("../command-line.js").Answer>} core
 * @param {() => Promise<unknown>} done
 */
async function takeBack(screen, mission, row, whole, core, done) {
  if (row?.path === undefined) return screen.toast("Move to a file or a hunk first.", "info")
  if (!whole && row.hunk === undefined) return screen.toast("Move to a hunk first; f takes the whole file back.", "info")
  // A path may begin with a dash
  const what = whole ? `--file=${row.path}` : `--hunk=${row.path}:${row.hunk}`
  const message = whole ? `${row.path} becomes as it was before the mission.` : `Hunk ${row.hunk} of ${row.path} becomes as it was before the mission.`
  if (!(await screen.confirm(whole ? "Take the file back?" : "Take the hunk back?", message))) return
  try {
    const { exit, stdout = "", stderr = "" } = await core(["undo", mission, what])
    screen.toast((exit === 0 ? stdout : stderr).trim(), exit === 0 ? "success" : "error", 8_000)
    await done()
  } catch (error) {
    screen.toast(`It is not known whether it was taken back: ${error}. Open the review again to see.`, "error")
  }
}

/**
 * Asks for the comment on the place of a row; an empty one deletes the comment.
 * @param {Screen} screen
 * @param {Review | undefined} seen
 * @param {Row | undefined} row
 * @param {() => Comment[]} comments
 * @param {(next: Comment[]) => void} keep
 */
async function note(screen, seen, row, comments, keep) {
  const place = seen && row && placeOf(seen, row)
  if (place === undefined) return screen.toast("Move to a line or a file first.", "info")
  const value = comments().find((comment) => comment.place === place)?.text ?? ""
  const typed = await screen.prompt({ title: `Comment on ${place}`, placeholder: "what to change", value })
  if (typed === undefined) return
  const text = typed.replace(/\s+/g, " ").trim()
  keep([...comments().filter((comment) => comment.place !== place), ...(text ? [{ place, text }] : [])])
}

/**
 * Starts one mission for all comments, in the session from which the review was opened.
 * @param {Screen} screen
 * @param {string} mission
 * @param {Comment[]} comments
 * @param {(next: Comment[]) => void} keep
 */
async function start(screen, mission, comments, keep) {
  if (comments.length === 0) return screen.toast("Comment on a line first: c.", "info")
  const message = `It does what ${comments.length === 1 ? "the comment says" : `the ${comments.length} comments say`}, on top of this change.`
  if (!(await screen.confirm("Start a mission?", message))) return
  keep([])
  // If the mission does not start, the comments are kept
  if (!(await screen.task(fix(mission, comments)))) keep(comments)
}
