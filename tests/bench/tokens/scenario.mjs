/**
 * The scripted model's turns for an upgrade, as a mission and as plain OpenCode. Both do the same work in the same way:
 * read the files, change one with at most four edits per answer, run the project's check, and fix what was wrong at
 * first.
 */

/**
 * @typedef {import("./packages.mjs").Changed} Changed
 * @typedef {import("./packages.mjs").Job} Job
 * @typedef {import("./packages.mjs").Upgrade} Upgrade
 * @typedef {Record<string, any>} Turn
 * @typedef {(file: Changed) => Turn[]} Looking the turns that read a file before it is changed
 */

const EDITS = 4
/** The lines that OpenCode shows in one read. */
const READ_LINES = 2_000
const READ_BYTES = 48_000
/** Lines that are read around a place, before and after it. */
const AROUND = 30

/** @param {string} path @param {number} from 0-based @param {number} to */
const range = (path, from, to) => ({ tool: "read", args: { filePath: path, offset: from + 1, limit: to - from } })

/** From the first to the last line. @type {Looking} */
export function whole({ path, before = "" }) {
  const lines = before.split("\n")
  /** @type {Turn[]} */
  const turns = []
  for (let from = 0; from < lines.length; ) {
    let [to, bytes] = [from, 0]
    while (to < lines.length && to - from < READ_LINES && bytes < READ_BYTES) bytes += Buffer.byteLength(lines[to++]) + 8
    turns.push({ calls: [from === 0 && to === lines.length ? { tool: "read", args: { filePath: path } } : range(path, from, to)] })
    from = to
  }
  return turns
}

/**
 * The lines of each file that a prompt shows; "whole" for a whole file.
 * @param {string} prompt
 * @returns {Map<string, Set<number> | "whole">}
 */
export function shownIn(prompt) {
  const shown = new Map()
  for (const [, path, frame, text] of prompt.matchAll(/<file path="([^"]+)"([^>]*)>\n([^]*?)<\/file>/g)) {
    if (frame === "") shown.set(path, "whole")
    else if (!frame.includes("state=")) shown.set(path, new Set([...text.matchAll(/^ *(\d+) {2}/gm)].map((match) => Number(match[1]))))
  }
  return shown
}

/**
 * Reads the lines around the places to change, in one answer; `known` lines are not read again.
 * @param {Changed} file
 * @param {Set<number>} [known] from 1
 */
export function ranges({ path, before = "", edits }, known) {
  /** @type {[number, number][]} */
  const places = []
  const last = before.split("\n").length
  for (const [old] of edits) {
    const at = before.indexOf(old)
    if (at < 0) continue
    const first = before.slice(0, at).split("\n").length - 1
    const own = Array.from({ length: old.split("\n").length }, (_, i) => first + i + 1)
    if (known && own.every((line) => known.has(line))) continue
    const [from, to] = [Math.max(0, first - AROUND), Math.min(last, first + own.length + AROUND)]
    const before_ = places.at(-1)
    if (before_ && from <= before_[1] + AROUND) before_[1] = Math.max(before_[1], to)
    else places.push([from, to])
  }
  return places.length > 0 ? [{ calls: places.map(([from, to]) => range(path, from, to)) }] : []
}

/** Searches for the places first. @type {Looking} */
const searched = (file) => [{ calls: [{ tool: "grep", args: { pattern: "function|class|=> \\{|^  [a-zA-Z_]+\\(", include: file.path.split("/").at(-1) } }] }, ...ranges(file)]

/** @param {Job} job @param {Looking} look @returns {Turn[]} */
function work({ files, fault }, look) {
  return files.flatMap((file) => {
    const { path, before, after, edits } = file
    if (before === undefined) return [{ write: { [path]: after } }]
    const own = edits.map((edit) => (fault && edit === fault.right ? fault.wrong : edit))
    const changes = []
    for (let n = 0; n < own.length; n += EDITS) changes.push({ edit: { [path]: own.slice(n, n + EDITS) } })
    return [...look(file), ...changes]
  })
}

