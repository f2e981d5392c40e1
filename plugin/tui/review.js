/**
 * The review of a delivered change, on the whole screen: by task and file with its evidence, hunks and files to take
 * back, lines to comment on. The core decides what the change is and whether a part can be taken back, as for
 * `opencode-orchestrator review` and `undo`; comments become one `/task fix`.
 */
import { createMemo, createSignal, onCleanup } from "solid-js"
import { useTerminalDimensions } from "@opentui/solid"
import { askCore } from "../command-line.js"
import { sessionOf, task } from "./control.js"
import { colour, element } from "./elements.js"
import { fix, jumped, moved, placeOf, rows, title, visible } from "./review-rows.js"

const REVIEW = "orchestrator-review"
/** Rows around the change: padding, title, keys, and a blank row beside each of them. */
const AROUND = 8
const KEYS = "↑↓ line · n/p hunk · t take back hunk · f file · c comment · esc back"

/** @typedef {import("@opencode-ai/plugin/tui").TuiPluginApi} Api */
/** @typedef {import("./review-rows.js").Review} Review */
/** @typedef {{ place: string, text: string }} Comment */
/**
 * @typedef {{ mission: string, from: { name: string, params?: Record<string, unknown> } }} Opened the mission, and the
 *   route to return to
 */

/**
 * Comments for which no mission was started yet, by mission; they stay when the screen closes.
 * @type {Map<string, Comment[]>}
 */
const noted = new Map()

/** @param {Api} api @param {string} mission */
export function showReview(api, mission) {
  api.route.navigate(REVIEW, { mission, from: { ...api.route.current } })
}

/** The screen, to be registered once. @param {Api} api */
export function reviewRoute(api) {
  return { name: REVIEW, render: (/** @type {{ params?: Record<string, unknown> }} */ { params }) => screen(api, /** @type {Opened} */ (params)) }
}

/** @param {Api} api @param {Opened} opened */
function screen(api, { mission, from }) {
  const size = useTerminalDimensions()
  const [review, setReview] = createSignal(/** @type {Review | undefined} */ (undefined))
  const [problem, setProblem] = createSignal("")
  const [comments, setComments] = createSignal(noted.get(mission) ?? [])
  const [at, setAt] = createSignal(0)
  const all = createMemo(() => {
    const seen = review()
    return seen ? rows(seen, comments()) : []
  })
  const core = (/** @type {string[]} */ args) => askCore(args, { cwd: api.state.path.directory })
  const load = async () => {
    const { exit, stdout = "", stderr = "" } = await core(["review", mission, "--json"])
    if (exit !== 0) return setProblem(stderr.trim())
    setReview(() => JSON.parse(stdout))
    setAt((now) => moved(all(), now, 0))
  }
  void load().catch((error) => setProblem(String(error)))
  registerKeys(api, {
    back: () => api.route.navigate(from.name, from.params),
    move: (by) => setAt((now) => moved(all(), now, by)),
    page: (by) => setAt((now) => moved(all(), now, by * room(size().height))),
    jump: (by) => setAt((now) => jumped(all(), now, by)),
    takeBack: (whole) => takeBack(api, mission, all()[at()], whole, core, load),
    comment: () => {
      const seen = review()
      const place = seen && placeOf(seen, all()[at()] ?? { text: "", tone: "text" })
      if (place === undefined) return hint(api, "Move to a line or a file first.")
      note(api, place, comments(), (next) => {
        noted.set(mission, next)
        setComments(() => next)
      })
    },
    start: () => start(api, mission, comments(), sessionOf(from), () => {
      noted.delete(mission)
      setComments(() => [])
    }),
  })
  return draw(api, { size, review, problem, comments, all, at, setAt })
}

/** Rows of the change that fit on a screen. @param {number} height */
function room(height) {
  return Math.max(3, height - AROUND)
}

/**
 * @param {Api} api
 * @param {{ size: () => { width: number, height: number }, review: () => Review | undefined, problem: () => string, comments: () => Comment[],
 *   all: () => import("./review-rows.js").Row[], at: () => number, setAt: (at: number) => void }} shown
 */
function draw(api, { size, review, problem, comments, all, at, setAt }) {
  const theme = api.theme.current
  const text = (/** @type {string} */ words, /** @type {import("./review-rows.js").Tone} */ tone, more = {}) =>
    element("text", { fg: colour(theme, tone), ...more }, words)
  return element("box", { flexDirection: "column", padding: 1, flexGrow: 1 }, () => {
    const seen = review()
    const keys = text(KEYS, "muted", { wrapMode: "none", marginTop: 1 })
    if (problem()) return [text(problem(), "bad"), keys]
    if (!seen) return [text("Reading the change…", "muted"), keys]
    const { from, to } = visible(all().length, at(), room(size().height))
    const body = all().slice(from, to).map((row, n) => {
      const here = from + n === at() ? { bg: theme.backgroundElement } : {}
      return text(row.text || " ", row.tone, { wrapMode: "none", ...here, onMouseUp: () => setAt(from + n) })
    })
    const waiting = comments().length
    const more = waiting > 0 ? [text(`${waiting === 1 ? "1 comment" : `${waiting} comments`}: s starts a mission that does what ${waiting === 1 ? "it says" : "they say"}`, "asks", { wrapMode: "none" })] : []
    const head = text(title(seen, size().width - 2), "text", { marginBottom: 1 })
    return [head, element("box", { flexDirection: "column", flexGrow: 1 }, body), ...more, keys]
  })
}

