/** Edits of JSONC texts: comments, commas and indentation stay. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { addToList, findList, JsoncError, removeEmptyList, removeFromList, replaceSpec } from "../../bin/install/jsonc.js"

const SPEC = "our-plugin"
const add = (text) => addToList(text, "plugin", SPEC, "https://schema")
const remove = (text) => removeFromList(text, "plugin", (spec) => spec === SPEC)

/**
 * Each shape: a description, the text, and the text with our entry. Removing the entry must give the first text again,
 * byte for byte.
 */
const SHAPES = [
  ["no list yet", '{\n  "model": "a/b"\n}\n', '{\n  "model": "a/b",\n  "plugin": ["our-plugin"]\n}\n'],
  ["one line", '{"model":"a/b"}', '{"model":"a/b", "plugin": ["our-plugin"]}'],
  ["one line with spaces", '{ "model": "a/b" }\n', '{ "model": "a/b", "plugin": ["our-plugin"] }\n'],
  ["one line with a trailing comma", '{"model":"a/b",}', '{"model":"a/b", "plugin": ["our-plugin"],}'],
  ["a trailing comma", '{\n  "a": 1,\n}\n', '{\n  "a": 1,\n  "plugin": ["our-plugin"],\n}\n'],
  ["tabs", '{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n', '{\n\t"a": {\n\t\t"b": 1\n\t},\n\t"plugin": ["our-plugin"]\n}\n'],
  ["four spaces", '{\n    "a": 1\n}', '{\n    "a": 1,\n    "plugin": ["our-plugin"]\n}'],
  ["Windows line endings", '{\r\n  "a": 1\r\n}\r\n', '{\r\n  "a": 1,\r\n  "plugin": ["our-plugin"]\r\n}\r\n'],
  ["a byte order mark", '\uFEFF{\n  "a": 1\n}\n', '\uFEFF{\n  "a": 1,\n  "plugin": ["our-plugin"]\n}\n'],
  ["a comment after the last key", '{\n  "a": 1 // why\n}\n', '{\n  "a": 1, // why\n  "plugin": ["our-plugin"]\n}\n'],
  [
    "a key that is commented out",
    '{\n  "a": 1,\n  // "plugin": ["x"],\n}\n',
    '{\n  "a": 1,\n  // "plugin": ["x"],\n  "plugin": ["our-plugin"],\n}\n',
  ],
  ["a block comment before the brace", '{\n  "a": 1\n  /* end */\n}', '{\n  "a": 1,\n  /* end */\n  "plugin": ["our-plugin"]\n}'],
  ["a list in one line", '{ "plugin": ["x"] }', '{ "plugin": ["x", "our-plugin"] }'],
  ["a list in one line, compact", '{"plugin":["x","y"]}', '{"plugin":["x","y", "our-plugin"]}'],
  ["a list in one line, trailing comma", '{"plugin":["x",]}', '{"plugin":["x", "our-plugin",]}'],
  ["a block comment in a list", '{"plugin":["x" /* y */]}', '{"plugin":["x" /* y */, "our-plugin"]}'],
  ["an empty list", '{\n  "plugin": []\n}\n', '{\n  "plugin": ["our-plugin"]\n}\n'],
  ["an empty list with a comment", '{\n  "plugin": [\n    // none yet\n  ]\n}\n', '{\n  "plugin": [\n    // none yet\n    "our-plugin"\n  ]\n}\n'],
  [
    "a list over several lines",
    '{\n  "plugin": [\n    "x"\n  ],\n  "a": 1\n}\n',
    '{\n  "plugin": [\n    "x",\n    "our-plugin"\n  ],\n  "a": 1\n}\n',
  ],
  [
    "a list over several lines, trailing comma",
    '{\n  "plugin": [\n    "x",\n  ],\n}\n',
    '{\n  "plugin": [\n    "x",\n    "our-plugin",\n  ],\n}\n',
  ],
  [
    "comments all over a list",
    '{\n  "plugin": [ // the list\n    /* one */ "x", // first\n    "y" // second\n    // "z"\n  ] // end\n}\n',
    '{\n  "plugin": [ // the list\n    /* one */ "x", // first\n    "y", // second\n    // "z"\n    "our-plugin"\n  ] // end\n}\n',
  ],
  [
    "an entry with options",
    '{\n  "plugin": [\n    ["x", { "a": [1, 2] }]\n  ]\n}',
    '{\n  "plugin": [\n    ["x", { "a": [1, 2] }],\n    "our-plugin"\n  ]\n}',
  ],
  ["the bracket in the line of the last entry", '{"plugin": [\n  "x",\n  "y"]}', '{"plugin": [\n  "x",\n  "y",\n  "our-plugin"]}'],
  ["a line comment after entries in one line", '{"plugin": ["x", "y" // both\n]}', '{"plugin": ["x", "y", // both\n  "our-plugin"\n]}'],
  ["the same key twice", '{"plugin":["x"],"plugin":["y"]}', '{"plugin":["x"],"plugin":["y", "our-plugin"]}'],
  ["brackets and slashes in strings", '{"a":"// ] } \\" /*","plugin":["]//"]}', '{"a":"// ] } \\" /*","plugin":["]//", "our-plugin"]}'],
  ["letters beyond ASCII", '{\n  "ключ": "日本",\n  "plugin": ["é"]\n}', '{\n  "ключ": "日本",\n  "plugin": ["é", "our-plugin"]\n}'],
]

