/** The rows of the board's review, and the moves of the cursor, without a terminal. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { fix, jumped, moved, placeOf, rows, visible } from "../../plugin/tui/review-rows.js"

const file = (path, more = {}) => ({ path, change: "changed", state: "delivered", tasks: ["one"], covered_by: ["npm test"], uncovered: false, added: 1, removed: 1, hunks: [], ...more })
const HUNK = { hunk: 1, header: "@@ -3,3 +4,3 @@", taken_back: false, lines: [" a", "-b", "+\tc\u001b[31m", " d"] }
const review = (files, tasks = [{ id: "one", title: "Do one", gates: [{ gate: "checks", verdict: "pass", detail: "npm test: 2 passed" }] }]) => ({
  mission: "m-aaaaaaaa",
  objective: "Do it",
  verdict: "done, verified",
  place: "in your working tree",
  tasks,
  files,
})

test("a change is shown by task and file, each with its evidence, and lines have the numbers of the delivered file", () => {
  const shown = rows(review([file("a.js", { hunks: [HUNK] }), file("b.lock", { tasks: [], covered_by: [], uncovered: true, state: "taken_back", no_hunks: "it is no text" })]))
  assert.deepEqual(
    shown.map((row) => row.text),
    [
      "one  Do one",
      "  ✓ checks: npm test: 2 passed",
      "  changed a.js +1 -1, covered by npm test",
      "    1  @@ -3,3 +4,3 @@",
      "     4   a",
      "        -b",
      "     5  +    c�[31m",
      "     6   d",
      "",
      "Not part of one task (packages, or merged with your own changes)",
      "  changed b.lock +1 -1, no test covers it, taken back",
      "    no hunks: it is no text",
    ],
  )
  assert.deepEqual(shown.map(({ path, hunk, line }) => [path, hunk, line])[5], ["a.js", 1, 5], "a removed line stands where it was")
  assert.deepEqual(rows(review([], [])).map((row) => row.text), ["No file was changed."])
})

test("a comment belongs to a line of the delivered file, or to the file, and stands below it", () => {
  const seen = review([file("a.js", { hunks: [HUNK] }), file("gone.js", { change: "removed", hunks: [{ ...HUNK, header: "@@ -1,2 +0,0 @@", lines: ["-x", "-y"] }] })])
  const shown = rows(seen)
  assert.deepEqual([0, 2, 3, 6].map((at) => placeOf(seen, shown[at])), [undefined, "a.js", "a.js:4", "a.js:5"])
  assert.equal(placeOf(seen, shown.at(-1)), "gone.js")
  const comments = [{ place: "a.js:5", text: "say why" }, { place: "gone.js", text: "keep it" }]
  const noted = rows(seen, comments).map((row) => row.text)
  assert.equal(noted[noted.indexOf("      » say why") - 1], "     5  +    c�[31m")
  assert.ok(noted.includes("      » keep it"))
  assert.equal(fix("m-aaaaaaaa", comments), "fix m-aaaaaaaa a.js:5: say why\ngone.js: keep it")
})

test("the cursor stays inside, goes from hunk to hunk, and is always among the rows that are drawn", () => {
  const shown = rows(review([file("a.js", { hunks: [HUNK, { ...HUNK, hunk: 2 }] })]))
  assert.deepEqual([moved(shown, 0, -1), moved(shown, 0, 999), moved([], 5, 0)], [0, shown.length - 1, 0])
  const stops = [jumped(shown, 0, 1)]
  while (jumped(shown, stops[stops.length - 1], 1) !== stops.at(-1)) stops.push(jumped(shown, stops[stops.length - 1], 1))
  assert.deepEqual(stops.map((at) => shown[at].hunk), [undefined, 1, 2])
  assert.equal(jumped(shown, stops[0], -1), stops[0])
  for (let at = 0; at < 1000; at += 7) {
    const { from, to } = visible(1000, at, 20)
    assert.ok(from <= at && at < to && to - from === 20, `${at}: ${from} to ${to}`)
  }
  assert.deepEqual(visible(3, 2, 20), { from: 0, to: 3 })
})
