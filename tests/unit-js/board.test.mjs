/** The board's reader and its lines, without a terminal. */
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { BoardReader } from "../../plugin/tui/board.js"
import { projectKey, stateFolder } from "../../plugin/tui/place.js"
import { choices, clock, fit, grouped, lanes, news, promptLine, shortPause, sidebar, wrap } from "../../plugin/tui/view.js"

const task = (id, state, more = {}) => ({ id, title: `Do ${id}`, state, attempt: 1, depends_on: [], usage: {}, ...more })
const board = (tasks, more = {}) => ({
  mission: "m-aaaaaaaa",
  objective: "Do it",
  stage: "working",
  outcome: null,
  paused: null,
  elapsed_ms: 100_000,
  tasks,
  next: [],
  budget: { cost_usd: 5, tokens: null, calls: 200 },
  usage: { calls: 3, cost_usd: 0.08, tokens: {} },
  running: true,
  written_ms: 1_000_000,
  folder: "/state",
  ...more,
})

test("the prompt line has progress, money, time and what is done now", () => {
  const seen = board([task("a", "integrated"), task("format-locale", "fixing"), task("c", "waiting")])
  assert.equal(promptLine(seen, 1_010_000), "1/3 · $0.08 · 1:50 · fixing format-locale")
  assert.equal(promptLine({ ...seen, running: false }, 9_999_999), "1/3 · $0.08 · 1:40 · interrupted", "time stands still")
  assert.equal(promptLine(board([], { stage: "planning" }), 1_000_000), "$0.08 · 1:40 · planning")
  const replanned = board([task("a", "waiting")], { seat: { role: "planner", session: null, asked_ms: 0 } })
  assert.equal(promptLine(replanned, 1_000_000), "0/1 · $0.08 · 1:40 · planning", "what the user said changes the plan")
})

test("the sidebar says first what needs the user, then running, failed, waiting and done", () => {
  const seen = board(
    [
      task("done-1", "integrated"),
      task("bad", "given_up", { detail: "its tests fail" }),
      task("busy", "working", { attempt: 2, started_ms: 940_000 }),
      task("later", "waiting"),
      task("old", "split"),
    ],
    { next: ["later"] },
  )
  const lines = sidebar(seen, 1_000_000, 36, ["allow edit?"])
  assert.deepEqual(
    lines.map((line) => line.text),
    [
      "1/4 tasks · $0.08 of $5.00 · 1:40",
      "? allow edit?",
      "● coding busy #2 1:00",
      "✗ bad: its tests fail",
      "○ 1 waiting · next: later",
      "✓ 1 done",
    ],
  )
  assert.equal(lines.find((line) => line.text.startsWith("●"))?.task, "busy")
})

test("a task says which worker ran its checks, and a long name hides neither attempt nor time", () => {
  const tasks = [
    task("two", "judging", { worker: "west", started_ms: 940_000 }),
    task("a-task-with-quite-a-long-name", "fixing", { attempt: 2, worker: "worker-on-a-large-machine", started_ms: 940_000 }),
  ]
  const lines = sidebar(board(tasks), 1_000_000, 36).map((line) => line.text)
  assert.deepEqual(lines.slice(1), ["● checking two @west 1:00", "● fixing a-task… #2 @worker-on… 1:00"])
  assert.match(grouped(board(tasks))[0].text, /^checking · checked on west$/)
})

test("a paused or interrupted mission says how it continues, an ended one takes one line", () => {
  const paused = sidebar(board([task("a", "waiting")], { paused: "200 of 200 calls are used", running: false }), 0, 40)
  assert.deepEqual(paused.slice(1, 3).map((line) => line.text), ["‖ paused: 200 of 200 calls are used", "/mission, or /task resume m-aaaaaaaa"])
  assert.ok(sidebar(board([], { running: false }), 0, 40).some((line) => line.text === "‖ interrupted"))
  const done = sidebar(board([task("a", "integrated")], { outcome: "done", running: false }), 0, 40)
  assert.deepEqual(done, [{ text: "✓ Done: 1/1 tasks · $0.08 · 1:40", tone: "good" }])
  const undone = sidebar(board([task("a", "integrated")], { outcome: "done", undone: true, running: false }), 0, 40)
  assert.deepEqual(undone, [{ text: "Undone: 1/1 tasks · $0.08 · 1:40", tone: "muted" }])
})

