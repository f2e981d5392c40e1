/** Edits of random JSONC texts: the unedited part keeps its bytes. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { addToList, findList, removeEmptyList, removeFromList } from "../../bin/install/jsonc.js"

const ROUNDS = 3_000

/** Random numbers that are the same in every run. */
function dice(seed) {
  const next = (sides) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return (seed >> 8) % sides
  }
  return { next, pick: (list) => list[next(list.length)] }
}

/** A configuration in the most careless style: white space and comments at every possible place. */
function configuration({ next, pick }) {
  const trivia = () => Array.from({ length: next(4) }, () => pick([" ", "\n", "\n  ", "\t", "\r\n", "// c ]},\n", "/* x, */"])).join("")
  const list = (open, items, close) => {
    const trailing = items.length > 0 && next(3) === 0 ? `,${trivia()}` : ""
    return open + trivia() + items.map((item) => item + trivia()).join(`,${trivia()}`) + trailing + close
  }
  const many = (item) => Array.from({ length: next(4) }, item)
  const value = (depth) => {
    const kind = next(depth > 2 ? 4 : 6)
    if (kind < 4) return ["1", '"a//b"', "null", "true"][kind]
    return kind === 4 ? list("[", many(() => value(depth + 1)), "]") : object(depth + 1)
  }
  const object = (depth) => {
    const properties = many((_, index) => `"k${index}"${trivia()}:${trivia()}${value(depth)}`)
    if (depth === 0 && next(2) === 0) {
      const plugins = list("[", many(() => pick(['"p"', '["q",{}]', "3"])), "]")
      properties.splice(next(properties.length + 1), 0, `"plugin":${trivia()}${plugins}`)
    }
    return list("{", properties, "}")
  }
  return trivia() + object(0) + trivia()
}

/** Everything except the characters that an edit may touch. */
const essence = (text) => text.replace(/[\s,]/g, "")
const comments = (text) => text.match(/\/\/ c \]\},|\/\* x, \*\//g) ?? []

test(`in ${ROUNDS} careless configurations nothing is lost by adding and removing`, () => {
  const random = dice(7)
  for (let round = 0; round < ROUNDS; round += 1) {
    const text = configuration(random)
    const shown = JSON.stringify(text)
    const added = addToList(text, "plugin", "ours", "schema")
    assert.equal(findList(added, "plugin").entries.at(-1).spec, "ours", shown)
    assert.deepEqual(comments(added), comments(text), shown)
    const removed = removeFromList(added, "plugin", (spec) => spec === "ours")
    const back = findList(text, "plugin").property ? removed : removeEmptyList(removed, "plugin")
    assert.deepEqual(comments(back), comments(text), shown)
    assert.equal(essence(back), essence(text), shown)
  }
})
