/**
 * Scenarios: the answers of the scripted model. They are checked before anything runs, so that a typing mistake gives
 * an error and not a test that hangs.
 */
import { readFileSync } from "node:fs"

/** @typedef {import("./conversation.mjs").Conversation} Conversation */

/**
 * @typedef {object} Call
 * @property {string} tool
 * @property {Record<string, unknown> | string} args A string is sent as it is, to play a model
 *   that writes broken JSON.
 */

/**
 * One answer of the model, or a fault instead. README.md explains each key.
 * @typedef {object} Turn
 * @property {string} [text]
 * @property {number} [text_times]
 * @property {string} [reasoning]
 * @property {Call[]} [calls]
 * @property {Record<string, string>} [write]
 * @property {Record<string, [string, string][]>} [edit]
 * @property {string} [done]
 * @property {Record<string, unknown> | string} [submit]
 * @property {"default"} [use]
 * @property {"stop" | "length"} [finish]
 * @property {number} [delay_ms]
 * @property {string} [gate]
 * @property {number} [error]
 * @property {string} [message]
 * @property {number} [retry_after]
 * @property {boolean} [drop]
 * @property {boolean} [hang]
 * @property {string} [garbage]
 * @property {number | "always"} [times]
 */

/**
 * @typedef {object} Answer
 * @property {string | string[]} role
 * @property {string} [task]
 * @property {number | number[]} [attempt]
 * @property {number} [prompt]
 * @property {number | number[]} [step]
 * @property {string} [part]
 * @property {string} [match]
 * @property {Turn[]} turns
 * @property {boolean} [repeat]
 */

/** @typedef {Record<string, string | [string, string][]>} Work Path to whole text, or to edits. */

/**
 * @typedef {object} Scenario
 * @property {string} [name]
 * @property {string} [description]
 * @property {number | Record<string, number>} [latency_ms]
 * @property {number} [chunk_ms]
 * @property {false | "uncached"} [usage]
 * @property {Record<string, unknown>} [brief]
 * @property {Record<string, unknown>} [plan]
 * @property {Record<string, Record<string, unknown>>} [plans]
 * @property {Record<string, Work>} [work]
 * @property {Record<string, Work>} [tests]
 * @property {Answer[]} [answers]
 */

export const MAILBOX = {
  searcher: "mission_brief",
  planner: "mission_plan",
  coder: "mission_work",
  fixer: "mission_work",
  reviewer: "mission_review",
}

const ROLES = [...Object.keys(MAILBOX), "chat", "title", "summary"]
const FAULTS = ["error", "drop", "hang", "garbage"]

/** @typedef {(value: any) => boolean} Check */
/** @type {Check} */
const isText = (v) => typeof v === "string"
/** @type {Check} */
const isObject = (v) => typeof v === "object" && v !== null && !Array.isArray(v)
/** @type {Check} */
const isCount = (v) => Number.isInteger(v) && v >= 1
/** @type {Check} */
const isMillis = (v) => Number.isFinite(v) && v >= 0 && v <= 600_000
/** @type {Check} */
const isEdits = (v) => Array.isArray(v) && v.every((e) => Array.isArray(e) && e.length === 2 && e.every(isText))
/** @type {Check} */
const isWork = (v) => isObject(v) && Object.values(v).every((w) => isText(w) || isEdits(w))

/** @type {Record<string, [Check, string]>} */
const SCENARIO_KEYS = {
  $schema: [isText, "text"],
  name: [isText, "text"],
  description: [isText, "text"],
  latency_ms: [
    (v) => isMillis(v) || (isObject(v) && Object.values(v).every(isMillis)),
    "milliseconds, or an object of role to milliseconds",
  ],
  chunk_ms: [isMillis, "milliseconds between the pieces of an answer"],
  usage: [(v) => v === false || v === "uncached", "false: no usage is reported; uncached: nothing of it comes from a cache"],
  brief: [isObject, "the arguments of `mission_brief`"],
  plan: [isObject, "the arguments of `mission_plan`"],
  plans: [(v) => isObject(v) && Object.values(v).every(isObject), "an object of task id to plan"],
  work: [(v) => isObject(v) && Object.values(v).every(isWork), "an object of task id to { path: text or [[old, new], …] }"],
  tests: [(v) => isObject(v) && Object.values(v).every(isWork), "an object of task id to { path: text or [[old, new], …] }"],
  answers: [Array.isArray, "a list of answers"],
}

/** @type {Record<string, [Check, string]>} */
const ANSWER_KEYS = {
  role: [
    (v) => [v].flat().length > 0 && [v].flat().every((role) => ROLES.includes(role)),
    `one or a list of ${ROLES.join(", ")}`,
  ],
  task: [isText, "a task id"],
  attempt: [(v) => isCount(v) || (Array.isArray(v) && v.every(isCount)), "a number from 1, or a list of them"],
  prompt: [isCount, "a number from 1"],
  step: [(v) => isCount(v) || (Array.isArray(v) && v.every(isCount)), "a number from 1, or a list of them"],
  part: [isText, "the text after `part:`"],
  match: [(v) => isText(v) && compiles(v), "a regular expression"],
  turns: [(v) => Array.isArray(v) && v.length > 0, "a list of at least one turn"],
  repeat: [(v) => typeof v === "boolean", "true or false"],
}

