/** The board in OpenCode's terminal interface, at the widths that people use. */
import assert from "node:assert/strict"
import { scene, tuiMissing, until } from "../harness/index.mjs"
import { ended, modules, noPlugin, project } from "./fixtures.mjs"

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
    await tui.shows(/pauses the mission/)
    await tui.press("Enter")
    await until(() => world.facts("paused").length === 1, 10_000, "the mission to be paused")
    await tui.shows(/paused/)
    assert.match(JSON.stringify(world.facts("paused")[0]), /the board/)
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
    await tui.shows(/● +one {2}Add one {2}working/)
    await tui.press("Escape")
    await tui.shows(/● coding one/)
    await tui.interrupt()
    await tui.shows(/‖ paused/, 20_000)
    await tui.stop()
    const later = await world.tui({ columns: 200, board: true })
    await later.shows(/Mission m-\w{8}: paused · \/task resume m-\w{8}/)
  },
)
