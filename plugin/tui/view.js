/**
 * The contents of a board as lines of text, each with a tone: pure, so that tests need no terminal. `elements.js` draws
 * the lines.
 */

/** @typedef {import("./board.js").Seen} Seen @typedef {import("./board.js").BoardTask} BoardTask */
/** @typedef {"text" | "muted" | "busy" | "good" | "bad" | "asks"} Tone */
/** @typedef {{ text: string, tone: Tone, task?: string }} Line */

/** The most lines of one group of tasks in the sidebar. */
const MOST_LINES = 6
/** The most characters of a worker's name in the sidebar. */
const MOST_WORKER = 10
/** The most lines of one question or reason in the sidebar. */
const MOST_WRAPPED = 3
const RUNNING = new Set(["testing", "working", "judging", "fixing", "passed"])
const LOST = new Set(["given_up", "cancelled"])

/** The activity of a running task, in a word. @type {Record<string, string>} */
const DOING = { testing: "testing", working: "coding", judging: "checking", fixing: "fixing", passed: "integrating" }

/**
 * Keys of the dialog, by the row that they choose. With Ctrl, because letters go to its search.
 * @type {Record<string, string>}
 */
export const DIALOG_KEYS = { Stop: "ctrl+s", Resume: "ctrl+r", Review: "ctrl+o" }

/** The state of a task, in the words of the board. @param {string} state */
export function stateWord(state) {
  return DOING[state] ?? { given_up: "abandoned", integrated: "done" }[state] ?? state
}

/**
 * The tasks that count: a task replaced by a plan of its own does not, because that plan's tasks do.
 * @param {Seen} board
 */
function counted(board) {
  return board.tasks.filter((task) => task.state !== "split")
}

/** @param {Seen} board @param {(task: BoardTask) => boolean} which */
function those(board, which) {
  return counted(board).filter(which)
}

/** Running time until now, because the board is written only after changes. @param {Seen} board @param {number} now */
export function elapsed(board, now) {
  return board.running ? board.elapsed_ms + Math.max(0, now - board.written_ms) : board.elapsed_ms
}

/** `4:05`, `1:02:03`. @param {number} ms */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0")
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** @param {number} usd */
export function money(usd) {
  return `$${usd.toFixed(usd > 0 && usd < 0.01 ? 4 : 2)}`
}

/** The spent amount and its limit. @param {Seen} board */
export function spent(board) {
  const limit = board.budget?.cost_usd
  if (limit) return `${money(board.usage.cost_usd)} of ${money(limit)}`
  return money(board.usage.cost_usd)
}

/** @param {string} text @param {number} width in characters */
export function fit(text, width) {
  const whole = plain(text)
  const characters = [...whole]
  return characters.length <= width ? whole : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`
}

/**
 * A text as several lines, broken between words.
 * @param {string} text
 * @param {number} width in characters
 * @param {number} most lines; the last one is cut
 */
export function wrap(text, width, most) {
  /** @type {string[]} */
  const lines = []
  let rest = plain(text)
  while (lines.length < most - 1 && [...rest].length > width) {
    const part = [...rest].slice(0, width + 1).join("")
    const at = part.lastIndexOf(" ")
    const line = at > 0 ? part.slice(0, at) : [...rest].slice(0, width).join("")
    lines.push(line)
    rest = rest.slice(line.length).trim()
  }
  return [...lines, fit(rest, width)]
}

/** A text of the engine without Markdown, which toasts, dialogs and the sidebar do not draw. @param {string} text */
export function plain(text) {
  return text.replace(/`|\*\*/g, "").replace(/\s+/g, " ").trim()
}

/** `3/7`. @param {Seen} board */
function progress(board) {
  return `${those(board, (task) => task.state === "integrated").length}/${counted(board).length}`
}

