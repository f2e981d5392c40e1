/**
 * Chooses an answer: finds the answer of a scenario that fits a conversation, or the default of the role, and the turn
 * in it.
 */
import { MAILBOX, isFault } from "./scenario.mjs"

/** @typedef {import("./conversation.mjs").Conversation} Conversation */
/** @typedef {import("./scenario.mjs").Scenario} Scenario */
/** @typedef {import("./scenario.mjs").Answer} Answer */
/** @typedef {import("./scenario.mjs").Turn} Turn */
/** @typedef {import("./scenario.mjs").Work} Work */
/** @typedef {import("./scenario.mjs").Call} Call */

/**
 * The reply to one request.
 * @typedef {object} Reply
 * @property {string} name Its place in the scenario, for the records.
 * @property {Turn} [fault]
 * @property {string} text
 * @property {string} reasoning
 * @property {{ tool: string, args: string }[]} calls
 * @property {"stop" | "length" | "tool_calls"} finish
 * @property {number} delay_ms
 * @property {string} [gate]
 */

/**
 * @param {Answer} answer
 * @param {Conversation} talk
 */
function fits(answer, talk) {
  const { header } = talk
  if (![answer.role].flat().includes(header?.role ?? talk.kind)) return false
  if (answer.task !== undefined && answer.task !== header?.task) return false
  if (answer.attempt !== undefined && ![answer.attempt].flat().includes(header?.attempt ?? 1)) return false
  if (answer.step !== undefined && ![answer.step].flat().includes(talk.step ?? 1)) return false
  if (answer.prompt !== undefined && answer.prompt !== talk.prompt) return false
  if (header?.role === "coder" && answer.part !== header.part && answer.part !== "any") return false
  return answer.match === undefined || new RegExp(answer.match, "m").test(talk.prompt_text)
}

/**
 * Paths that a plan names, for the default brief.
 * @param {Scenario} scenario
 * @returns {string[]}
 */
function plannedFiles(scenario) {
  const tasks = /** @type {any} */ (scenario.plan)?.tasks
  return Array.isArray(tasks) ? [...new Set(tasks.flatMap((task) => (Array.isArray(task?.files) ? task.files : [])))] : []
}

/**
 * The files in a Searcher's default brief: those that the plan will touch, if the prompt names them, otherwise the
 * first paths in the prompt.
 * @param {Scenario} scenario
 * @param {string} prompt
 */
function brief(scenario, prompt) {
  const planned = plannedFiles(scenario).filter((path) => typeof path === "string" && prompt.includes(path))
  const seen = [...new Set(prompt.match(/(?<![\w/.-])[\w][\w./-]*\.[a-z]{1,5}\b/gi) ?? [])]
  const files = (planned.length > 0 ? planned : seen).slice(0, 8)
  return {
    summary: "The files that the objective is about.",
    files: files.map((path) => ({ path, why: "the objective is about it" })),
  }
}

/**
 * @param {string} prompt A reviewer's prompt with lines `a1: text` and `u1: text`; no line of a diff begins in this
 *   way, because each begins with a sign.
 */
const acceptanceIds = (prompt) => [...new Set([...prompt.matchAll(/^([au]\d+):/gm)].map((match) => match[1]))]

/**
 * @param {Work} work
 * @returns {Turn}
 */
function workTurn(work) {
  /** @type {Turn} */
  const turn = {}
  for (const [path, change] of Object.entries(work)) {
    if (typeof change === "string") (turn.write ??= {})[path] = change
    else (turn.edit ??= {})[path] = change
  }
  return turn
}

/**
 * A role's turns if the scenario has none for it: the direct way.
 * @param {Scenario} scenario
 * @param {Conversation} talk
 * @returns {Turn[]}
 */
export function defaultTurns(scenario, talk) {
  const task = talk.header?.task
  switch (talk.header?.role) {
    case "searcher":
      return [{ submit: scenario.brief ?? brief(scenario, talk.prompt_text) }]
    case "planner": {
      const plan = task ? scenario.plans?.[task] : (scenario.plan ?? { tasks: [] })
      return [plan ? { submit: plan } : { text: `There is no smaller plan for ${task}.` }]
    }
    case "coder":
    case "fixer": {
      const source = talk.header.part === "tests" ? scenario.tests : scenario.work
      const work = task === undefined ? undefined : source?.[task]
      const steps = work && Object.keys(work).length > 0 ? [workTurn(work)] : []
      return [...steps, { done: `Did ${task ?? "the work"}.` }]
    }
    case "reviewer":
      return [
        {
          submit: {
            verdict: "approve",
            findings: [],
            acceptance: acceptanceIds(talk.prompt_text).map((id) => ({ id, met: true, evidence: "seen in the diff" })),
          },
        },
      ]
    default:
      return [
        {
          text:
            talk.kind === "title"
              ? "A scripted conversation"
              : talk.kind === "summary"
                ? "Nothing of note."
                : "Hello from the scripted model.",
        },
      ]
  }
}

