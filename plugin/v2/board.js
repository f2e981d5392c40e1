/**
 * The board in OpenCode 2's terminal interface: the sidebar, the line below the prompt, the start page, a panel beside the
 * session with the graph, a dialog, the review, and a note when a mission ends or waits. It follows the published documents
 * (docs/COMPATIBILITY.md) and shows the same lines as in OpenCode 1. Without a mission it shows nothing.
 */
import { dirname } from "node:path"
import { column, element, laneRows } from "../tui/elements.js"
import { stateFolder } from "../tui/place.js"
import { boardState } from "../tui/state.js"
import { doing, fit, homeLine, isOpen, promptLine, sidebar } from "../tui/view.js"
import { directory, openTask, resumeOrSay, stopOrSay } from "./board-actions.js"
import { dialogKeys, openDialog } from "./board-dialog.js"
import { reviewPage, showReview } from "./board-review.js"

/** All plugins share the names of panels, so this one has a prefix. */
export const GRAPH = "opencode-orchestrator.graph"
/** Characters of a line in the sidebar. */
const SIDEBAR = 36

/** The methods of the interface that the board calls. A missing one is named at load. */
const METHODS = [
  "attention.notify",
  "client.session.command",
  "client.session.create",
  "data.location.default",
  "data.session.form.list",
  "data.session.get",
  "data.session.permission.list",
  "keymap.layer",
  "ui.dialog.clear",
  "ui.dialog.confirm",
  "ui.dialog.prompt",
  "ui.dialog.select",
  "ui.panel.open",
  "ui.router.current",
  "ui.router.navigate",
  "ui.router.register",
  "ui.slot",
  "ui.toast.show",
]

/** @typedef {import("./board-actions.js").Context} Context @typedef {import("../tui/board.js").Seen} Seen */

/**
 * @param {Context} context
 * @returns {() => void} a function that ends what it began
 */
export function setup(context) {
  const lacking = METHODS.filter((name) => typeof name.split(".").reduce((/** @type {any} */ at, part) => at?.[part], context) !== "function")
  if (lacking.length > 0) {
    throw new Error(`the board of opencode-orchestrator cannot be shown in OpenCode ${context?.app?.version ?? "of an unknown version"}: it lacks ${lacking.join(", ")}. Missions run without it.`)
  }
  const gone = new AbortController()
  place(context, boardState(() => folderOf(directory(context)), (told) => tell(context, told), gone.signal))
  return () => gone.abort()
}

/**
 * @param {Context} context
 * @param {{ board: () => Seen | undefined, now: () => number, recent: () => Seen | undefined }} state
 */
function place(context, { board, now, recent }) {
  const open = (/** @type {string} */ id) => openTask(context, recent(), id)
  const line = (/** @type {() => string} */ text) => element("text", { fg: themeOf(context).textMuted, wrapMode: "none" }, text)
  context.ui.slot({
    append: "sidebar.content",
    render: (/** @type {{ sessionID: string }} */ { sessionID }) =>
      element("box", { flexDirection: "column" }, () => {
        const seen = recent()
        if (!seen) return []
        const theme = themeOf(context)
        const title = element("text", { fg: theme.text, wrapMode: "none" }, fit(`Mission: ${seen.objective}`, SIDEBAR))
        return [title, column(theme, () => sidebar(seen, now(), SIDEBAR, asked(context, seen, sessionID)), open)]
      }),
  })
  context.ui.slot({
    append: "prompt.footer.status",
    render: () =>
      line(() => {
        const seen = board()
        return seen && isOpen(seen) ? promptLine(seen, now()) : ""
      }),
  })
  context.ui.slot({
    append: "home.footer.status",
    render: () => line(() => homeLine(board(), now())),
  })
  context.ui.slot({
    append: "session.panel",
    render: (/** @type {{ name: string }} */ panel) => element("box", { flexDirection: "column" }, () => (panel.name === GRAPH ? graph(context, board, open) : [])),
  })
  context.ui.router.register({ name: "graph", render: () => element("box", { flexDirection: "column", padding: 1 }, () => graph(context, board, open)) })
  context.ui.router.register(reviewPage(context, () => themeOf(context)))
  context.ui.slot({
    append: "app",
    render: () => {
      // A layer of keys belongs to the component that creates it
      context.keymap.layer(() => ({ mode: "global", commands: commands(context, recent) }))
      context.keymap.layer(() => dialogKeys(context))
      return null
    },
  })
}

