/**
 * The dialog of a mission in OpenCode 2: what it asks, what can be done with it, and its tasks. `board` opens
 * it; `board-actions` and `tui/control` do what is chosen. It must not change a mission itself.
 */
import { ask, stop } from "../tui/control.js"
import { DIALOG_KEYS, canStop, choices, fit, grouped, plain, shortPause, waits } from "../tui/view.js"
import { openTask, task, toasts } from "./board-actions.js"

/** @typedef {import("./board-actions.js").Context} Context @typedef {import("../tui/board.js").Seen} Seen */
/** @typedef {{ title: string, description: string, category: string, run: () => unknown }} Choice */
/** @typedef {{ graph: () => void, review: () => void }} Show what takes the whole screen */

/**
 * @param {Context} context
 * @param {Seen | undefined} board
 * @param {Show} show
 */
export async function openDialog(context, board, show) {
  if (!board) {
    context.ui.toast.show({ message: 'No mission here. Start one with /task "what you want".', variant: "info" })
    return
  }
  const all = [...asking(context, board), ...acting(context, board, show), ...tasks(context, board)]
  const options = all.map(({ title, description, category }, at) => ({
    title,
    description,
    category,
    value: String(at),
    ...(DIALOG_KEYS[title] ? { footer: DIALOG_KEYS[title] } : {}),
  }))
  const mine = new Map(all.map(({ title, run }) => [title, run]))
  keyed = mine
  const chosen = await context.ui.dialog
    .select({ title: fit(`Mission ${board.mission}: ${board.objective}`, 80), placeholder: "type to search", options })
    .finally(() => {
      // Another dialog may be open by now
      if (keyed === mine) keyed = new Map()
    })
  if (chosen !== undefined) await all[Number(chosen)]?.run()
}

/** What the keys of the open dialog do, by title; empty while it is closed. @type {Map<string, () => unknown>} */
let keyed = new Map()

/**
 * A layer with the keys of the dialog, which works only while it is open.
 * @param {Context} context
 */
export function dialogKeys(context) {
  return {
    // A dialog has a mode of its own
    mode: "global",
    commands: Object.entries(DIALOG_KEYS).map(([title, bind]) => ({
      title,
      group: "Mission",
      bind,
      enabled: () => keyed.has(title),
      run: async () => {
        const run = keyed.get(title)
        keyed = new Map()
        context.ui.dialog.clear()
        await run?.()
      },
    })),
  }
}

/** @param {Context} context @param {Seen} board @returns {Choice[]} */
function asking(context, board) {
  return choices(board).map(({ question, choice, answer }) => ({
    title: choice,
    description: `/task answer ${answer}`,
    category: fit(question, 70),
    run: () => ask(toasts(context), board, { kind: "answer", text: answer }, `Answered: ${choice}`),
  }))
}

/** @param {Context} context @param {Seen} board @param {Show} show @returns {Choice[]} */
function acting(context, board, show) {
  const { mission, paused, outcome } = board
  const act = (/** @type {string} */ title, /** @type {string} */ description, /** @type {() => unknown} */ run, category = "Mission") => ({ title, description, category, run })
  const say = (/** @type {string} */ words) => () => task(context, words)
  const waiting = waits(board)
  const planned = waiting && board.tasks.some(({ state }) => state === "waiting")
  // The whole reason does not fit a row
  const category = paused ? `Paused: ${shortPause(paused).split(": ")[0]}` : undefined
  const why = () => context.ui.toast.show({ message: plain(paused ?? ""), variant: "info", duration: 8_000 })
  return [
    ...(canStop(board) ? [act("Stop", "pause; Resume continues it later", () => stop(toasts(context), board))] : []),
    ...(waiting ? [act("Resume", paused ? "agree and continue" : "continue the mission", say(`resume ${mission}`), category)] : []),
    ...(paused && planned ? [act("Change", "first change the plan, in your words", () => change(context, mission), category)] : []),
    ...(paused ? [act("Why", fit(shortPause(paused).replace(/^[^:]*: /, ""), 50), why, category)] : []),
    ...(planned ? [act("Plan", "show the tasks that have not started", say("plan"))] : []),
    ...(outcome ? [act("Review", "the change; take back, comment", show.review)] : []),
    ...(outcome && !board.undone ? [act("Undo", "take the whole change back", say(`undo ${mission}`))] : []),
    act("Report", "what was done, verified and spent", say(`report ${mission}`)),
    act("Graph", "tasks and what they depend on", show.graph),
  ]
}

/** @param {Context} context @param {Seen} board @returns {Choice[]} */
function tasks(context, board) {
  const waiting = board.paused ? board.tasks.filter(({ state }) => state === "waiting") : []
  return [
    ...grouped(board).map(({ group, task, text }) => ({ title: `${task.id}  ${fit(task.title, 60)}`, description: text, category: group, run: () => openTask(context, board, task.id) })),
    ...waiting.map(({ id, title }) => ({ title: `Drop ${id}`, description: fit(title, 60), category: "Plan", run: () => task(context, `plan drop ${id}`) })),
  ]
}

/** @param {Context} context @param {string} mission */
async function change(context, mission) {
  const words = await context.ui.dialog.prompt({ title: "What should change?", placeholder: "no new packages; one task is enough; …" })
  if (words?.trim() && (await task(context, `tell ${words.trim()}`))) await task(context, `resume ${mission}`)
}
