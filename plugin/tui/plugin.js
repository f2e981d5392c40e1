/**
 * The board in OpenCode's terminal interface: the sidebar, the line beside the prompt, the start page, a dialog, the
 * graph, the review, and a note when a mission ends or waits. Without a mission it shows nothing.
 */
import { onCleanup } from "solid-js"
import { ask, sessionOf, stop, task } from "./control.js"
import { column, element, laneRows } from "./elements.js"
import { stateFolder } from "./place.js"
import { reviewRoute, showReview } from "./review-route.js"
import { boardState } from "./state.js"
import { DIALOG_KEYS, canStop, choices, doing, fit, grouped, homeLine, isOpen, plain, promptLine, shortPause, sidebar, waits } from "./view.js"

/** Characters of a line in OpenCode's sidebar, which is 42 columns wide. */
const SIDEBAR = 36
const GRAPH = "orchestrator-graph"

/** @typedef {import("@opencode-ai/plugin/tui").TuiPluginApi} Api */
/** @typedef {import("./board.js").Seen} Seen */
/** @typedef {import("@opencode-ai/plugin/tui").TuiSlotContext} Context */

/** @type {import("@opencode-ai/plugin/tui").TuiPlugin} */
export async function tui(api) {
  const { board, now, recent } = boardState(() => stateFolder(api.state.path), (told) => tell(api, told), api.lifecycle.signal)
  const open = (/** @type {string} */ id) => openTask(api, recent(), id)

  api.slots.register({
    order: 50,
    slots: {
      sidebar_content: (/** @type {Context} */ context) => {
        const theme = context.theme.current
        return element("box", { flexDirection: "column" }, () => {
          const seen = recent()
          if (!seen) return []
          const title = element("text", { fg: theme.text, wrapMode: "none" }, fit(`Mission: ${seen.objective}`, SIDEBAR))
          return [title, column(theme, () => sidebar(seen, now(), SIDEBAR, asked(api, seen)), open)]
        })
      },
      session_prompt_right: (/** @type {Context} */ context) => {
        const theme = context.theme.current
        return element("text", { fg: theme.textMuted, wrapMode: "none" }, () => {
          const seen = board()
          return seen && isOpen(seen) ? promptLine(seen, now()) : ""
        })
      },
      home_bottom: (/** @type {Context} */ context) => {
        const theme = context.theme.current
        return element("text", { fg: theme.textMuted, wrapMode: "none" }, () => homeLine(board(), now()))
      },
    },
  })
  api.route.register([{ name: GRAPH, render: () => graph(api, board, open) }, reviewRoute(api)])
  registerKeys(api, recent)
}

/** The commands of the palette, with their keys. @param {Api} api @param {() => Seen | undefined} recent */
function registerKeys(api, recent) {
  const commands = [
    {
      name: "orchestrator.mission",
      title: "Mission: tasks, stop, resume, graph",
      category: "Mission",
      namespace: "palette",
      slashName: "mission",
      run: () => dialog(api, recent()),
    },
    {
      name: "orchestrator.graph",
      title: "Mission: graph",
      category: "Mission",
      namespace: "palette",
      run: () => showGraph(api),
    },
    {
      name: "orchestrator.review",
      title: "Mission: review of the change",
      category: "Mission",
      namespace: "palette",
      run: () => review(api, recent()),
    },
    {
      name: "orchestrator.stop",
      title: "Mission: stop",
      category: "Mission",
      namespace: "palette",
      run: () => stopOrSay(api, recent()),
    },
    {
      name: "orchestrator.resume",
      title: "Mission: resume",
      category: "Mission",
      namespace: "palette",
      run: () => resumeOrSay(api, recent()),
    },
  ]
  const off = api.keymap.registerLayer({
    commands,
    bindings: [{ key: "<leader>k", cmd: "orchestrator.mission", desc: "mission" }],
  })
  api.lifecycle.onDispose(off)
}

/** @param {Api} api @param {Seen | undefined} board */
function stopOrSay(api, board) {
  if (board && canStop(board)) void stop(api, board)
  else api.ui.toast({ message: "No mission runs here.", variant: "info" })
}

