/**
 * A mission's change as rows of text, and the moves of the cursor among them: pure, so that tests need no terminal.
 * `review.js` draws the rows.
 */
import { fit } from "./view.js"

/**
 * @typedef {{ hunk: number, header: string, taken_back: boolean, lines: string[] }} Hunk
 * @typedef {{ path: string, change: string, state: string, tasks: string[], covered_by: string[], uncovered: boolean, added: number, removed: number, hunks: Hunk[], no_hunks?: string }} File
 * @typedef {{ id: string, title: string, gates: { gate: string, verdict: "pass" | "fail" | "no_evidence", detail: string }[] }} Task
 * @typedef {{ mission: string, objective: string, verdict: string, place: string, tasks: Task[], files: File[] }}
 *   Review the output of `review --json`
 *
 * @typedef {import("./view.js").Tone | "added" | "removed" | "hunk"} Tone
 * @typedef {{ text: string, tone: Tone, path?: string, hunk?: number, line?: number, begins?: boolean }} Row a row of a
 *   file has its path, its hunk, and the line in the delivered file; `begins`: a hunk or file begins here
 */

const SIGNS = { pass: "✓", fail: "✗", no_evidence: "–" }
const TONES = /** @type {const} */ ({ pass: "good", fail: "bad", no_evidence: "muted" })
const LINES = /** @type {Record<string, Tone>} */ ({ "+": "added", "-": "removed" })
const STATES = /** @type {Record<string, string>} */ ({ taken_back: "taken back", changed_since: "changed by you since" })

/**
 * The change by task and file, each with its evidence.
 * @param {Review} review
 * @param {{ place: string, text: string }[]} [comments] the user's comments, each with its place
 * @returns {Row[]}
 */
export function rows(review, comments = []) {
  /** @type {Row[]} */
  const shown = []
  const listed = new Set(review.tasks.map((task) => task.id))
  for (const { id, title, gates } of review.tasks) {
    shown.push({ text: "", tone: "text" }, { text: `${id}  ${plain(title)}`, tone: "text" })
    for (const { gate, verdict, detail } of gates) shown.push({ text: `  ${SIGNS[verdict] ?? "–"} ${gate}: ${plain(detail)}`, tone: TONES[verdict] ?? "muted" })
    for (const file of review.files.filter(({ tasks }) => tasks[0] === id)) shown.push(...fileRows(file, comments))
  }
  const rest = review.files.filter(({ tasks }) => tasks[0] === undefined || !listed.has(tasks[0]))
  if (rest.length > 0) shown.push({ text: "", tone: "text" }, { text: "Not part of one task (packages, or merged with your own changes)", tone: "text" })
  for (const file of rest) shown.push(...fileRows(file, comments))
  if (review.files.length === 0) shown.push({ text: "", tone: "text" }, { text: "No file was changed.", tone: "muted" })
  // The first row needs no blank row above it
  return shown.slice(1)
}

/** @param {File} file @param {{ place: string, text: string }[]} comments @returns {Row[]} */
function fileRows(file, comments) {
  const { path } = file
  const evidence = file.covered_by.length > 0 ? `covered by ${file.covered_by.join(", ")}` : file.uncovered ? "no test covers it" : ""
  const also = file.tasks.length > 1 ? `also ${file.tasks.slice(1).join(", ")}` : ""
  const words = [evidence, STATES[file.state] ?? "", also].filter(Boolean).map((word) => `, ${word}`).join("")
  const noted = (/** @type {string} */ place) =>
    comments.filter((comment) => comment.place === place).map(({ text }) => /** @type {Row} */ ({ text: `      » ${plain(text)}`, tone: "asks", path }))
  /** @type {Row[]} */
  const shown = [
    { text: `  ${file.change} ${plain(path)} +${file.added} -${file.removed}${words}`, tone: file.uncovered ? "asks" : "text", path, begins: true },
    ...noted(path),
  ]
  if (file.no_hunks) shown.push({ text: `    no hunks: ${plain(file.no_hunks)}`, tone: "muted", path })
  for (const { hunk, header, taken_back, lines } of file.hunks) {
    const first = Number(/\+(\d+)/.exec(header)?.[1] ?? 0)
    const at = { path, hunk }
    shown.push({ text: `    ${hunk}  ${header}${taken_back ? "  taken back" : ""}`, tone: taken_back ? "muted" : "hunk", ...at, line: Math.max(1, first), begins: true })
    let line = Math.max(1, first)
    for (const text of lines) {
      const sign = text.slice(0, 1)
      shown.push({ text: `${sign === "-" ? "" : line}`.padStart(6) + `  ${plain(text)}`, tone: taken_back ? "muted" : (LINES[sign] ?? "text"), ...at, line })
      shown.push(...(sign === "-" ? [] : noted(`${path}:${line}`)))
      if (sign !== "-") line += 1
    }
  }
  return shown
}

/** Text of a file, made safe and readable for a terminal. @param {string} text */
function plain(text) {
  return text.replaceAll("\t", "    ").replace(/\p{Cc}/gu, "�")
}

/**
 * The place of a comment made at a row: a line that the delivered file still has, otherwise the file.
 * @param {Review} review
 * @param {Row} row
 */
export function placeOf(review, { path, line }) {
  if (path === undefined) return undefined
  const file = review.files.find((file) => file.path === path)
  return line === undefined || file?.change === "removed" ? path : `${path}:${line}`
}

/** The cursor's row after a move by a number of rows. @param {Row[]} rows @param {number} at @param {number} by */
export function moved(rows, at, by) {
  return Math.min(Math.max(0, at + by), Math.max(0, rows.length - 1))
}

/**
 * The next file or hunk in a direction; the same row if there is none.
 * @param {Row[]} rows
 * @param {number} at
 * @param {1 | -1} by
 */
export function jumped(rows, at, by) {
  for (let next = at + by; next >= 0 && next < rows.length; next += by) if (rows[next].begins) return next
  return at
}

/**
 * The range of rows that fit on the screen, around the cursor.
 * @param {number} count
 * @param {number} at
 * @param {number} height
 */
export function visible(count, at, height) {
  const from = Math.min(Math.max(0, at - Math.floor(height / 2)), Math.max(0, count - height))
  return { from, to: Math.min(count, from + height) }
}

/**
 * The command that has the comments done on top of the change.
 * @param {string} mission
 * @param {{ place: string, text: string }[]} comments
 */
export function fix(mission, comments) {
  return `fix ${mission} ${comments.map(({ place, text }) => `${place}: ${text}`).join("\n")}`
}

/** The first line: names the change. @param {Review} review @param {number} width */
export function title({ mission, objective, verdict, place }, width) {
  return fit(`Review of ${mission}: ${objective}`, width) + `\n${fit(`${verdict}; ${place}`, width)}`
}
