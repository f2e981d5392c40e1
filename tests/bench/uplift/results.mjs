/** Results of missions: a file that is only appended to, and its summary. */
import { createHash } from "node:crypto"
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs"
import { dirname } from "node:path"

/**
 * @typedef {object} Line
 * @property {string} model
 * @property {string} settings identifies the settings
 * @property {string} title
 * @property {"right" | "wrong" | "incomplete" | "void"} outcome void: the mission was not played, and only its cost
 *   counts
 * @property {string} why
 * @property {number} calls
 * @property {number} tokens
 * @property {number} usd
 * @property {number} time_ms
 * @property {import("./options.mjs").Limits} limits
 * @property {import("./releases.mjs").Judged} [judged] the result of the release's tests on the delivered change
 */

export class Results {
  /** @param {string} path @param {{ model: string, toml: string }} asked */
  constructor(path, { model, toml }) {
    this.path = path
    this.key = { model, settings: createHash("sha256").update(toml).digest("hex").slice(0, 12) }
    /** @type {Line[]} */
    this.lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").flatMap(lineOf) : []
  }

  /** The results for this model and these settings. */
  counted() {
    const { model, settings } = this.key
    return this.lines.filter((line) => line.model === model && line.settings === settings && line.outcome !== "void")
  }

  /** @param {Omit<Line, "model" | "settings">} result @returns {Line} */
  add(result) {
    const line = { ...this.key, ...result }
    mkdirSync(dirname(this.path), { recursive: true })
    // An incomplete line after an interruption is ended first
    const torn = existsSync(this.path) && !/(^|\n)$/.test(readFileSync(this.path, "utf8"))
    appendFileSync(this.path, `${torn ? "\n" : ""}${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`)
    this.lines.push(line)
    return line
  }
}

/** @param {string} text @returns {Line[]} */
function lineOf(text) {
  try {
    const line = JSON.parse(text)
    return typeof line?.title === "string" ? [line] : []
  } catch {
    return []
  }
}

/** @param {Line[]} lines */
export function spent(lines) {
  const sum = (/** @type {"calls" | "tokens" | "usd"} */ key) => lines.reduce((all, line) => all + (line[key] ?? 0), 0)
  return { usd: sum("usd"), tokens: sum("tokens"), calls: sum("calls") }
}

/**
 * The limits of the next mission: an equal share, or what is left; undefined if nothing is left.
 * @param {import("./options.mjs").Options} options
 * @param {Line[]} lines
 * @returns {import("./options.mjs").Limits | undefined}
 */
export function left({ limits, share }, lines) {
  const gone = spent(lines)
  const next = {
    usd: limits.usd === null || share.usd === null ? null : Math.min(share.usd, limits.usd - gone.usd),
    tokens: Math.min(share.tokens, limits.tokens - gone.tokens),
    calls: Math.min(share.calls, limits.calls - gone.calls),
  }
  return next.tokens < 1 || next.calls < 1 || (next.usd !== null && next.usd <= 0) ? undefined : next
}

/**
 * The 95 % Wilson interval of a share.
 * @param {number} hits @param {number} all @returns {[number, number]}
 */
export function wilson(hits, all) {
  if (all === 0) return [0, 1]
  const z = 1.959964
  const middle = (hits + (z * z) / 2) / (all + z * z)
  const half = (z / (all + z * z)) * Math.sqrt((hits * (all - hits)) / all + (z * z) / 4)
  return [Math.max(0, middle - half), Math.min(1, middle + half)]
}

/** @param {Results} results */
export function table(results) {
  const lines = results.counted()
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(0)} %`
  const share = (/** @type {Line["outcome"]} */ outcome) => {
    const hits = lines.filter((line) => line.outcome === outcome).length
    const [low, high] = wilson(hits, lines.length)
    return `${hits} (${percent(low)} to ${percent(high)})`
  }
  const { usd, tokens, calls } = spent(lines)
  const each = (/** @type {number} */ sum) => sum / Math.max(1, lines.length)
  return [
    `${results.key.model}, settings ${results.key.settings}: ${results.path}`,
    "",
    "| missions | delivered and right | delivered and wrong | honestly incomplete | calls a mission | tokens a mission | US dollars a mission |",
    "|---:|---:|---:|---:|---:|---:|---:|",
    `| ${lines.length} | ${share("right")} | ${share("wrong")} | ${share("incomplete")} | ${each(calls).toFixed(1)} | ${Math.round(each(tokens)).toLocaleString("en")} | ${each(usd).toFixed(4)} |`,
  ].join("\n")
}