test("a mission that no test verifies is not shown as a green one", () => {
  const lines = sidebar(board([task("a", "integrated")], { outcome: "done", verified: "no", running: false }), 0, 36)
  assert.deepEqual(lines.map(({ text, tone }) => [text, tone]), [
    ["! Done, unverified: 1/1 tasks ·", "asks"],
    ["$0.08 · 1:40", "asks"],
  ])
  const before = board([task("a", "integrated")])
  assert.equal(news(before, { ...before, outcome: "done", verified: "in_part" })?.variant, "warning")
})

test("a long reason takes three lines, without Markdown and without how to continue", () => {
  const reason = "your consent is needed: the plan adds the package npm `is-number` 7.0.0 (tells numbers from texts); task `one` changes scripts. `/task resume m-aaaaaaaa` agrees"
  const lines = sidebar(board([task("a", "waiting")], { paused: reason, running: false }), 0, 36).map((line) => line.text)
  assert.deepEqual(lines.slice(1, 5), [
    "‖ paused: your consent is needed:",
    "the plan adds the package npm",
    "is-number 7.0.0 (tells numbers from…",
    "/mission, or /task resume m-aaaaaaaa",
  ])
  assert.equal(shortPause(reason).endsWith("changes scripts"), true)
  assert.deepEqual(wrap("a".repeat(10), 4, 5), ["aaaa", "aaaa", "aa"])
})

test("two hundred tasks take a bounded number of lines, each within the width", () => {
  const states = ["working", "given_up", "waiting", "integrated"]
  const tasks = Array.from({ length: 200 }, (_, i) => task(`task-with-a-long-name-${i}`, states[i % 4], { detail: "why ".repeat(50) }))
  const lines = sidebar(board(tasks), 1_000_000, 36)
  assert.ok(lines.length <= 18, `${lines.length} lines`)
  for (const { text } of lines) assert.ok([...text].length <= 36, text)
})

test("the dialog groups tasks, running ones first", () => {
  const seen = board([task("a", "integrated"), task("b", "waiting"), task("c", "judging", { role: "reviewer" })])
  assert.deepEqual(
    grouped(seen).map(({ group, task, text }) => [group, task.id, text]),
    [["Running", "c", "checking · reviewer"], ["Waiting", "b", ""], ["Done", "a", ""]],
  )
})

test("the graph has a row a task, dependencies above, and an edge for each", () => {
  const tasks = [
    task("end", "waiting", { depends_on: ["left", "right"] }),
    task("left", "working", { depends_on: ["start"] }),
    task("right", "working", { depends_on: ["start"] }),
    task("start", "integrated"),
  ]
  assert.deepEqual(
    lanes(tasks).map((row) => `${row.lanes} ${row.task.id}`),
    ["● start", "┤ ● left", "● │ right", "● ╯ end"],
  )
  const circle = [task("a", "waiting", { depends_on: ["b"] }), task("b", "waiting", { depends_on: ["a"] })]
  assert.equal(lanes(circle).length, 2, "a damaged board is shown all the same")
})

test("the end and a pause are news, once, and another mission's board is none", () => {
  const before = board([task("a", "working")])
  const done = board([task("a", "integrated")], { outcome: "done" })
  assert.equal(news(before, done)?.message, "Mission done: 1/1 tasks · $0.08 of $5.00 · 1:40")
  assert.equal(news(done, done), undefined)
  assert.equal(news(undefined, done), undefined, "what ended before OpenCode was opened is old")
  assert.match(news(before, { ...before, paused: "Esc" })?.message ?? "", /paused: Esc\. \/mission shows/)
  assert.equal(news({ ...before, mission: "m-bbbbbbbb" }, done), undefined)
})

