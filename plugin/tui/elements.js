/**
 * Draws lines with OpenCode's own renderer. Elements may only be made inside Solid's reactive owner: callers call these
 * functions from a slot's, a route's or a dialog's `render`, never before.
 */
import { createElement, insert, spread } from "@opentui/solid"

/**
 * One element. `children` may be a function: what it reads of signals draws it again.
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
 * Lines below each other; one with a task calls `open` when it is clicked.
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
