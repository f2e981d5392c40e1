/**
 * The review as a screen of OpenCode 1's terminal interface: its dialogs, keys, colours and routes, for `review`.
 * `plugin` registers it and shows it.
 */
import { onCleanup } from "solid-js"
import { sessionOf, task } from "./control.js"
import { review } from "./review.js"

const REVIEW = "orchestrator-review"

/** @typedef {import("@opencode-ai/plugin/tui").TuiPluginApi} Api */
/**
 * @typedef {{ mission: string, from: { name: string, params?: Record<string, unknown> } }} Opened the mission, and the
 *   route to return to
 */

/** @param {Api} api @param {string} mission */
export function showReview(api, mission) {
  api.route.navigate(REVIEW, { mission, from: { ...api.route.current } })
}

/** The screen, to be registered once. @param {Api} api */
export function reviewRoute(api) {
  return {
    name: REVIEW,
    render: (/** @type {{ params?: Record<string, unknown> }} */ { params }) => {
      const { mission, from } = /** @type {Opened} */ (params)
      return review(screen(api, from), mission)
    },
  }
}

/** @param {Api} api @param {Opened["from"]} from @returns {import("./review.js").Screen} */
function screen(api, from) {
  const { dialog, DialogConfirm, DialogPrompt, toast } = api.ui
  return {
    directory: () => api.state.path.directory,
    theme: () => api.theme.current,
    back: () => api.route.navigate(from.name, from.params),
    toast: (message, variant, duration) => toast({ message, variant, duration }),
    confirm: (title, message) =>
      answer((give) => dialog.replace(() => DialogConfirm({ title, message, onConfirm: () => give(true), onCancel: () => give(false) })), dialog),
    prompt: (question) =>
      answer((give) => dialog.replace(() => DialogPrompt({ ...question, onConfirm: give, onCancel: () => give(undefined) })), dialog),
    keys: (keys) => {
      const name = (/** @type {{ name: string }} */ key) => `orchestrator.review.${key.name}`
      const off = api.keymap.registerLayer({
        // A dialog above it has another mode, and its own keys
        mode: "base",
        commands: keys.map((key) => ({ name: name(key), title: key.title, run: key.run })),
        bindings: keys.map((key) => ({ key: key.keys.join(","), cmd: name(key), desc: key.title })),
      })
      onCleanup(off)
    },
    task: (words) => task(api, words, sessionOf(from)),
  }
}

/**
 * The answer that a dialog gives, once it is closed. A dialog that the user leaves in another way gives none.
 * @template T
 * @param {(give: (value: T) => void) => void} ask
 * @param {{ clear: () => void }} dialog
 * @returns {Promise<T>}
 */
function answer(ask, dialog) {
  return new Promise((resolve) =>
    ask((value) => {
      dialog.clear()
      resolve(value)
    }),
  )
}
