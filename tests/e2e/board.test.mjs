/** The board in OpenCode's terminal interface, at common widths. */
import assert from "node:assert/strict"
import { scene, tuiMissing, until } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, project, task } from "./fixtures.mjs"

const THREE = modules(["one", "two", "three"])
const HELD = { ...THREE, answers: [{ role: "coder", turns: [{ gate: "coders", text: "Too late." }] }] }
const skip = noPlugin || tuiMissing()

/** The screen from a column on. @param {string} screen @param {number} column */
const right = (screen, column) => screen.split("\n").map((line) => line.slice(column).trim()).join("\n")

scene(
  "tui: at 160 columns the sidebar shows who works on what, then one line when it is done",
  { skip, files: project(), scenario: { ...THREE, answers: [{ role: "coder", task: "three", turns: [{ gate: "last", write: { "src/three.js": "export const THREE = 2;\n" } }, { done: "Did three." }] }] } },
  async (world) => {
    const tui = await world.tui({ columns: 160, board: true })
    assert.doesNotMatch(await tui.screen(), /Mission|tasks ·/, "nothing is shown where there is no mission")
    await tui.type('/task "Add three modules"')
    await tui.press("Enter")
    await world.model.reached("last", { count: 1 })
    const screen = right(await tui.shows(/● coding three[^]*✓ 2 done/, 60_000), 115)
    assert.match(screen, /Mission: Add three modules\n2\/3 tasks · \$\d+\.\d+ · \d+:\d\d\n● coding three/)
    world.model.release("last")
    await tui.shows(/✓ Done: 3\/3 tasks/, 90_000)
    ended(world, "done")
    await tui.shows(/Mission done: 3\/3 tasks/)
  },
)

scene(
  "tui: at 80 columns the prompt line tells it, the dialog opens a task's session and stops the mission",
  { skip, files: project(), scenario: HELD },
  async (world) => {
    const tui = await world.tui({ columns: 80, rows: 40, board: true })
    await tui.type('/task "Add three modules"')
    await tui.press("Enter")
    await world.model.reached("coders", { count: 3 })
    await tui.shows(/0\/3 · \$\d+\.\d+ · \d+:\d\d · coding/)
    await tui.press("C-x", "k")
    await tui.shows(/Running[^]*one {2}Add one/)
    await tui.type("Add two")
    await tui.press("Enter")
    await tui.shows(/task: two/)
    await tui.press("C-x", "k")
    await tui.shows(/pause; Resume continues it later +ctrl\+s/)
    await tui.press("C-s")
    await until(() => world.facts("paused").length === 1, 10_000, "the mission to be paused")
    await tui.shows(/paused/)
    assert.match(JSON.stringify(world.facts("paused")[0]), /the board/)
    assert.doesNotMatch(await tui.screen(), /type to search/, "the key closes the dialog")
    world.model.release("coders")
    await tui.press("C-x", "k")
    await tui.shows(/Resume[^]*ctrl\+r/)
    // Letters still search
    await tui.type("Rep")
    await tui.shows(/what was done, verified and spent/)
    await tui.press("Escape")
    await until(async () => !/type to search|Rep\b/.test(await tui.screen()), 10_000, "the closed dialog")
    assert.equal(world.facts("resumed").length, 0)
    // The session of the task is still open, in which no command runs
    await tui.press("C-x", "k")
    await tui.shows(/Resume[^]*ctrl\+r/)
    await tui.press("C-r")
    await until(() => world.facts("resumed").length === 1, 20_000, "the mission to be resumed")
  },
)

scene(
  "tui: at 200 columns the graph takes the screen, and the start page names a mission that waits",
  { skip, files: project(), scenario: HELD },
  async (world) => {
    const tui = await world.tui({ columns: 200, board: true })
    await tui.type('/task "Add three modules"')
    await tui.press("Enter")
    await world.model.reached("coders", { count: 3 })
    await tui.press("C-x", "k")
    await tui.shows(/Graph/)
    await tui.type("Graph")
    await tui.press("Enter")
    await tui.shows(/● +one {2}Add one {2}coding/)
    await tui.press("Escape")
    await tui.shows(/● coding one/)
    await tui.interrupt()
    await tui.shows(/‖ paused/, 20_000)
    await tui.stop()
    const later = await world.tui({ columns: 200, board: true })
    await later.shows(/Mission m-\w{8}: paused · \/task resume m-\w{8}/)
  },
)

const LINES = Array.from({ length: 12 }, (_, n) => `export const N${n} = ${n};`)
const CHANGED = LINES.map((line, n) => (n === 1 || n === 10 ? line.replace(";", "0;") : line))
const text = (/** @type {string[]} */ lines) => `${lines.join("\n")}\n`

scene(
  "tui: a delivered change is reviewed in the board: one hunk is taken back, a comment becomes a mission on top of it",
  {
    skip,
    timeout_ms: 180_000,
    files: project({ "src/many.js": text(LINES) }),
    scenario: {
      plan: { tasks: [task("many", ["src/many.js"])] },
      work: { many: { "src/many.js": text(CHANGED) }, "fix-two": { "src/two.js": constant("TWO", 2) } },
      answers: [{ role: "planner", match: "# What this follows", turns: [{ submit: { tasks: [task("fix-two", ["src/two.js"])] } }] }],
    },
  },
  async (world) => {
    const tui = await world.tui({ columns: 80, rows: 40, board: true })
    await tui.type('/task "Change two numbers"')
    await tui.press("Enter")
    await tui.shows(/✓ Done|! Done/, 60_000)
    const [{ id }] = world.missions()
    await tui.press("C-x", "k")
    await tui.shows(/take back, comment +ctrl\+o/)
    await tui.press("C-o")
    const shown = await tui.shows(/many {2}Add many[^]*✓ review[^]*changed src\/many\.js \+2 -2[^]*1 {2}@@ -1,5 \+1,5 @@[^]*2 {2}\+export const N1 = 10;/)
    assert.match(shown, new RegExp(`Review of ${id}: Change two numbers`))
    await tui.press("n")
    await tui.press("n")
    await tui.press("t")
    await tui.shows(/Hunk 1 of src\/many\.js becomes as it was/)
    await tui.press("Enter")
    await tui.shows(/@@ -1,5 \+1,5 @@ {2}taken back/)
    assert.equal(world.read("src/many.js"), text(LINES.map((line, n) => (n === 10 ? CHANGED[n] : line))))
    await tui.press("n")
    await tui.press("Down", "Down", "Down", "Down")
    await tui.press("c")
    await tui.shows(/Comment on src\/many\.js:11/)
    await tui.type("a module for two, too")
    await tui.press("Enter")
    await tui.shows(/» a module for two, too[^]*1 comment: s starts a mission/)
    await tui.press("s")
    await tui.shows(/Start a mission\?/)
    await tui.press("Enter")
    await until(() => world.exists("src/two.js"), 60_000, "the mission on top")
    const planned = world.model.roleRequests.filter((request) => request.role === "planner").at(-1)?.prompt_text ?? ""
    assert.match(planned, /# Objective\nsrc\/many\.js:11: a module for two, too/)
    assert.match(planned, /The comment belongs to src\/many\.js:11/)
  },
)