/**
 * @param {Context} context
 * @param {() => Seen | undefined} recent
 */
function commands(context, recent) {
  return [
    {
      id: "orchestrator.mission",
      title: "Mission: tasks, stop, resume, graph",
      group: "Mission",
      palette: true,
      slash: { name: "mission" },
      run: () => openDialog(context, recent(), { graph: () => showGraph(context), review: () => showReview(context, recent()) }),
    },
    { id: "orchestrator.review", title: "Mission: review of the change", group: "Mission", palette: true, run: () => showReview(context, recent()) },
    { id: "orchestrator.stop", title: "Mission: stop", group: "Mission", palette: true, run: () => stopOrSay(context, recent()) },
    { id: "orchestrator.resume", title: "Mission: resume", group: "Mission", palette: true, run: () => resumeOrSay(context, recent()) },
    { id: "orchestrator.graph", title: "Mission: graph", group: "Mission", palette: true, run: () => showGraph(context) },
  ]
}

/**
 * Shows the graph beside the session, or on the whole screen if no session is open.
 * @param {Context} context
 */
function showGraph(context) {
  if (!context.ui.panel.open(GRAPH)) context.ui.router.navigate({ type: "plugin", name: "graph" })
}

/**
 * One row for each task.
 * @param {Context} context
 * @param {() => Seen | undefined} board
 * @param {(id: string) => void} open
 */
function graph(context, board, open) {
  const theme = themeOf(context)
  const seen = board()
  if (!seen) return [element("text", { fg: theme.textMuted }, "No mission here.")]
  const head = element("text", { fg: theme.text }, `${seen.mission}: ${fit(seen.objective, 100)} · ${doing(seen)}`)
  return [head, ...laneRows(theme, seen.tasks, open)]
}

/**
 * Questions for the user in the mission's own sessions.
 * @param {Context} context
 * @param {Seen} board
 * @param {string} shown the session on the screen
 */
function asked(context, board, shown) {
  const sessions = new Set([shown, ...board.tasks.flatMap((task) => (task.session ? [task.session] : []))])
  if (board.seat?.session) sessions.add(board.seat.session)
  return [...sessions].flatMap((id) => [
    ...(context.data.session.permission.list(id) ?? []).map((/** @type {{ action: string }} */ { action }) => `allow ${action}?`),
    ...(context.data.session.form.list(id) ?? []).map((/** @type {{ title?: string }} */ { title }) => title ?? "a question"),
  ])
}

/** @param {Context} context @param {NonNullable<ReturnType<typeof import("../tui/view.js").news>>} told */
function tell(context, { message, sound, variant }) {
  context.ui.toast.show({ title: "opencode-orchestrator", message, variant, duration: 8_000 })
  const when = "blurred"
  void context.attention.notify({ title: "opencode-orchestrator", message, notification: { when }, sound: { name: sound, when } }).catch(() => {})
}

/**
 * The state folder of the project that contains a directory.
 * @param {string} directory
 */
function folderOf(directory) {
  for (let at = directory; ; at = dirname(at)) {
    const found = stateFolder({ worktree: at, directory: at })
    if (found || at === dirname(at)) return found
  }
}

/**
 * The colours by their names in OpenCode 1. Versions of OpenCode 2 call the usual shade `base` or `default`, and the weaker
 * one `muted` or `subdued`.
 * @param {Context} context
 * @returns {any}
 */
function themeOf({ theme }) {
  const shade = (/** @type {any} */ of) => of?.base ?? of?.default
  const feedback = (/** @type {string} */ kind) => shade(theme.text.feedback?.[kind]) ?? shade(theme.text)
  const muted = theme.text.muted ?? theme.text.subdued ?? shade(theme.text)
  return {
    text: shade(theme.text),
    textMuted: muted,
    info: feedback("info"),
    success: feedback("success"),
    error: feedback("error"),
    warning: feedback("warning"),
    diffAdded: theme.diff?.text?.added ?? feedback("success"),
    diffRemoved: theme.diff?.text?.removed ?? feedback("error"),
    diffHunkHeader: theme.diff?.text?.hunkHeader ?? muted,
    backgroundElement: theme.background?.surface?.offset,
  }
}
