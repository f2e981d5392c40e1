/**
 * Edits to a JSONC text that keep everything else: comments, order,
 * indentation, line endings, trailing commas and a byte order mark.
 *
 * Pure: text in, text out. Offsets count in the given text.
 */
import { createScanner, getNodeValue, parseTree, printParseErrorCode, SyntaxKind } from "jsonc-parser"

/** @typedef {import("jsonc-parser").Node} Node */
/** @typedef {{ offset: number, length: number, content: string }} Edit */

const BOM = "\uFEFF"
const SCHEMA_KEY = "$schema"

/**
 * It does not use `modify` of jsonc-parser, which formats by options instead of by the file, and moves or drops
 * comments when it removes something. It uses its scanner and parser.
 */

/** A text that cannot be edited safely; the message says where and why. */
export class JsoncError extends Error {
  /**
   * @param {string} what
   * @param {string} text
   * @param {number} offset
   */
  constructor(what, text, offset) {
    const before = text.slice(0, offset).split(/\r\n|\r|\n/)
    /** 1-based */
    const line = before.length
    const column = before[before.length - 1].replace(BOM, "").length + 1
    super(`line ${line}, column ${column}: ${what}`)
    this.name = "JsoncError"
    this.line = line
    this.column = column
  }
}

/**
 * The root object of a configuration, or undefined if the text has no value (empty, or comments only).
 * @param {string} text
 * @returns {Node | undefined}
 * @throws {JsoncError}
 */
export function parseObject(text) {
  // The same length, so that offsets stay valid
  const plain = text.startsWith(BOM) ? ` ${text.slice(1)}` : text
  /** @type {import("jsonc-parser").ParseError[]} */
  const errors = []
  let tree
  try {
    tree = parseTree(plain, errors, { allowTrailingComma: true, allowEmptyContent: true })
  } catch {
    throw new JsoncError("nested too deeply to be a configuration", text, 0)
  }
  if (errors.length > 0) {
    const words = printParseErrorCode(errors[0].error).replace(/([a-z])([A-Z])/g, "$1 $2")
    throw new JsoncError(`not valid JSONC (${words.toLowerCase()})`, text, errors[0].offset)
  }
  if (!tree) return undefined
  if (tree.type !== "object") throw new JsoncError(`expected an object, found ${article(tree.type)}`, text, tree.offset)
  return tree
}

/**
 * One entry of a list of plugins: `"spec"` or `["spec", options]`.
 * @typedef {object} Entry
 * @property {string} spec
 * @property {Node} node the whole element
 * @property {Node} specNode the string in it
 */

/**
 * The list under `key`, if there is one. Of duplicate keys the last counts, as for every reader of the file.
 * @param {string} text
 * @param {string} key
 * @returns {{ root: Node | undefined, property?: Node, list?: Node, entries: Entry[] }}
 * @throws {JsoncError}
 */
export function findList(text, key) {
  const root = parseObject(text)
  const property = root?.children?.findLast((child) => child.children?.[0].value === key)
  const list = property?.children?.[1]
  if (!list) return { root, property, entries: [] }
  if (list.type !== "array") {
    throw new JsoncError(`\`${key}\` is ${article(list.type)} where OpenCode expects a list`, text, list.offset)
  }
  /** @type {Entry[]} */
  const entries = []
  for (const node of list.children ?? []) {
    const specNode = node.type === "array" ? node.children?.[0] : node
    if (specNode?.type === "string") entries.push({ spec: specNode.value, node, specNode })
  }
  return { root, property, list, entries }
}

/**
 * Adds `spec` at the end of the list under `key`; creates what is missing.
 * @param {string} text
 * @param {string} key
 * @param {string} spec
 * @param {string} schema the `$schema` for an empty file
 * @returns {string}
 * @throws {JsoncError}
 */
export function addToList(text, key, spec, schema) {
  const { root, list } = findList(text, key)
  const literal = JSON.stringify(spec)
  const style = styleOf(text, root)
  if (!root) return emptyFile(text, key, literal, schema, style.eol)
  const edits = list
    ? insertChild(text, list, literal, style)
    : insertChild(text, root, `${JSON.stringify(key)}: [${literal}]`, style)
  return checked(text, applyEdits(text, edits), (value) => {
    value[key] = [...(value[key] ?? []), spec]
  })
}

/**
 * Replaces the spec of an entry, and keeps its options.
 * @param {string} text
 * @param {Entry} entry
 * @param {string} spec
 * @returns {string}
 */
