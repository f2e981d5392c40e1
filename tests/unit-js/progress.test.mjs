/** How the progress of a test run is read and shown. */
import assert from "node:assert/strict"
import test from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { CargoProgress, NodeProgress, tell } from "../../scripts/lib/progress.js"
import events from "../../scripts/lib/test-events.js"

test("a build, then tests done of how many and the one that runs longest", () => {
  const progress = new CargoProgress()
  const at = Date.now()
  const read = (/** @type {string} */ line, after_s = 0) => progress.read(line, at + after_s * 1000)
  assert.equal(read("   Compiling engine v0.1.0 (/a b/hidden/engine)"), true)
  assert.match(progress.line(at + 40_000), /^compiling engine, 40 s$/)
  read("    Starting 3 tests across 2 binaries", 50)
  assert.equal(read("        PASS [   0.031s] (1/3) syntax dialect::tests::newer", 51), false)
  assert.match(progress.line(at + 60_000), /^1 of 3 tests done, 10 s; nothing runs for more than 10 s$/)
  assert.equal(read("        SLOW [> 10.000s] (───) sim::simulation seeds", 61), false)
  assert.match(progress.line(at + 75_000), /^1 of 3 tests done, 25 s; running longest: sim::simulation seeds \(24 s\)$/)
  assert.equal(read("        FAIL [  27.500s] (2/3) sim::simulation seeds", 78), true, "a failure is shown")
  assert.match(progress.line(at + 80_000), /^2 of 3 tests done, .*nothing runs/)
  assert.equal(read("warning: unused variable", 80), true)
})

test("`cargo test` counts, too", () => {
  const progress = new CargoProgress()
  assert.equal(progress.read("test outline::tests::go ... ok"), false)
  assert.equal(progress.read("test outline::tests::rust ... FAILED"), true)
  assert.match(progress.line(), /^2 tests done/)
})

test("files of node's runner, from its events", async () => {
  const progress = new NodeProgress(2)
  async function* source() {
    yield { type: "test:dequeue", data: { name: "/p/a.test.mjs", file: "/p/a.test.mjs" } }
    yield { type: "test:dequeue", data: { name: "/p/b.test.mjs", file: "/p/b.test.mjs" } }
    yield { type: "test:pass", data: { name: "it works", file: "/p/a.test.mjs" } }
    yield { type: "test:pass", data: { name: "group", file: "/p/a.test.mjs", details: { type: "suite" } } }
    yield { type: "test:complete", data: { name: "/p/a.test.mjs", file: "/p/a.test.mjs" } }
  }
  let text = ""
  for await (const line of events(source())) text += line
  progress.read(text.slice(0, 30))
  progress.read(text.slice(30))
  assert.match(progress.line(Date.now() + 30_000), /^1 of 2 files done \(1 tests\), 30 s; running longest: b\.test\.mjs \(30 s\)$/)
})

test("a line comes again and again, until it is stopped", async () => {
  /** @type {string[]} */
  const said = []
  const stop = tell(() => "rust: 1 of 3", 5, (line) => said.push(line))
  while (said.length < 2) await sleep(5)
  stop()
  const before = said.length
  await sleep(30)
  assert.deepEqual([said[0], said.length], ["-- rust: 1 of 3", before])
})