/** What a mission lacks that is done and that no test, or not every test, verifies. @param {Seen} board */
function unverified(board) {
  if (board.outcome !== "done") return ""
  return { yes: "", in_part: ", verified in part", no: ", unverified" }[board.verified ?? "yes"]
}

/** The mission's activity, in a few words. @param {Seen} board */
export function doing(board) {
  if (board.outcome) return board.outcome + unverified(board)
  if (board.paused) return "paused"
  if (!board.running) return "interrupted"
  if (open(board).length > 0) return "waiting for your answer"
  const task = those(board, (task) => RUNNING.has(task.state)).at(-1)
  if (task) return `${DOING[task.state]} ${task.id}`
  // While nothing else happens, a change of the plan is made
  if (board.stage === "working" && board.seat?.role === "planner") return "planning"
  const stages = /** @type {Record<string, string>} */ ({
    starting: "checking the base",
    searching: "searching",
    planning: "planning",
    working: "integrating",
    reviewing: "reviewing the whole",
    delivering: "delivering",
  })
  return stages[board.stage] ?? board.stage
}

/** Why a mission waits, without how to continue it. @param {string} paused */
export function shortPause(paused) {
  return plain(paused).replace(/[.;] \/task resume .*$/, "")
}

/** The line beside the prompt: `3/7 · $0.08 · 1:50 · fixing format-locale`. @param {Seen} board @param {number} now */
export function promptLine(board, now) {
  const parts = counted(board).length > 0 ? [progress(board)] : []
  return [...parts, money(board.usage.cost_usd), clock(elapsed(board, now)), doing(board)].join(" · ")
}

/** Whether the mission still has something to do. @param {Seen} board */
export function isOpen(board) {
  return !board.outcome
}

/**
 * Whether a stop reaches the mission: an undo holds the project, too, for a mission that has ended.
 * @param {Seen} board
 */
export function canStop(board) {
  return isOpen(board) && board.running && !board.paused
}

/** Whether the mission waits for the user or for a resume; the process of a paused one may still be ending. @param {Seen} board */
export function waits(board) {
  return isOpen(board) && (!board.running || Boolean(board.paused))
}

/** The line of the start page; empty without an open mission. @param {Seen | undefined} board @param {number} now */
export function homeLine(board, now) {
  if (!board || !isOpen(board)) return ""
  return `Mission ${board.mission}: ${waits(board) ? `${doing(board)} · /task resume ${board.mission}` : promptLine(board, now)}`
}

/**
 * The choices of the open questions, each with the answer that selects it.
 * @param {Seen} board
 * @returns {{ question: string, choice: string, answer: string }[]}
 */
export function choices(board) {
  return (board.questions ?? []).flatMap(({ question, choices, default: usual, chosen }, at) =>
    chosen === undefined
      ? choices.map((choice, n) => ({
          question: `${at + 1}. ${question}`,
          choice: choice === usual ? `${choice} (default)` : choice,
          answer: `${at + 1}${String.fromCharCode(97 + n)}`,
        }))
      : [],
  )
}

/** Open questions, with their numbers. @param {Seen} board */
function open(board) {
  return [...new Set(choices(board).map(({ question }) => question))]
}

/**
 * The board in the sidebar: first questions for the user, then running, failed, waiting and done tasks.
 * @param {Seen} board
 * @param {number} now in milliseconds since 1970
 * @param {number} width in characters
 * @param {string[]} [asks] questions that wait for the user's answer
 * @returns {Line[]}
 */