/** @param {Api} api @param {Seen | undefined} board */
function resumeOrSay(api, board) {
  if (board && waits(board)) void task(api, `resume ${board.mission}`)
  else api.ui.toast({ message: "No mission waits to be resumed here.", variant: "info" })
}

/** Questions for the user in the mission's own sessions. @param {Api} api @param {Seen} board */
function asked(api, board) {
  const sessions = new Set(board.tasks.flatMap((task) => (task.session ? [task.session] : [])))
  if (board.seat?.session) sessions.add(board.seat.session)
  const shown = sessionOf(api.route.current)
  if (shown) sessions.add(shown)
  return [...sessions].flatMap((id) => {
    const permissions = api.state.session.permission(id).map((request) => `allow ${request.permission}?`)
    const questions = api.state.session.question(id).map((request) => request.questions[0]?.question ?? "a question")
    return [...permissions, ...questions]
  })
}

/** @param {Api} api @param {NonNullable<ReturnType<typeof import("./view.js").news>>} told */
function tell(api, { message, sound, variant }) {
  api.ui.toast({ title: "opencode-orchestrator", message, variant, duration: 8_000 })
  void api.attention
    .notify({ title: "opencode-orchestrator", message, notification: { when: "blurred" }, sound: { name: sound, when: "blurred" } })
    .catch(() => {})
}

/** @param {Api} api @param {Seen | undefined} board @param {string} id */
function openTask(api, board, id) {
  const session = board?.tasks.find((task) => task.id === id)?.session
  if (session) api.route.navigate("session", { sessionID: session })
  else api.ui.toast({ message: `Task ${id} has no session yet.`, variant: "info" })
}

/**
 * How to continue a waiting mission: as it is, which agrees to what it waits for, or after changing its plan.
 * @param {Api} api
 * @param {Seen} board
 * @param {(title: string, description: string, then: () => void) => import("@opencode-ai/plugin/tui").TuiDialogSelectOption<string>} act
 * @param {boolean} planned whether some tasks of its plan have not started
 */
function resuming(api, board, act, planned) {
  if (!waits(board)) return []
  const { mission, paused } = board
  // The whole reason does not fit a row
  const category = paused ? `Paused: ${shortPause(paused).split(": ")[0]}` : "Mission"
  const resume = () => task(api, `resume ${mission}`)
  const change = () =>
    api.ui.dialog.replace(() =>
      api.ui.DialogPrompt({
        title: "What should change?",
        placeholder: "no new packages; one task is enough; …",
        onConfirm: async (text) => {
          api.ui.dialog.clear()
          if (text.trim() && (await task(api, `tell ${text.trim()}`))) await resume()
        },
        onCancel: () => api.ui.dialog.clear(),
      }),
    )
  const why = () =>
    api.ui.dialog.replace(() =>
      // The alert closes after this call, and would close a dialog that is opened in it
      api.ui.DialogAlert({ title: category, message: plain(paused ?? ""), onConfirm: () => void setTimeout(() => dialog(api, board)) }),
    )
  return [
    { ...act("Resume", paused ? "agree and continue" : "continue the mission", () => void resume()), category },
    ...(paused && planned ? [{ ...act("Change", "first change the plan, in your words", change), category }] : []),
    ...(paused ? [{ ...act("Why", fit(shortPause(paused).replace(/^[^:]*: /, ""), 50), why), category }] : []),
  ]
}

/** @param {Api} api @param {Seen | undefined} board */
function review(api, board) {
  api.ui.dialog.clear()
  if (board?.outcome) showReview(api, board.mission)
  else api.ui.toast({ message: "The change can be reviewed once the mission has ended.", variant: "info" })
}

