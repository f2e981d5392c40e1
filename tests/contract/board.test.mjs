/** The board in the terminal interface of the contract host, with boards of real missions and boards written by hand. */
import assert from "node:assert/strict"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test from "node:test"
import { projectKey } from "../../plugin/tui/place.js"
import { modules, noPlugin, project } from "../e2e/fixtures.mjs"
import { until } from "../harness/index.mjs"
import { THEMES, Terminal } from "./terminal.mjs"
import { World2, said } from "./world2.mjs"

const SIDE = { sessionID: "ses_open" }
const task = (id, state, more = {}) => ({ id, title: `Do ${id}`, state, attempt: 1, depends_on: [], ...more })
const MISSION = "m-aaaaaaaa"
const board = (more = {}) => ({
  mission: MISSION,
  objective: "Do it all",
  stage: "working",
  outcome: null,
  paused: null,
  elapsed_ms: 60_000,
  tasks: [task("one", "integrated"), task("two", "working", { depends_on: ["one"], session: "ses_two" }), task("three", "waiting", { depends_on: ["two"] })],
  next: ["three"],
  usage: { calls: 1, cost_usd: 0.25, tokens: {} },
  ...more,
})

/**
 * Opens a terminal in a project whose mission is written by hand.
 * @param {import("node:test").TestContext} t
 * @param {any} content
 * @param {any} [options]
 */
async function terminal(t, content, { running = true, ...options } = {}) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "board-")))
  const directory = join(root, "project", "src")
  mkdirSync(directory, { recursive: true })
  const before = process.env.XDG_DATA_HOME
  process.env.XDG_DATA_HOME = join(root, "data")
  const state = join(root, "data", "opencode-orchestrator", projectKey(join(root, "project")))
  const folder = join(state, "missions", MISSION)
  const write = (/** @type {any} */ content) => writeFileSync(join(folder, "board.json"), JSON.stringify(content))
  if (content) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, "journal.jsonl"), "")
    write(content)
    if (running) writeFileSync(join(state, "lock"), JSON.stringify({ mission: MISSION, pid: process.pid }))
  }
  const host = await new Terminal({ directory, ...options }).start()
  t.after(async () => {
    await host.stop()
    if (before === undefined) delete process.env.XDG_DATA_HOME
    else process.env.XDG_DATA_HOME = before
    rmSync(root, { recursive: true, force: true })
  })
  if (content) await until(() => host.drawn("sidebar.content", SIDE).length > 0, 10_000, () => "the board")
  return { host, folder, write }
}

test("a real mission is shown while it runs and when it has ended, and its report is a choice", { skip: noPlugin }, async () => {
  const world = await World2.create({ files: project(), scenario: { ...modules(["one", "two"]), latency_ms: 300 } })
  const host = await world.start()
  const session = await world.session()
  const run = (/** @type {string} */ id, /** @type {string} */ name, /** @type {string} */ text) => host.command(host.sessions.get(id), name, text)
  const terminal = await new Terminal({ directory: world.project, run }).start()
  try {
    assert.deepEqual([terminal.drawn("sidebar.content", SIDE), terminal.drawn("home.footer.status")], [[], []], "nothing without a mission")
    terminal.route = { type: "session", sessionID: session.id }
    const ended = world.task("Add two modules")
    await until(() => terminal.drawn("prompt.footer.status").length > 0, 30_000, () => "the line below the prompt")
    assert.equal(terminal.drawn("sidebar.content", SIDE)[0], "Mission: Add two modules")
    await ended
    await until(() => terminal.drawn("sidebar.content", SIDE).some((line) => line.startsWith("✓ Done: 2/2 tasks")), 10_000, () => terminal.drawn("sidebar.content", SIDE).join("\n"))
    assert.deepEqual(terminal.drawn("prompt.footer.status"), [], "an ended mission needs no line")
    assert.deepEqual(terminal.toasts.map(({ variant }) => variant), ["success"])
    assert.equal(terminal.notes.length, 1)
    terminal.answers.push(({ options }) => options.find((/** @type {any} */ { title }) => title === "Report").value)
    await terminal.slash("mission")
    await until(() => /two modules/.test(said(session)), 20_000, () => "the report")
  } finally {
    await terminal.stop()
    await world.close()
  }
})