test("text is cut by characters, time is told as a clock", () => {
  assert.equal(fit("größe\n  ist  📏📏📏", 12), "größe ist 📏…")
  assert.equal(fit("größe", 5), "größe")
  assert.equal(clock(3_723_000), "1:02:03")
})

test("a project's state folder is found by the core's key", () => {
  const hex = (path) => createHash("sha256").update(path).digest("hex").slice(0, 12)
  assert.equal(projectKey("/no/such/shop"), `shop-${hex("/no/such/shop")}`)
  assert.equal(projectKey("/no/such/.dot"), `_.dot-${hex("/no/such/.dot")}`)
  assert.equal(projectKey("/no/such/größe"), `gr__e-${hex("/no/such/größe")}`)
  assert.equal(projectKey("/no/such/..."), `project-${hex("/no/such/...")}`)
  assert.equal(stateFolder({ worktree: "/", directory: "/no/such/shop" }, { XDG_DATA_HOME: "/no" }), undefined)
})

test("the newest mission's board is read, and a damaged, huge or missing one is none", async () => {
  const state = mkdtempSync(join(tmpdir(), "board-"))
  try {
    const reader = new BoardReader()
    assert.equal(await reader.read(state), undefined, "no mission was ever started")
    const put = (id, text) => {
      mkdirSync(join(state, "missions", id), { recursive: true })
      writeFileSync(join(state, "missions", id, "journal.jsonl"), "")
      writeFileSync(join(state, "missions", id, "board.json"), text)
    }
    put("m-aaaaaaaa", JSON.stringify(board([task("a", "working")])))
    const seen = await reader.read(state)
    assert.equal(seen?.mission, "m-aaaaaaaa")
    assert.equal(seen?.running, false, "nobody holds the lock")
    writeFileSync(join(state, "lock"), JSON.stringify({ pid: process.pid, mission: "m-aaaaaaaa" }))
    assert.equal((await reader.read(state))?.running, true)
    writeFileSync(join(state, "lock"), JSON.stringify({ pid: 2 ** 30, mission: "m-aaaaaaaa" }))
    assert.equal((await reader.read(state))?.running, false, "its owner is dead")
    await new Promise((resolve) => setTimeout(resolve, 20))
    // Its folder is there before its journal
    mkdirSync(join(state, "missions", "m-cccccccc"))
    assert.equal((await reader.read(state))?.mission, "m-aaaaaaaa")
    put("m-cccccccc", JSON.stringify(board([], { mission: "m-cccccccc" })))
    assert.equal((await reader.read(state))?.mission, "m-cccccccc")
    await new Promise((resolve) => setTimeout(resolve, 20))
    put("m-bbbbbbbb", "{ half")
    assert.equal(await reader.read(state), undefined)
  } finally {
    rmSync(state, { recursive: true })
  }
})

test("open questions come first, with the answer that takes each choice, and are told once", () => {
  const questions = [
    { question: "Which format?", choices: ["JSON", "CSV"], default: "JSON", chosen: "CSV" },
    { question: "Keep the flag?", choices: ["yes", "no"], default: "no" },
  ]
  const asks = board([], { stage: "planning", questions })
  assert.deepEqual(choices(asks).map(({ choice, answer }) => [choice, answer]), [["yes", "2a"], ["no (default)", "2b"]])
  assert.deepEqual(sidebar(asks, 1_000_000, 36).slice(1, 3).map((line) => line.text), ["? 2. Keep the flag?", "/mission, or /task answer"])
  assert.match(promptLine(asks, 1_000_000), /waiting for your answer$/)
  assert.match(news(board([]), asks)?.message ?? "", /Mission asks: 2\. Keep the flag\?/)
  assert.equal(news(asks, asks), undefined)
})