/** @type {Record<string, [Check, string]>} */
const TURN_KEYS = {
  text: [isText, "text"],
  text_times: [isCount, "how often the text is repeated"],
  reasoning: [isText, "text"],
  calls: [
    (v) => Array.isArray(v) && v.every((c) => isText(c?.tool) && (isObject(c.args) || isText(c.args))),
    "a list of { tool, args }",
  ],
  write: [(v) => isObject(v) && Object.values(v).every(isText), "an object of path to text"],
  edit: [(v) => isObject(v) && Object.values(v).every(isEdits), "an object of path to [[old, new], …]"],
  done: [isText, "the summary of `mission_work`"],
  submit: [(v) => isObject(v) || isText(v), "the arguments of the role's mailbox"],
  use: [(v) => v === "default", '"default"'],
  finish: [(v) => v === "stop" || v === "length", '"stop" or "length"'],
  delay_ms: [isMillis, "milliseconds"],
  gate: [isText, "the name of a gate"],
  error: [(v) => Number.isInteger(v) && v >= 400 && v <= 599, "an HTTP status from 400 to 599"],
  message: [isText, "text"],
  retry_after: [(v) => Number.isFinite(v) && v >= 0, "seconds"],
  drop: [(v) => v === true, "true"],
  hang: [(v) => v === true, "true"],
  garbage: [isText, "text sent in place of an event"],
  times: [(v) => isCount(v) || v === "always", 'a number from 1, or "always"'],
}

/** @param {string} source */
function compiles(source) {
  try {
    return Boolean(new RegExp(source))
  } catch {
    return false
  }
}

/**
 * @param {any} value
 * @param {Record<string, [Check, string]>} keys
 * @param {string} where
 * @param {string[]} problems
 */
function checkKeys(value, keys, where, problems) {
  if (!isObject(value)) {
    problems.push(`${where}: must be an object`)
    return
  }
  for (const [key, part] of Object.entries(value)) {
    const rule = keys[key]
    if (!rule) problems.push(`${where}: unknown key \`${key}\`; known: ${Object.keys(keys).join(", ")}`)
    else if (!rule[0](part)) problems.push(`${where}.${key}: must be ${rule[1]}`)
  }
}

/**
 * Everything that is wrong with a scenario, each with its place; empty if it can be played.
 * @param {any} scenario
 * @returns {string[]}
 */
export function problemsOf(scenario) {
  /** @type {string[]} */
  const problems = []
  checkKeys(scenario, SCENARIO_KEYS, "scenario", problems)
  const answers = Array.isArray(scenario?.answers) ? scenario.answers : []
  answers.forEach((/** @type {any} */ answer, /** @type {number} */ a) => {
    const where = `answers[${a}]`
    checkKeys(answer, ANSWER_KEYS, where, problems)
    if (!isObject(answer)) return
    for (const key of ["role", "turns"]) if (!(key in answer)) problems.push(`${where}: \`${key}\` is missing`)
    const turns = Array.isArray(answer.turns) ? answer.turns : []
    turns.forEach((/** @type {any} */ turn, /** @type {number} */ t) => {
      const at = `${where}.turns[${t}]`
      checkKeys(turn, TURN_KEYS, at, problems)
      if (!isObject(turn)) return
      const faults = FAULTS.filter((key) => key in turn)
      if (Object.keys(turn).length === 0) problems.push(`${at}: says nothing`)
      if (faults.length > 1) problems.push(`${at}: one fault a turn, not ${faults.join(" and ")}`)
      if ("times" in turn && faults.length === 0)
        problems.push(`${at}.times: only a fault has it; a turn is played once, an answer may have \`repeat\``)
      const without = [answer.role].flat().find((role) => !(role in MAILBOX))
      if (("submit" in turn || "done" in turn) && without) problems.push(`${at}: \`${without}\` has no mailbox`)
      if ("done" in turn && ![answer.role].flat().every((role) => role === "coder" || role === "fixer"))
        problems.push(`${at}.done: only coder and fixer; use \`submit\``)
      if ("use" in turn && t !== turns.length - 1) problems.push(`${at}.use: must be the last turn`)
    })
    if (answer.repeat && turns.length > 0 && turns.every(isFault)) {
      problems.push(`${where}.repeat: a list of faults only is repeated with \`times: "always"\``)
    }
  })
  return problems
}

/** @param {Turn} turn */
export const isFault = (turn) => FAULTS.some((key) => key in turn)

/**
 * A scenario that can be played: the given object, or the content of the named file.
 * @param {Scenario | string} source
 * @returns {Scenario}
 * @throws {Error} naming every problem and its place
 */
export function loadScenario(source) {
  let scenario = source
  let name = "scenario"
  if (typeof source === "string") {
    name = source
    try {
      scenario = JSON.parse(readFileSync(source, "utf8"))
    } catch (error) {
      throw new Error(`failed to read the scenario ${source}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      })
    }
  }
  const problems = problemsOf(scenario)
  if (problems.length > 0) {
    throw new Error(`${name} cannot be played:\n  ${problems.join("\n  ")}\nhint: tests/model/README.md describes every key`)
  }
  return /** @type {Scenario} */ (scenario)
}
