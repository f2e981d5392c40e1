/** Half a character at the end of a cut text does not keep the rest of the text from the core. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { beforeCall } from "../../plugin/calls.js"
import { words } from "../../plugin/host.js"
import { page } from "../../plugin/paging.js"
import { registry } from "../../plugin/registry.js"
import { toCore } from "../../plugin/to-core.js"

const HALF = "📏".slice(0, 1)
/** The core's parser rejects such an escape. */
const isWhole = (text) => JSON.stringify(JSON.parse(text)) === text && !/\\ud[89a-f]/.test(text)

test("texts reach the core with whole characters only", async () => {
  const value = { a: [`x${HALF}`, `${HALF}y`, "📏"], b: { c: HALF, [`k${HALF}`]: 1 }, n: 1, text: "\\ud83d" }
  assert.deepEqual(JSON.parse(toCore(value)), { a: ["x\ufffd", "\ufffdy", "📏"], b: { c: "\ufffd", "k\ufffd": 1 }, n: 1, text: "\\ud83d" })
  assert.equal(toCore({ a: "📏" }), JSON.stringify({ a: "📏" }))

  const given = []
  const take = async (...passed) => void given.push(passed.at(-1))
  registry().sessions.set("s", { engine: { page: take, beforeTool: take, rewriteTool: take } })
  await page("s", [{ id: "p", turn: 1, kind: "call", tool: "read", input: {}, output: `a long line${HALF}...`, failed: false }])
  await beforeCall("s", {}, "read", { filePath: "/etc/passwd", note: HALF })
  registry().sessions.delete("s")
  assert.deepEqual(given.map(isWhole), [true, true, true])
  assert.ok(isWhole(toCore(words([`${"x".repeat(10)}📏${"y".repeat(15_999)}`]))), "the end of a long answer begins in the middle of one")
})