/**
 * @param {Api} api
 * @param {{ back: () => void, move: (by: number) => void, page: (by: number) => void, jump: (by: 1 | -1) => void, takeBack: (whole: boolean) => void, comment: () => void, start: () => void }} can
 */
function registerKeys(api, { back, move, page, jump, takeBack, comment, start }) {
  /** @type {[name: string, keys: string, title: string, run: () => void][]} */
  const keys = [
    ["back", "escape,q", "Back", back],
    ["down", "down,j", "Next line", () => move(1)],
    ["up", "up,k", "Line before", () => move(-1)],
    ["page-down", "pagedown", "Next page", () => page(1)],
    ["page-up", "pageup", "Page before", () => page(-1)],
    ["next", "n", "Next hunk", () => jump(1)],
    ["previous", "p", "Hunk before", () => jump(-1)],
    ["hunk", "t", "Take this hunk back", () => takeBack(false)],
    ["file", "f", "Take this file back", () => takeBack(true)],
    ["comment", "c", "Comment on this line", comment],
    ["start", "s", "Start a mission from the comments", start],
  ]
  const off = api.keymap.registerLayer({
    // A dialog above it has another mode, and its own keys
    mode: "base",
    commands: keys.map(([name, , title, run]) => ({ name: `orchestrator.review.${name}`, title, run })),
    bindings: keys.map(([name, key, desc]) => ({ key, cmd: `orchestrator.review.${name}`, desc })),
  })
  onCleanup(off)
}

/** @param {Api} api @param {string} message */
function hint(api, message) {
  api.ui.toast({ message, variant: "info" })
}

/**
 * Takes back the hunk or the file of a row, after the user has agreed: this cannot be undone.
 * @param {Api} api
 * @param {string} mission
 * @param {import("./review-rows.js").Row | undefined} row
 * @param {boolean} whole
 * @param {(args: string[]) => Promise<import("../command-line.js").Answer>} core
 * @param {() => Promise<unknown>} done
 */
function takeBack(api, mission, row, whole, core, done) {
  if (row?.path === undefined) return hint(api, "Move to a file or a hunk first.")
  if (!whole && row.hunk === undefined) return hint(api, "Move to a hunk first; f takes the whole file back.")
  // A path may begin with a dash
  const what = whole ? `--file=${row.path}` : `--hunk=${row.path}:${row.hunk}`
  const undo = async () => {
    const { exit, stdout = "", stderr = "" } = await core(["undo", mission, what])
    api.ui.toast({ message: (exit === 0 ? stdout : stderr).trim(), variant: exit === 0 ? "success" : "error", duration: 8_000 })
    await done()
  }
  const message = whole ? `${row.path} becomes as it was before the mission.` : `Hunk ${row.hunk} of ${row.path} becomes as it was before the mission.`
  api.ui.dialog.replace(() =>
    api.ui.DialogConfirm({
      title: whole ? "Take the file back?" : "Take the hunk back?",
      message,
      onConfirm: () => {
        api.ui.dialog.clear()
        undo().catch((error) => api.ui.toast({ message: `It is not known whether it was taken back: ${error}. Open the review again to see.`, variant: "error" }))
      },
      onCancel: () => api.ui.dialog.clear(),
    }),
  )
}

/**
 * Asks for the comment on a place; an empty one deletes the comment.
 * @param {Api} api
 * @param {string} place
 * @param {Comment[]} comments
 * @param {(next: Comment[]) => void} keep
 */
function note(api, place, comments, keep) {
  api.ui.dialog.replace(() =>
    api.ui.DialogPrompt({
      title: `Comment on ${place}`,
      placeholder: "what to change",
      value: comments.find((comment) => comment.place === place)?.text ?? "",
      onConfirm: (value) => {
        api.ui.dialog.clear()
        const text = value.replace(/\s+/g, " ").trim()
        keep([...comments.filter((comment) => comment.place !== place), ...(text ? [{ place, text }] : [])])
      },
      onCancel: () => api.ui.dialog.clear(),
    }),
  )
}

/**
 * Starts one mission for all comments, in the session from which the review was opened.
 * @param {Api} api
 * @param {string} mission
 * @param {Comment[]} comments
 * @param {string | undefined} session
 * @param {() => void} started
 */
function start(api, mission, comments, session, started) {
  if (comments.length === 0) return hint(api, "Comment on a line first: c.")
  api.ui.dialog.replace(() =>
    api.ui.DialogConfirm({
      title: "Start a mission?",
      message: `It does what ${comments.length === 1 ? "the comment says" : `the ${comments.length} comments say`}, on top of this change.`,
      onConfirm: async () => {
        api.ui.dialog.clear()
        started()
        // If the mission does not start, the comments are kept
        if (!(await task(api, fix(mission, comments), session))) noted.set(mission, comments)
      },
      onCancel: () => api.ui.dialog.clear(),
    }),
  )
}