for (const [name, before, after] of SHAPES) {
  test(`add and remove: ${name}`, () => {
    assert.equal(add(before), after)
    assert.deepEqual(findList(after, "plugin").entries.at(-1).spec, SPEC)
    const removed = remove(after)
    assert.equal(findList(before, "plugin").list ? removed : removeEmptyList(removed, "plugin"), before)
  })
}

test("a file that holds nothing yet gets a schema too", () => {
  const expected = '{\n  "$schema": "https://schema",\n  "plugin": ["our-plugin"]\n}\n'
  assert.equal(add(""), expected)
  assert.equal(add("  \n\n"), expected)
  assert.equal(add("\uFEFF"), `\uFEFF${expected}`)
  assert.equal(add("// mine\n"), `// mine\n${expected}`)
})

test("an empty object gets the list only", () => {
  assert.equal(add("{}"), '{\n  "plugin": ["our-plugin"]\n}')
  assert.equal(add("{\n}\n"), '{\n  "plugin": ["our-plugin"]\n}\n')
})

test("removing keeps the others, wherever ours stands", () => {
  const cases = [
    ['{"plugin":["our-plugin","x"]}', '{"plugin":["x"]}'],
    ['{"plugin":["x","our-plugin","y"]}', '{"plugin":["x","y"]}'],
    ['{"plugin":["our-plugin",]}', '{"plugin":[]}'],
    ['{"plugin":["our-plugin", "x", "our-plugin"]}', '{"plugin":["x"]}'],
    ['{\n "plugin": [\n  "our-plugin",\n  "x"\n ]\n}', '{\n "plugin": [\n  "x"\n ]\n}'],
    ['{\n "plugin": [\n  ["our-plugin", {\n    "a": 1\n  }],\n  "x"\n ]\n}', '{\n "plugin": [\n  "x"\n ]\n}'],
    ['{\n "plugin": [\n  "x",\n  "our-plugin", // ours\n ]\n}', '{\n "plugin": [\n  "x",\n  // ours\n ]\n}'],
    ['{"plugin":["x" /* 1 */ , /* 2 */ "our-plugin" /* 3 */]}', '{"plugin":["x" /* 1 */  /* 2 */ /* 3 */]}'],
    ['{"plugin":["x"]}', '{"plugin":["x"]}'],
  ]
  for (const [before, after] of cases) assert.equal(remove(before), after)
})

test("an empty list goes only if nothing is in it", () => {
  assert.equal(removeEmptyList('{"plugin": [], "a": 1}', "plugin"), '{"a": 1}')
  for (const kept of ['{"plugin": [ /* why */ ]}', '{"plugin": ["x"]}', "{}"]) {
    assert.equal(removeEmptyList(kept, "plugin"), kept)
  }
})

test("another spec takes an entry's place and keeps its options", () => {
  const text = '{"plugin": [["our-plugin@1", { "a": 1 }]]}'
  const [entry] = findList(text, "plugin").entries
  assert.equal(replaceSpec(text, entry, "C:\\x"), '{"plugin": [["C:\\\\x", { "a": 1 }]]}')
})

test("what is not JSONC is refused with its place", () => {
  const cases = [
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, /comma expected/],
    ['{"a": }', 1, 7, /value expected/],
    ['{"a": 1', 1, 8, /close brace expected/],
    ["[]", 1, 1, /expected an object, found an array/],
    ["\uFEFF[]", 1, 1, /expected an object/],
    ['{\r\n"plugin": "x"}', 2, 11, /`plugin` is a string where OpenCode expects a list/],
    ['{"plugin": null}', 1, 12, /`plugin` is null/],
    ["{} {}", 1, 4, /end of file expected/],
    ["{'a': 1}", 1, 2, /invalid symbol/],
    ["[".repeat(100_000), 1, 1, /nested too deeply/],
  ]
  for (const [text, line, column, message] of cases) {
    assert.throws(() => add(text), (error) => {
      assert.ok(error instanceof JsoncError, String(error))
      assert.deepEqual([error.line, error.column], [line, column], text.slice(0, 40))
      assert.match(error.message, message)
      return true
    })
  }
})

test("entries that are no entries are left alone", () => {
  const text = '{"plugin": [1, null, {}, [], [2], ["x"], "y"]}'
  assert.deepEqual(findList(text, "plugin").entries.map(({ spec }) => spec), ["x", "y"])
  assert.equal(remove(add(text)), text)
})
