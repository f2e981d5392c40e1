/**
 * The review as a page of OpenCode 2's terminal interface: its dialogs, keys, colours and routes, for `tui/review`.
 * `board` registers it and shows it.
 */
import { review } from "../tui/review.js"
import { directory, task } from "./board-actions.js"

const PAGE = "review"

/** @typedef {import("./board-actions.js").Context} Context @typedef {import("../tui/board.js").Seen} Seen */
/** @typedef {{ mission: string, from: any }} Opened the mission, and the route to return to */

/**
 * @param {Context} context
 * @param {Seen | undefined} board
 */
export function showReview(context, board) {
  if (!board?.outcome) {
    context.ui.toast.show({ message: "The change can be reviewed once the mission has ended.", variant: "info" })
    return
  }
  const shown = context.ui.router.current()
  const from = shown.type === "plugin" && shown.name === PAGE ? shown.data?.from : shown
  context.ui.router.navigate({ type: "plugin", name: PAGE, data: { mission: board.mission, from } })
}

/** The page, to be registered once. @param {Context} context @param {() => any} theme */
export function reviewPage(context, theme) {
  return {
    name: PAGE,
    render: (/** @type {{ data?: Record<string, any> }} */ { data }) => {
      const { mission, from } = /** @type {Opened} */ (data)
      return review(screen(context, theme, from), mission)
    },
  }
}

/** @param {Context} context @param {() => any} theme @param {any} from @returns {import("../tui/review.js").Screen} */
function screen(context, theme, from) {
  const { dialog, router, toast } = context.ui
  const back = () => router.navigate({ ...from })
  return {
    directory: () => directory(context),
    theme,
    back,
    toast: (message, variant, duration = 5_000) => toast.show({ message, variant, duration }),
    confirm: async (title, message) => (await dialog.confirm({ title, message })) === true,
    prompt: (question) => dialog.prompt(question),
    // A key each, as no document says how to write several; without an id they are in no list of commands
    keys: (keys) =>
      context.keymap.layer(() => ({
        mode: "base",
        commands: keys.flatMap(({ keys, title, run }) => keys.map((bind) => ({ title, group: "Review", bind, run }))),
      })),
    task: (words) => {
      // In the session from which the review was opened, if there was one
      if (from.type === "session") back()
      return task(context, words)
    },
  }
}
