/**
 * Draws lines with OpenCode's own renderer. Elements may only be created inside Solid's reactive owner: callers call
 * these functions from the `render` of a slot, a route or a dialog, never before.
 */
import { createElement, insert, spread } from "@opentui/solid"
import { fit, lanes, stateWord } from "./view.js"

/**
 * One element. `children` may be a function: a change of a signal that it reads draws it again.
 * @param {"box" | "text" | "scrollbox"} tag
 * @param {Record<string, unknown>} props
 * @param {unknown} [children]
 */
export function element(tag, props, children) {
  const node = createElement(tag)
  spread(node, () => props, true)
  if (children !== undefined) insert(node, children)
  return node
}

/**
 * @param {import("@opencode-ai/plugin/tui").TuiThemeCurrent} theme
 * @param {import("./review-rows.js").Tone} tone
 */
export function colour(theme, tone) {
  const colours = {
    text: theme.text,
    muted: theme.textMuted,
    busy: theme.info,
    good: theme.success,
    bad: theme.error,
    asks: theme.warning,
    added: theme.diffAdded,
    removed: theme.diffRemoved,
    hunk: theme.diffHunkHeader,
  }
  return colours[tone]
}

/**
 * Lines below each other; a click on a line with a task calls `open`.
 * @param {import("@opencode-ai/plugin/tui").TuiThemeCurrent} theme
 * @param {() => import("./view.js").Line[]} lines
 * @param {(task: string) => void} [open]
 */
export function column(theme, lines, open) {
  return element("box", { flexDirection: "column" }, () =>
    lines().map(({ text, tone, task }) =>
      element(
        "text",
        { fg: colour(theme, tone), wrapMode: "none", ...(task && open ? { onMouseUp: () => open(task) } : {}) },
        text,
      ),
    ),
  )
}

/**
 * The graph: one line for each task; a click on it calls `open`.
 * @param {import("@opencode-ai/plugin/tui").TuiThemeCurrent} theme
 * @param {import("./board.js").BoardTask[]} tasks
 * @param {(task: string) => void} open
 */
export function laneRows(theme, tasks, open) {
  const rows = lanes(tasks)
  const width = Math.max(0, ...rows.map((row) => row.lanes.length))
  return rows.map(({ lanes, task }) =>
    element(
      "text",
      { fg: colour(theme, toneOf(task.state)), wrapMode: "none", onMouseUp: () => open(task.id) },
      `${lanes.padEnd(width + 2)}${task.id}  ${fit(task.title, 60)}  ${stateWord(task.state)}`,
    ),
  )
}

/** @param {string} state @returns {import("./view.js").Tone} */
function toneOf(state) {
  if (state === "integrated") return "good"
  if (state === "given_up" || state === "cancelled") return "bad"
  return state === "waiting" ? "muted" : "busy"
}