/** The tasks in groups: Enter opens the session of a task. @param {Api} api @param {Seen | undefined} board */
function dialog(api, board) {
  if (!board) {
    api.ui.toast({ message: 'No mission here. Start one with /task "what you want".', variant: "info" })
    return
  }
  const close = (/** @type {() => void} */ then) => () => {
    api.ui.dialog.clear()
    then()
  }
  const act = (/** @type {string} */ title, /** @type {string} */ description, /** @type {() => void} */ then) => ({
    title,
    value: title,
    description,
    category: "Mission",
    onSelect: close(then),
    ...(DIALOG_KEYS[title] ? { footer: DIALOG_KEYS[title] } : {}),
  })
  const waiting = board.paused ? board.tasks.filter((task) => task.state === "waiting") : []
  const options = [
    ...choices(board).map(({ question, choice, answer }) => ({
      title: choice,
      value: answer,
      description: `/task answer ${answer}`,
      category: fit(question, 70),
      onSelect: close(() => void ask(api, board, { kind: "answer", text: answer }, `Answered: ${choice}`)),
    })),
    ...(canStop(board) ? [act("Stop", "pause; Resume continues it later", () => void stop(api, board))] : []),
    ...resuming(api, board, act, waiting.length > 0),
    ...(waiting.length > 0 ? [act("Plan", "show the tasks that have not started", () => task(api, "plan"))] : []),
    ...(board.outcome ? [act("Review", "the change; take back, comment", () => showReview(api, board.mission))] : []),
    ...(board.outcome && !board.undone ? [act("Undo", "take the whole change back", () => task(api, `undo ${board.mission}`))] : []),
    act("Report", "what was done, verified and spent", () => task(api, `report ${board.mission}`)),
    act("Graph", "tasks and what they depend on", () => showGraph(api)),
    ...grouped(board).map(({ group, task, text }) => ({
      title: `${task.id}  ${fit(task.title, 60)}`,
      value: task.id,
      description: text,
      category: group,
      onSelect: close(() => openTask(api, board, task.id)),
    })),
    ...waiting.map(({ id, title }) => ({
      title: `Drop ${id}`,
      value: `drop ${id}`,
      description: fit(title, 60),
      category: "Plan",
      onSelect: close(() => task(api, `plan drop ${id}`)),
    })),
  ]
  api.ui.dialog.setSize("large")
  api.ui.dialog.replace(() => {
    dialogKeys(api, options)
    return api.ui.DialogSelect({ title: fit(`Mission ${board.mission}: ${board.objective}`, 80), placeholder: "type to search", options })
  })
}

/**
 * Keys for the rows of the dialog that have one, until it closes.
 * @param {Api} api
 * @param {import("@opencode-ai/plugin/tui").TuiDialogSelectOption<string>[]} options
 */
function dialogKeys(api, options) {
  const name = (/** @type {{ value: string }} */ { value }) => `orchestrator.dialog.${value.toLowerCase()}`
  const keyed = options.filter(({ value }) => DIALOG_KEYS[value])
  const off = api.keymap.registerLayer({
    commands: keyed.map((option) => ({ name: name(option), title: option.title, run: () => option.onSelect?.() })),
    bindings: keyed.map((option) => ({ key: DIALOG_KEYS[option.value], cmd: name(option), desc: option.title })),
  })
  onCleanup(off)
}

/**
 * The route from which the graph was opened, to return to it.
 * @type {{ name: string, params?: Record<string, unknown> } | undefined}
 */
let from

/** @param {Api} api */
function showGraph(api) {
  if (api.route.current.name !== GRAPH) from = { ...api.route.current }
  api.route.navigate(GRAPH)
}

/**
 * The whole screen: one row for each task.
 * @param {Api} api
 * @param {() => Seen | undefined} board
 * @param {(id: string) => void} open
 */
function graph(api, board, open) {
  const back = () => api.route.navigate(from?.name ?? "home", from?.params)
  const off = api.keymap.registerLayer({
    commands: [{ name: "orchestrator.graph.back", title: "Back", run: back }],
    bindings: [
      { key: "escape", cmd: "orchestrator.graph.back", desc: "back" },
      { key: "q", cmd: "orchestrator.graph.back", desc: "back" },
    ],
  })
  onCleanup(off)
  const theme = api.theme.current
  return element("box", { flexDirection: "column", padding: 1, flexGrow: 1 }, () => {
    const seen = board()
    if (!seen) return [element("text", { fg: theme.textMuted }, "No mission here.")]
    const head = element("text", { fg: theme.text }, `${seen.mission}: ${fit(seen.objective, 100)} · ${doing(seen)}`)
    const body = element("scrollbox", { flexGrow: 1, marginTop: 1 }, laneRows(theme, seen.tasks, open))
    return [head, body, element("text", { fg: theme.textMuted }, "esc back · click a task to open its session")]
  })
}