export function replaceSpec(text, entry, spec) {
  const { offset, length } = entry.specNode
  return applyEdits(text, [{ offset, length, content: JSON.stringify(spec) }])
}

/**
 * Removes the entries for which `matches` is true.
 * @param {string} text
 * @param {string} key
 * @param {(spec: string) => boolean} matches
 * @returns {string}
 * @throws {JsoncError}
 */
export function removeFromList(text, key, matches) {
  for (;;) {
    const { list, entries } = findList(text, key)
    const entry = entries.find((candidate) => matches(candidate.spec))
    if (!list || !entry) return text
    const index = (list.children ?? []).indexOf(entry.node)
    // Each round removes one entry, so this ends
    text = checked(text, applyEdits(text, removeChild(text, list, index)), (value) => {
      value[key].splice(index, 1)
    })
  }
}

/**
 * Removes the property `key` if its list is empty and contains no comment.
 * @param {string} text
 * @param {string} key
 * @returns {string}
 * @throws {JsoncError}
 */
export function removeEmptyList(text, key) {
  const { root, property, list } = findList(text, key)
  if (!root || !property || !list || (list.children ?? []).length > 0) return text
  if (/\S/.test(text.slice(list.offset + 1, list.offset + list.length - 1))) return text
  const index = (root.children ?? []).indexOf(property)
  return checked(text, applyEdits(text, removeChild(text, root, index)), (value) => {
    delete value[key]
  })
}

/**
 * Whether a text has only the `$schema` with which [`addToList`] begins a file: no other value, and no comment.
 * @param {string} text
 * @param {string} schema
 */
export function isSkeleton(text, schema) {
  const bare = text.replace(BOM, "").replace(/[\s,]/g, "")
  return bare === "{}" || bare === `{${JSON.stringify(SCHEMA_KEY)}:${JSON.stringify(schema)}}`
}

/**
 * @param {string} text
 * @param {string} key
 * @param {string} literal
 * @param {string} schema
 * @param {string} eol
 */
function emptyFile(text, key, literal, schema, eol) {
  const lines = ["{", `  "${SCHEMA_KEY}": ${JSON.stringify(schema)},`, `  ${JSON.stringify(key)}: [${literal}]`, "}", ""]
  const kept = text.trim() === "" ? (text.startsWith(BOM) ? BOM : "") : text.replace(/[ \t\r\n]*$/, eol)
  return kept + lines.join(eol)
}

/**
 * @param {string} text
 * @param {Node | undefined} root
 * @returns {{ eol: string, unit: string }}
 */
function styleOf(text, root) {
  const eol = /\r\n|\n/.exec(text)?.[0] ?? "\n"
  const first = root?.children?.[0]
  const unit = first && startsLine(text, first.offset) ? indentAt(text, first.offset) : ""
  return { eol, unit: unit || "  " }
}

/**
 * The commas and comments between two offsets that are outside of values.
 * @param {string} text
 * @param {number} from
 * @param {number} to
 */
function gap(text, from, to) {
  const scanner = createScanner(text.slice(0, to), false)
  scanner.setPosition(from)
  /** @type {{ comma?: number, end: number, line: boolean, comment: boolean }} */
  const found = { end: from, line: false, comment: false }
  for (let token = scanner.scan(); token !== SyntaxKind.EOF; token = scanner.scan()) {
    if (token === SyntaxKind.Trivia || token === SyntaxKind.LineBreakTrivia) continue
    found.end = scanner.getTokenOffset() + scanner.getTokenLength()
    found.line = token === SyntaxKind.LineCommentTrivia
    found.comment ||= found.line || token === SyntaxKind.BlockCommentTrivia
    if (token === SyntaxKind.CommaToken) found.comma = scanner.getTokenOffset()
  }
  return found
}

/**
 * @param {string} text
 * @param {Node} container an array or object
 * @param {string} literal
 * @param {{ eol: string, unit: string }} style
 * @returns {Edit[]}
 */