test("the lines are those of OpenCode 1, in the colours of both generations of themes", async (t) => {
  for (const theme of Object.values(THEMES)) {
    const { host } = await terminal(t, board(), { theme })
    const lines = host.elements("sidebar.content", SIDE)
    assert.deepEqual(lines.map(({ text }) => text.replace(/\d+:\d\d/, "TIME")), ["Mission: Do it all", "1/3 tasks · $0.25 · TIME", "● coding two", "○ 1 waiting · next: three", "✓ 1 done"])
    assert.deepEqual(lines.map(({ props }) => props.fg), ["text", "muted", "info", "muted", "good"])
    assert.match(host.drawn("prompt.footer.status").join(), /^1\/3 · \$0\.25 · 1:\d\d · coding two$/)
    assert.match(host.drawn("home.footer.status").join(), /^Mission m-aaaaaaaa: 1\/3/)
    lines.find(({ text }) => text.startsWith("●"))?.props.onMouseUp()
    assert.deepEqual(host.route, { type: "session", sessionID: "ses_two" })
  }
})

test("the graph is a panel beside a session, and a page where none is open", async (t) => {
  const { host } = await terminal(t, board())
  const rows = ["m-aaaaaaaa: Do it all · coding two", "●  one  Do one  done", "●  two  Do two  coding", "●  three  Do three  waiting"]
  await host.slash("orchestrator.graph")
  assert.deepEqual([host.route.type, host.shown()], ["plugin", rows])
  host.route = { type: "session", sessionID: "ses_open" }
  await host.slash("orchestrator.graph")
  assert.deepEqual([host.panel.sessionID, host.shown()], ["ses_open", rows])
  host.panel = { ...host.panel, name: "another.plugin" }
  assert.deepEqual(host.shown(), [], "a panel of another plugin")
})

test("questions of the mission's sessions are shown first", async (t) => {
  const { host } = await terminal(t, board())
  host.asks = { ses_two: { permissions: [{ action: "edit" }] }, ses_open: { forms: [{ title: "Which one?" }] }, ses_other: { permissions: [{ action: "shell" }] } }
  const asks = host.drawn("sidebar.content", SIDE).filter((line) => line.startsWith("?"))
  assert.deepEqual(asks, ["? Which one?", "? allow edit?"])
})

test("the dialog stops a mission by a request in its folder, and answers its questions there", async (t) => {
  const questions = [{ question: "Which colour?", choices: ["red", "blue"], default: "red" }]
  const { host, folder } = await terminal(t, board({ questions }))
  const control = () => readdirSync(join(folder, "control")).toSorted().map((name) => JSON.parse(readFileSync(join(folder, "control", name), "utf8")))
  host.answers.push(({ options }) => options.find((/** @type {any} */ { title }) => title === "Stop").value)
  await host.slash("mission")
  assert.deepEqual(control().map(({ kind }) => kind), ["stop"])
  host.answers.push(({ options }) => options.find((/** @type {any} */ { title }) => title === "blue").value)
  await host.slash("mission")
  assert.deepEqual(control().map(({ kind, text }) => text ?? kind).toSorted(), ["1b", "stop"])
  host.answers.push(() => undefined)
  await host.slash("mission")
  assert.equal(control().length, 2, "a closed dialog does nothing")
  await host.slash("orchestrator.stop")
  assert.deepEqual(control().map(({ kind }) => kind).toSorted(), ["answer", "stop", "stop"], "from the palette, too")
  await host.slash("orchestrator.resume")
  assert.match(host.toasts.at(-1).message, /No mission waits to be resumed here/)
})