export function sidebar(board, now, width, asks = []) {
  /** @type {Line[]} */
  const lines = []
  const say = (/** @type {string} */ text, /** @type {Tone} */ tone, /** @type {string} */ task = "") =>
    lines.push({ text: fit(text, width), tone, ...(task ? { task } : {}) })
  const sum = `${spent(board)} · ${clock(elapsed(board, now))}`
  if (board.outcome) {
    const good = board.outcome === "done" && unverified(board) === ""
    const ended = `${progress(board)} tasks · ${money(board.usage.cost_usd)} · ${clock(board.elapsed_ms)}`
    if (board.undone) say(`Undone: ${ended}`, "muted")
    else if (good) say(`✓ Done: ${ended}`, "good")
    else if (board.outcome === "done") wrap(`! Done${unverified(board)}: ${ended}`, width, 2).forEach((line) => say(line, "asks"))
    else say(`✗ ${doing(board)}: ${ended}`, "bad")
    for (const task of those(board, (task) => LOST.has(task.state)).slice(0, MOST_LINES)) say(`✗ ${task.id}`, "bad", task.id)
    return lines
  }
  const ask = (/** @type {string} */ text) => wrap(text, width, MOST_WRAPPED).forEach((line) => say(line, "asks"))
  say(counted(board).length > 0 ? `${progress(board)} tasks · ${sum}` : sum, "muted")
  for (const question of [...open(board), ...asks].slice(0, MOST_LINES)) ask(`? ${question}`)
  if (open(board).length > 0) say("/mission, or /task answer", "asks")
  if (board.paused) {
    ask(`‖ paused: ${shortPause(board.paused)}`)
    say(`/mission, or /task resume ${board.mission}`, "asks")
  } else if (!board.running) {
    say("‖ interrupted", "asks")
    say(`/task resume ${board.mission}`, "asks")
  }
  const busy = those(board, (task) => RUNNING.has(task.state))
  if (busy.length === 0 && board.running && open(board).length === 0) say(`● ${doing(board)}`, "busy")
  for (const task of busy.slice(0, MOST_LINES)) {
    const since = board.running && task.started_ms ? ` ${clock(now - task.started_ms)}` : ""
    const attempt = task.attempt > 1 ? ` #${task.attempt}` : ""
    const worker = task.worker ? ` @${fit(task.worker, MOST_WORKER)}` : ""
    const more = `${attempt}${worker}${since}`
    // A long name of a task does not hide what is known of it
    say(`● ${fit(`${DOING[task.state]} ${task.id}`, Math.max(MOST_WORKER, width - 2 - [...more].length))}${more}`, "busy", task.id)
  }
  if (busy.length > MOST_LINES) say(`  and ${busy.length - MOST_LINES} more`, "busy")
  const lost = those(board, (task) => LOST.has(task.state))
  for (const task of lost.slice(0, MOST_LINES)) say(`✗ ${task.id}${task.detail ? `: ${task.detail}` : ""}`, "bad", task.id)
  if (lost.length > MOST_LINES) say(`  and ${lost.length - MOST_LINES} more`, "bad")
  const waiting = those(board, (task) => task.state === "waiting").length
  if (waiting > 0) {
    const next = (board.next ?? []).slice(0, 2).join(", ")
    say(`○ ${waiting} waiting${next ? ` · next: ${next}` : ""}`, "muted")
  }
  const done = those(board, (task) => task.state === "integrated").length
  if (done > 0) say(`✓ ${done} done`, "good")
  return lines
}

/** The groups of the dialog, in their order. */
const GROUPS = /** @type {const} */ ([
  ["Running", (/** @type {BoardTask} */ task) => RUNNING.has(task.state)],
  ["Failed", (/** @type {BoardTask} */ task) => LOST.has(task.state)],
  ["Waiting", (/** @type {BoardTask} */ task) => task.state === "waiting"],
  ["Done", (/** @type {BoardTask} */ task) => task.state === "integrated"],
])

/**
 * Every task with its group, for the dialog.
 * @param {Seen} board
 * @returns {{ group: string, task: BoardTask, text: string }[]}
 */
