/** Writes measured text into a page of docs/, between two comments that name it. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fail, root } from "./run.js"

/**
 * @param {string} page its name in docs/
 * @param {string} name as in `<!-- name: begin -->`
 * @param {string} text
 */
export function replaceBetween(page, name, text) {
  const file = join(root, "docs", page)
  const manual = readFileSync(file, "utf8")
  const [begin, end] = [`<!-- ${name}: begin -->\n`, `<!-- ${name}: end -->`]
  const [from, to] = [manual.indexOf(begin), manual.indexOf(end)]
  if (from < 0 || to < from) fail(`${file} lacks the comments \`${begin.trim()}\` and \`${end}\``)
  writeFileSync(file, `${manual.slice(0, from)}${begin}${text}${manual.slice(to)}`)
}
