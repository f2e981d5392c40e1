/**
 * Reads and replaces measured text in a page of docs/, between two comments that name it. It must not change
 * the rest of the page.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fail, root } from "./run.js"

/**
 * @param {string} page its name in docs/
 * @param {string} name as in `<!-- name: begin -->`
 * @returns {string} the text between the two comments
 */
export function readBetween(page, name) {
  const { manual, from, to } = found(page, name)
  return manual.slice(from, to)
}

/**
 * @param {string} page
 * @param {string} name
 * @param {string} text
 */
export function replaceBetween(page, name, text) {
  const { file, manual, from, to } = found(page, name)
  writeFileSync(file, `${manual.slice(0, from)}${text}${manual.slice(to)}`)
}

/**
 * @param {string} page
 * @param {string} name
 */
function found(page, name) {
  const file = join(root, "docs", page)
  const manual = readFileSync(file, "utf8")
  const [begin, end] = [`<!-- ${name}: begin -->\n`, `<!-- ${name}: end -->`]
  const [start, to] = [manual.indexOf(begin), manual.indexOf(end)]
  if (start < 0 || to < start) fail(`${file} lacks the comments \`${begin.trim()}\` and \`${end}\``)
  return { file, manual, from: start + begin.length, to }
}