/** @param {Turn} turn @param {Conversation} talk @returns {Call[]} */
function callsOf(turn, talk) {
  /** @type {Call[]} */
  const calls = [...(turn.calls ?? [])]
  for (const [filePath, content] of Object.entries(turn.write ?? {})) calls.push({ tool: "write", args: { filePath, content } })
  for (const [filePath, edits] of Object.entries(turn.edit ?? {})) {
    for (const [oldString, newString] of edits) calls.push({ tool: "edit", args: { filePath, oldString, newString } })
  }
  const mailbox = MAILBOX[/** @type {keyof typeof MAILBOX} */ (talk.header?.role ?? "")]
  if (turn.submit !== undefined && mailbox) calls.push({ tool: mailbox, args: turn.submit })
  if (turn.done !== undefined && mailbox) {
    // The engine ignores files that the plan names
    const unplanned = (talk.written ?? []).filter((path) => !path.startsWith("/")).map((path) => ({ path, why: "the task needs it" }))
    calls.push({ tool: mailbox, args: { status: "done", summary: turn.done, ...(unplanned.length > 0 ? { unplanned } : {}) } })
  }
  return calls.map((call) => named(call, talk.file))
}

/**
 * A call with the file's path under the name that the request's tools have for it.
 * @param {Call} call
 * @param {string} file
 * @returns {Call}
 */
function named(call, file) {
  if (!["read", "edit", "write"].includes(call.tool) || typeof call.args !== "object" || !("filePath" in call.args)) return call
  const { filePath, ...rest } = /** @type {any} */ (call.args)
  return { ...call, args: { [file]: filePath, ...rest } }
}

/**
 * Replaces `{{cwd}}`, `{{mission}}`, `{{task}}` and `{{attempt}}` in every string of a value.
 * @param {any} value
 * @param {Conversation} talk
 * @returns {any}
 */
function fill(value, talk) {
  if (typeof value === "string") {
    return value.replace(/\{\{(cwd|mission|task|attempt)\}\}/g, (_, name) =>
      name === "cwd" ? talk.cwd : String(/** @type {any} */ (talk.header)?.[name] ?? ""),
    )
  }
  if (Array.isArray(value)) return value.map((part) => fill(part, talk))
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [fill(key, talk), fill(part, talk)]))
  }
  return value
}

/**
 * The reply to a conversation.
 * @param {Scenario} scenario
 * @param {Conversation} talk
 * @param {(key: string, times: number) => boolean} strike Whether the fault of this key is still due; counts it. It is
 *   the only memory, because a failed request leaves no trace in a conversation.
 * @returns {Reply}
 */
export function replyTo(scenario, talk, strike) {
  const index = (scenario.answers ?? []).findIndex((answer) => fits(answer, talk))
  const answer = scenario.answers?.[index]
  /** @type {Turn[]} */
  let turns = answer ? answer.turns : defaultTurns(scenario, talk)
  let name = answer ? `answers[${index}]` : "default"
  if (turns[turns.length - 1]?.use === "default") turns = [...turns.slice(0, -1), ...defaultTurns(scenario, talk)]

  // Faults leave no assistant message, so they precede the turn that follows them.
  const spoken = turns.map((turn, at) => ({ turn, at })).filter(({ turn }) => !isFault(turn))
  const place = answer?.repeat && spoken.length > 0 ? talk.turn % spoken.length : talk.turn
  const from = place === 0 ? 0 : (spoken[place - 1]?.at ?? turns.length - 1) + 1
  const until = spoken[place]?.at ?? turns.length
  // Counted for the answer, not for each prompt that it answers: "once" means once.
  const who = [talk.header?.mission, talk.header?.role, talk.header?.task, talk.header?.part].join("/")
  for (let at = from; at < until; at += 1) {
    const fault = turns[at]
    if (!isFault(fault)) continue
    if (fault.times === "always" || strike(`${who}/${name}/${at}`, fault.times ?? 1)) {
      return {
        name: `${name}.turns[${at}]`,
        fault,
        text: fault.text ?? "",
        reasoning: "",
        calls: [],
        finish: "stop",
        delay_ms: fault.delay_ms ?? 0,
        gate: fault.gate,
      }
    }
  }

  const turn = spoken[place]?.turn ?? { text: "Done." }
  name = spoken[place] ? `${name}.turns[${spoken[place].at}]` : `${name}.end`
  const calls = callsOf(turn, talk).map(({ tool, args }) => ({
    tool,
    args: typeof args === "string" ? args : JSON.stringify(fill(args, talk)),
  }))
  return {
    name,
    text: fill((turn.text ?? "").repeat(turn.text_times ?? 1), talk),
    reasoning: turn.reasoning ?? "",
    calls,
    finish: turn.finish ?? (calls.length > 0 ? "tool_calls" : "stop"),
    delay_ms: turn.delay_ms ?? 0,
    gate: turn.gate,
  }
}