function insertChild(text, container, literal, { eol, unit }) {
  const close = container.offset + container.length - 1
  const last = container.children?.at(-1)
  if (!last) {
    const inner = text.slice(container.offset + 1, close)
    const { end, comment } = gap(text, container.offset + 1, close)
    const outer = indentAt(text, container.offset)
    if (/[\r\n]/.test(inner)) return [insert(end, eol + outer + unit + literal)]
    if (comment) return [insert(end, ` ${literal}`)]
    const content = container.type === "object" ? eol + outer + unit + literal + eol + outer : literal
    return [{ offset: container.offset + 1, length: inner.length, content }]
  }
  const lastEnd = last.offset + last.length
  const { comma, end, line } = gap(text, lastEnd, close)
  const trailing = comma === undefined ? "" : ","
  const separate = comma === undefined ? [insert(lastEnd, ",")] : []
  if (startsLine(text, last.offset)) {
    return [...separate, insert(end, eol + indentAt(text, last.offset) + literal + trailing)]
  }
  // After a line comment the entry needs a new line
  if (line) return [...separate, insert(end, eol + indentAt(text, last.offset) + unit + literal + trailing)]
  return comma === undefined ? [insert(end, `, ${literal}`)] : [insert(end, ` ${literal},`)]
}

/**
 * @param {string} text
 * @param {Node} container
 * @param {number} index
 * @returns {Edit[]}
 */
function removeChild(text, container, index) {
  const children = container.children ?? []
  const { offset, length } = children[index]
  const end = offset + length
  const next = children[index + 1]
  const after = gap(text, end, next ? next.offset : container.offset + container.length - 1)
  const previous = children[index - 1]

  /** @type {Edit[]} */
  const edits = []
  let stop = end
  if (after.comma !== undefined) {
    // A comment may be between the entry and its comma
    if (text.slice(end, after.comma).trim() === "") stop = after.comma + 1
    else edits.push({ offset: after.comma, length: 1, content: "" })
  } else if (previous) {
    const before = gap(text, previous.offset + previous.length, offset)
    if (before.comma !== undefined) edits.push({ offset: before.comma, length: 1, content: "" })
  }

  let start = offset
  const closes = /^[ \t]*[\]}]/.test(text.slice(stop))
  const blankAfter = /^[ \t]*(\r\n|\n|\r)/.exec(text.slice(stop))
  if (startsLine(text, offset) && blankAfter) {
    start -= indentAt(text, offset).length
    stop += blankAfter[0].length
  } else if ((next || startsLine(text, offset)) && !blankAfter && !closes) {
    while (text[stop] === " " || text[stop] === "\t") stop += 1
  } else if (previous) {
    // Removes the line break too, unless it ends a line comment: the comment would then include the following
    // text
    const { line } = gap(text, previous.offset + previous.length, offset)
    const white = closes && !line ? /\s*$/ : /[ \t]*$/
    start = offset - (white.exec(text.slice(0, offset))?.[0].length ?? 0)
  }
  edits.push({ offset: start, length: stop - start, content: "" })
  return edits
}

/**
 * @param {number} offset
 * @param {string} content
 * @returns {Edit}
 */
function insert(offset, content) {
  return { offset, length: 0, content }
}

/**
 * Applies edits that do not overlap; of two edits at one place, the first comes first.
 * @param {string} text
 * @param {Edit[]} edits
 */
function applyEdits(text, edits) {
  const sorted = edits.map((edit, order) => ({ ...edit, order }))
  sorted.sort((a, b) => b.offset - a.offset || b.order - a.order)
  for (const { offset, length, content } of sorted) {
    text = text.slice(0, offset) + content + text.slice(offset + length)
  }
  return text
}

/**
 * Returns the edited text after checking that its value is exactly the intended one.
 * @param {string} before
 * @param {string} after
 * @param {(value: any) => void} change what the edit should have done to the value
 */
function checked(before, after, change) {
  const expected = valueOf(before)
  change(expected)
  if (JSON.stringify(valueOf(after)) !== JSON.stringify(expected)) {
    throw new JsoncError("cannot be edited without changing something else; please edit it by hand", before, 0)
  }
  return after
}

/** @param {string} text */
function valueOf(text) {
  const root = parseObject(text)
  return root ? getNodeValue(root) : {}
}

/**
 * Whether only white space is before `offset` in its line.
 * @param {string} text
 * @param {number} offset
 */
function startsLine(text, offset) {
  return /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset))
}

/**
 * The indentation of the line of `offset`.
 * @param {string} text
 * @param {number} offset
 */
function indentAt(text, offset) {
  return /^\uFEFF?([ \t]*)/.exec(text.slice(lineStart(text, offset), offset))?.[1] ?? ""
}

/**
 * @param {string} text
 * @param {number} offset
 */
function lineStart(text, offset) {
  return Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1
}

/** @param {string} type */
function article(type) {
  return type === "null" ? "null" : /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}