test("keys of the open dialog stop and resume the mission; closed, they do nothing", async (t) => {
  /** @type {string[]} */
  const ran = []
  const run = async (/** @type {string} */ _id, /** @type {string} */ _name, /** @type {string} */ text) => void ran.push(text)
  const { host, folder, write } = await terminal(t, board(), { run })
  host.route = { type: "session", sessionID: "ses_open" }
  assert.equal(host.bound("ctrl+s").length, 0, "no dialog is open")
  /** @type {any[]} */
  let shown = []
  const open = () => {
    host.answers.push(({ options }) => {
      shown = options
      return new Promise(() => {})
    })
    return host.slash("mission")
  }
  const stopped = open()
  assert.deepEqual(shown.filter(({ footer }) => footer).map(({ title, footer }) => [title, footer]), [["Stop", "ctrl+s"]])
  assert.equal(host.bound("ctrl+r").length, 0, "a mission that runs is not resumed")
  await host.press("ctrl+s")
  await stopped
  assert.match(readFileSync(join(folder, "control", readdirSync(join(folder, "control"))[0]), "utf8"), /"stop"/)
  assert.equal(host.bound("ctrl+s").length, 0, "the dialog is closed")
  write(board({ paused: "stopped by the board" }))
  await until(() => host.drawn("sidebar.content", SIDE).some((line) => line.includes("paused")), 10_000, () => "the pause")
  const resumed = open()
  await host.press("ctrl+r")
  await resumed
  assert.deepEqual(ran, [`resume ${MISSION}`])
  // An undo holds the project for a mission that has ended
  write(board({ outcome: "done" }))
  await until(() => host.drawn("sidebar.content", SIDE).some((line) => line.includes("Done")), 10_000, () => "the end")
  await host.slash("orchestrator.stop")
  assert.match(host.toasts.at(-1).message, /No mission runs here/)
  const ended = open()
  assert.deepEqual(shown.filter(({ footer }) => footer).map(({ title, footer }) => [title, footer]), [["Review", "ctrl+o"]])
  host.close?.()
  await ended
})

test("what is chosen in a role's session runs in the mission's, which is then shown", async (t) => {
  /** @type {string[][]} */
  const ran = []
  const run = async (/** @type {string[]} */ ...call) => void ran.push(call)
  const { host } = await terminal(t, board({ paused: "the budget is spent" }), { running: false, run })
  host.known = { ses_two: { id: "ses_two", metadata: { "opencode-orchestrator": { parent: "ses_main" } } } }
  host.route = { type: "session", sessionID: "ses_two" }
  await host.slash("orchestrator.resume")
  assert.deepEqual(ran, [["ses_main", "task", `resume ${MISSION}`]])
  assert.deepEqual(host.route, { type: "session", sessionID: "ses_main" })
})

test("a task of a paused mission is dropped in a new session if none is open, also while its process still ends", async (t) => {
  /** @type {string[][]} */
  const ran = []
  const run = async (/** @type {string[]} */ ...call) => void ran.push(call)
  const { host, write } = await terminal(t, board(), { run, create: async () => ({ id: "ses_new" }) })
  write(board({ paused: "the budget is spent", tasks: [task("one", "waiting")] }))
  await until(() => host.toasts.length > 0, 10_000, () => "a note")
  assert.match(host.toasts[0].message, /paused: the budget is spent/)
  host.answers.push(({ options }) => options.find((/** @type {any} */ { title }) => title === "Drop one").value)
  await host.slash("mission")
  assert.deepEqual(ran, [["ses_new", "task", "plan drop one"]])
  assert.deepEqual(host.route, { type: "session", sessionID: "ses_new" })
})

test("a mission that waits offers to resume it, and to change it first", async (t) => {
  /** @type {string[]} */
  const ran = []
  const run = async (/** @type {string} */ _id, /** @type {string} */ _name, /** @type {string} */ text) => void ran.push(text)
  const { host } = await terminal(t, board({ paused: "the budget is spent" }), { running: false, run })
  host.route = { type: "session", sessionID: "ses_open" }
  host.answers.push(({ options }) => options.find((/** @type {any} */ { title }) => title === "Resume").value)
  await host.slash("mission")
  host.answers.push(({ options }) => options.find((/** @type {any} */ { title }) => title === "Change").value, () => " in German ")
  await host.slash("mission")
  assert.deepEqual(ran, [`resume ${MISSION}`, "tell in German", `resume ${MISSION}`])
  host.run = async () => {
    throw new Error("no command task")
  }
  host.answers.push(({ options }) => options.find((/** @type {any} */ { title }) => title === "Report").value)
  await host.slash("mission")
  assert.match(host.toasts.at(-1).message, /no command task/)
})

