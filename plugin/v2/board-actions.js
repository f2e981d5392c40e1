/**
 * What the board does in OpenCode 2: it shows a task's session, and runs `/task …`. For `board` and
 * `board-dialog`. It must not draw anything but a toast.
 */
import { commandName } from "../command-name.js"
import { stop } from "../tui/control.js"
import { canStop, waits } from "../tui/view.js"

/** @typedef {Record<string, any>} Context the argument that OpenCode 2 passes to `setup` of a CLI plugin */
/** @typedef {import("../tui/board.js").Seen} Seen */

/** @param {Context} context @param {Seen | undefined} board @param {string} id */
export function openTask(context, board, id) {
  const sessionID = board?.tasks.find((task) => task.id === id)?.session
  if (sessionID) context.ui.router.navigate({ type: "session", sessionID })
  else context.ui.toast.show({ message: `Task ${id} has no session yet.`, variant: "info" })
}

/**
 * Runs `/task …` in the open session, for a role's session in the mission's, or in a new one, which is then shown.
 * @param {Context} context
 * @param {string} words
 * @returns {Promise<boolean>} whether OpenCode accepted it
 */
export async function task(context, words) {
  try {
    const route = context.ui.router.current()
    const shown = route.type === "session" ? route.sessionID : undefined
    const location = { directory: directory(context) }
    // A role's session runs no command; `open` in `host` has noted from which one it was opened
    const own = shown && (context.data.session.get(shown)?.metadata?.["opencode-orchestrator"]?.parent ?? shown)
    const sessionID = own ?? (await context.client.session.create({ location })).id
    if (sessionID !== shown) context.ui.router.navigate({ type: "session", sessionID })
    await context.client.session.command({ sessionID, name: await commandName(location.directory), text: words })
    return true
  } catch (error) {
    context.ui.toast.show({ message: `/task ${words}: ${/** @type {Error} */ (error).message}`, variant: "error" })
    return false
  }
}

/** @param {Context} context @returns {string} */
export function directory(context) {
  return (context.location ?? context.data.location.default()).directory
}

/** The part of OpenCode 1's interface that requests to a mission use. @param {Context} context @returns {any} */
export function toasts(context) {
  return { ui: { toast: (/** @type {any} */ toast) => context.ui.toast.show(toast) } }
}

/** @param {Context} context @param {Seen | undefined} board */
export function stopOrSay(context, board) {
  if (board && canStop(board)) return stop(toasts(context), board)
  context.ui.toast.show({ message: "No mission runs here.", variant: "info" })
}

/** @param {Context} context @param {Seen | undefined} board */
export function resumeOrSay(context, board) {
  if (board && waits(board)) return task(context, `resume ${board.mission}`)
  context.ui.toast.show({ message: "No mission waits to be resumed here.", variant: "info" })
}
