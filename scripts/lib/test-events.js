/**
 * A reporter for `node --test`: a JSON line when a file starts or ends, and when a test ends.
 *
 * `progress.js` reads them. Node 20 reports the tests of a file only after the files before it, but the files
 * themselves immediately.
 */
import { basename } from "node:path"

/** @param {AsyncIterable<{ type: string, data: { name?: string, file?: string, details?: { type?: string } } }>} source */
export default async function* events(source) {
  for await (const { type, data } of source) {
    const { name, file, details } = data
    const whole = name !== undefined && file !== undefined && (name === file || file.endsWith(name)) && /\.test\.m?js$/.test(name)
    const kind = kindOf(type, whole, details?.type)
    if (kind) yield `${JSON.stringify({ type: kind, file: basename(file ?? ""), at: Date.now() })}\n`
  }
}

/**
 * @param {string} type
 * @param {boolean} whole the event is about a file, not about a test in it
 * @param {string} [of]
 */
function kindOf(type, whole, of) {
  if (whole && type === "test:dequeue") return "file started"
  if (whole && type === "test:complete") return "file ended"
  if (!whole && of !== "suite" && (type === "test:pass" || type === "test:fail")) return "test"
  return undefined
}