/** @param {Job} job @returns {Turn[]} */
function fix({ fault }) {
  if (!fault) return []
  return [
    { calls: [range(fault.path, Math.max(0, fault.line - AROUND), fault.line + AROUND)] },
    { edit: { [fault.path]: [[fault.wrong[1], fault.right[1]]] } },
  ]
}

const look = { calls: [{ tool: "glob", args: { pattern: "**/*.{js,ts,json}" } }] }
const CHECK = { calls: [{ tool: "mission_check", args: { name: "test" } }] }

/** The turns of a Coder that has read a prompt. @param {Job} job @param {ReturnType<typeof shownIn>} shown */
export function coderTurns(job, shown) {
  const look = (/** @type {Changed} */ file) => {
    const known = shown.get(file.path)
    return known === "whole" ? [] : ranges(file, known)
  }
  return [...work(job, look), CHECK, { done: "Made the changes." }]
}

const NAMED = /^\s*(?:export\s+)?(?:async\s+|static\s+)*(?:function\s*\*?\s*(\w+)|class\s+(\w+)|(?:[\w.]+\.)?(\w+)\s*=\s*(?:async\s+)?function|(?:get\s+|set\s+)?(?!if|for|while|switch|catch|return)(\w+)\s*\([^)]*\)\s*\{)/

/** The functions around a file's edits, as a Planner would name them. @param {Changed} file */
function namesOf({ before = "", edits }) {
  const names = edits.map(([old]) => {
    const lines = before.slice(0, Math.max(0, before.indexOf(old)) + old.length).split("\n")
    return lines.findLast((line) => NAMED.test(line))?.match(NAMED)?.slice(1).find(Boolean)
  })
  return [...new Set(names.filter((name) => name !== undefined))]
}

/** @param {Changed} file */
const inWords = (file) => [file.path, namesOf(file).join(", ")].filter(Boolean).join(": ")

/** @param {Upgrade} upgrade */
export function ofMission({ jobs, title }) {
  const first = jobs[0].files[0]
  const plan = {
    tasks: jobs.map((job) => ({
      id: job.id,
      title: `Change ${job.files.map(({ path }) => path).join(", ")}`.slice(0, 90),
      instructions: `Make the changes of the release. ${job.files.map(inWords).join("; ")}.`,
      files: job.files.map(({ path }) => path),
      acceptance: ["The files are as in the release"],
    })),
    acceptance: ["All files are as in the release"],
  }
  const brief = { summary: "The files that the objective names change.", files: jobs.flatMap(({ files }) => files.map(({ path }) => ({ path, why: "it changes" }))) }
  return {
    name: title,
    plan,
    answers: [
      { role: "searcher", turns: [look, ...whole(first).slice(0, 1), { submit: brief }] },
      ...jobs.map((job) => ({ role: "coder", task: job.id, turns: coderTurns(job, new Map()) })),
      ...jobs.filter(({ fault }) => fault).map((job) => ({ role: "fixer", task: job.id, turns: [...fix(job), CHECK, { done: "Put the brace back." }] })),
    ],
  }
}

/** @param {Upgrade} upgrade @param {Looking} [looking] */
export function ofPlain({ jobs, title }, looking = whole) {
  const check = { calls: [{ tool: "bash", args: { command: "npm test", description: "Runs the check" } }] }
  const repairs = jobs.filter(({ fault }) => fault).flatMap((job) => [...fix(job), check])
  return { name: title, answers: [{ role: "chat", turns: [look, ...jobs.flatMap((job) => work(job, looking)), check, ...repairs, { text: "All files are as in the release." }] }] }
}

/** The same, reading only ranges of files. @param {Upgrade} upgrade */
export const ofPlainByRanges = (upgrade) => ofPlain(upgrade, searched)