export function grouped(board) {
  return GROUPS.flatMap(([group, which]) =>
    those(board, which).map((task) => {
      const role = task.role && RUNNING.has(task.state) ? ` · ${task.role}` : ""
      const attempt = task.attempt > 1 ? ` · attempt ${task.attempt}` : ""
      const worker = task.worker ? ` · checked on ${fit(task.worker, 30)}` : ""
      const why = task.detail && !RUNNING.has(task.state) ? ` · ${fit(task.detail, 60)}` : ""
      return { group, task, text: `${DOING[task.state] ?? ""}${role}${attempt}${worker}${why}`.replace(/^ · /, "") }
    }),
  )
}

/**
 * The graph as lanes, like the history in `git log --graph`: one row for each task, below the tasks it depends on.
 * @param {BoardTask[]} tasks
 * @returns {{ lanes: string, task: BoardTask }[]}
 */
export function lanes(tasks) {
  const shown = tasks.filter((task) => task.state !== "split")
  const known = new Map(shown.map((task) => [task.id, task]))
  /** How many tasks below still wait for each task. @type {Map<string, number>} */
  const open = new Map()
  for (const task of shown) for (const on of new Set(task.depends_on)) open.set(on, (open.get(on) ?? 0) + 1)
  /** A lane holds the task whose edge runs down in it. @type {(string | undefined)[]} */
  const columns = []
  return ordered(shown, known).map((task) => {
    const from = task.depends_on.filter((on) => known.has(on))
    for (const on of from) open.set(on, (open.get(on) ?? 1) - 1)
    const ended = columns.findIndex((id) => id !== undefined && from.includes(id) && open.get(id) === 0)
    let own = ended >= 0 ? ended : columns.indexOf(undefined)
    if (own < 0) own = columns.length
    /** @type {string[]} */
    const cells = columns.map((id) => {
      if (id === undefined) return " "
      if (!from.includes(id)) return "│"
      return open.get(id) === 0 ? "╯" : "┤"
    })
    cells[own] = "●"
    columns.forEach((id, i) => {
      if (id !== undefined && from.includes(id) && open.get(id) === 0) columns[i] = undefined
    })
    columns[own] = (open.get(task.id) ?? 0) > 0 ? task.id : undefined
    while (columns.length > 0 && columns.at(-1) === undefined) columns.pop()
    return { lanes: cells.join(" "), task }
  })
}

/** Dependencies first, otherwise in the order of the plan. @param {BoardTask[]} tasks @param {Map<string, BoardTask>} known */
function ordered(tasks, known) {
  /** @type {Set<BoardTask>} */
  const done = new Set()
  const rest = [...tasks]
  while (rest.length > 0) {
    const at = rest.findIndex((task) => task.depends_on.every((on) => !known.has(on) || done.has(/** @type {BoardTask} */ (known.get(on)))))
    // A plan contains no cycle; if a damaged board does, the rest keeps its order.
    const [task] = rest.splice(Math.max(0, at), 1)
    done.add(task)
  }
  return [...done]
}

/**
 * The message for the user when the board changes: the end, a pause.
 * @param {Seen | undefined} before
 * @param {Seen | undefined} now
 * @returns {{ message: string, sound: "done" | "error" | "question", variant: "success" | "error" | "warning" } | undefined}
 */
export function news(before, now) {
  if (!now || before?.mission !== now.mission) return undefined
  if (now.outcome && !before.outcome) {
    const done = now.outcome === "done"
    const message = `Mission ${doing(now)}: ${progress(now)} tasks · ${spent(now)} · ${clock(now.elapsed_ms)}`
    const variant = done ? (unverified(now) ? "warning" : "success") : "error"
    return { message, sound: done ? "done" : "error", variant }
  }
  const [question] = open(now)
  if (question && open(before).length === 0) {
    return { message: `Mission asks: ${fit(question, 120)} Answer in /mission.`, sound: "question", variant: "warning" }
  }
  if (now.paused && !before.paused) {
    const message = `Mission paused: ${fit(shortPause(now.paused), 120)}. /mission shows what you can do.`
    return { message, sound: "question", variant: "warning" }
  }
  return undefined
}