test("a delivered change is reviewed on the whole screen: a hunk is taken back, a comment becomes a mission", { skip: noPlugin }, async () => {
  const world = await World2.create({ files: project(), scenario: modules(["one", "two"]) })
  await world.start()
  const session = await world.session()
  /** @type {string[]} */
  const ran = []
  const terminal = await new Terminal({ directory: world.project, run: async (_id, _name, text) => void ran.push(text) }).start()
  try {
    terminal.route = { type: "session", sessionID: session.id }
    await terminal.slash("orchestrator.review")
    assert.match(terminal.toasts.at(-1)?.message, /once the mission has ended/)
    await world.task("Add two modules")
    await until(() => terminal.drawn("sidebar.content", SIDE).some((line) => line.startsWith("✓ Done")), 20_000, () => "the end on the board")
    terminal.answers.push(({ options }) => options.find((/** @type {any} */ { title }) => title === "Review").value)
    await terminal.slash("mission")
    const shown = () => terminal.shown().join("\n")
    await until(() => /new src\/one|added src\/one/.test(shown()), 20_000, shown)
    assert.match(shown(), /^Review of m-\w{8}: Add two modules\ndone, verified/)

    for (const key of ["t", "s"]) await terminal.press(key)
    assert.deepEqual(terminal.toasts.slice(-2).map(({ message }) => message), ["Move to a file or a hunk first.", "Comment on a line first: c."])
    for (const key of ["n", "n", "c"]) {
      if (key === "c") terminal.answers.push(({ title }) => (assert.match(title, /^Comment on src\/one\.js:1$/), " say  why "))
      await terminal.press(key)
    }
    await until(() => /» say why/.test(shown()), 5_000, shown)
    assert.match(shown(), /1 comment: s starts a mission/)

    terminal.answers.push(() => undefined, () => true)
    await terminal.press("t")
    await terminal.press("t")
    await until(() => /taken back/.test(shown()), 20_000, shown)
    assert.match(terminal.toasts.at(-1).message, /src\/one\.js/)
    assert.equal(existsSync(join(world.project, "src", "one.js")), false, "the only hunk of a new file")

    terminal.answers.push(() => true)
    await terminal.press("s")
    await until(() => ran.length > 0, 5_000, () => "a mission for the comment")
    assert.match(ran[0], /^fix m-\w{8} src\/one\.js:1: say why$/)
    assert.deepEqual(terminal.route, { type: "session", sessionID: session.id })

    await terminal.slash("orchestrator.review")
    await until(() => /taken back/.test(shown()), 20_000, shown)
    await terminal.press("q")
    assert.deepEqual(terminal.route, { type: "session", sessionID: session.id }, "back where it came from")
  } finally {
    await terminal.stop()
    await world.close()
  }
})

test("without a mission nothing is drawn, and the dialog says how to start one", async (t) => {
  const { host } = await terminal(t, undefined)
  for (const slot of ["sidebar.content", "prompt.footer.status", "home.footer.status"]) assert.deepEqual(host.drawn(slot, SIDE), [], slot)
  await host.slash("mission")
  assert.match(host.toasts[0].message, /No mission here/)
})

test("where a method is lacking, no part of the board is registered, and the error names it", async () => {
  const host = new Terminal({ directory: tmpdir(), without: ["ui.panel.open", "keymap.layer"] })
  await assert.rejects(host.start(), /OpenCode 2\.0\.32: it lacks keymap\.layer, ui\.panel\.open/)
  assert.deepEqual(host.claims, [])
})

test("the terminal rejects what no document allows", async () => {
  const host = new Terminal({ directory: tmpdir() })
  const { ui, keymap } = host.context()
  assert.throws(() => ui.slot({ append: "sidebar", render: () => null }), /must be one of app.*cli\.mdx, Slots/)
  assert.throws(() => ui.slot({ append: "app", replace: "app", render: () => null }), /exactly one placement/)
  assert.throws(() => keymap.layer(() => ({ commands: [] })), /outside of a component/)
  assert.throws(() => ui.router.navigate({ type: "plugin", name: "unknown" }), /no page unknown/)
  assert.throws(() => ui.toast.show({ text: "x" }), /unknown key `text`/)
  assert.equal(ui.panel.open("x"), false)
})
