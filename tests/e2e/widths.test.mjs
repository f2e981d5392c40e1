/**
 * The board and steering in OpenCode's terminal interface, at the widths that people use: one mission for each width goes through all of
 * it, from a mistyped word to a review: question, consent, a rejected plan, a dropped task, the graph, the queue, a stop and a resume.
 */
import assert from "node:assert/strict"
import { scene, tuiMissing, until } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, project } from "./fixtures.mjs"

const THREE = modules(["one", "two", "three"])
const QUESTION = { question: "Which value has ONE?", choices: ["zero", "hundred"], default: "zero" }
const [one, two, three] = THREE.plan.tasks
/** The first task changes a script, and the plan adds a package: the user has to agree to both. */
const tasks = [{ ...one, edits_config: "the tests say more" }, { ...two, depends_on: ["one"] }, three]
const dependencies = [{ manager: "npm", name: "is-number", version: "^7.0.0", why: "tells numbers from texts" }]
const scenario = {
  ...THREE,
  plan: { tasks, dependencies },
  brief: { summary: "Lengths.", files: [], decisions: [QUESTION] },
  answers: [
    { role: "planner", match: "what the user said about it", turns: [{ submit: { tasks: [{ ...tasks[0], title: "Add the first" }, tasks[1], three] } }] },
    { role: "coder", task: "one", turns: [{ gate: "coders", write: { "src/one.js": constant("ONE", 1) } }, { done: "Did it." }, { done: "It does so." }] },
  ],
}

/** Whether the sidebar is shown, which names what waits. @param {number} columns */
const hasSidebar = (columns) => columns > 120

for (const columns of [80, 120, 200]) {
  scene(
    `tui: at ${columns} columns a mission is asked for, answered, planned, agreed to, watched, corrected, stopped, resumed and reviewed`,
    {
      skip: noPlugin || tuiMissing(),
      timeout_ms: 300_000,
      files: project(),
      toml: "[mission]\napprove_plan = true\nparallel = 1\n",
      scenario,
    },
    async (world) => {
      const tui = await world.tui({ columns, rows: 50, board: true })
      const say = async (/** @type {string} */ words) => {
        await tui.type(`/task ${words}`)
        await tui.press("Enter")
      }
      /** Chooses a row of the open dialog. @param {string} words */
      const pick = async (words) => {
        // The row of the report; on a wide screen the chat beside the dialog has these words too
        const others = (/** @type {string} */ now) => now.split("what was done, verified and spent").length - 1
        const before = others(await tui.screen())
        await tui.type(words)
        // In the field and in the row that is left, of which Enter chooses the first
        const narrowed = (/** @type {string} */ now) => now.split(words).length > 2 && others(now) <= Math.max(0, before - 1)
        await until(async () => narrowed(await tui.screen()), 20_000, "the list to be narrowed")
        await tui.press("Enter")
      }
      /** Opens the dialog, which must show something, and chooses a row. @param {string} words @param {RegExp} shown */
      const choose = async (words, shown) => {
        await tui.press("C-x", "k")
        // The chat behind the dialog has some of its words
        await tui.shows(/type to search/)
        await tui.shows(shown)
        await pick(words)
      }
      const waits = () => tui.shows(hasSidebar(columns) ? /‖ paused: [^]*\/mission, or \/task resume m-\w{8}/ : /· paused/, 60_000)

      await tui.type("/mission")
      await tui.shows(/\/mission +Mission: tasks/)
      await tui.press("Enter")
      await tui.shows(/No mission here\. Start one with \/task/)
      await say("stauts")
      await tui.shows(/Did you mean\s+\S*\/task status/)
      await say("help")
      await tui.shows(/\/task tell <text>\s+corrects/)
      assert.equal(world.missions().length, 0, "neither starts a mission")

      await say('"Add three modules"')
      await tui.shows(/question 1: Which value has ONE\?/, 60_000)
      await tui.shows(/Mission asks: 1\. Which value has ONE\?/)
      await tui.shows(hasSidebar(columns) ? /\? 1\. Which value has ONE\?/ : /waiting for your answer/)
      await choose("hundred", /1\. Which value has ONE\?[^]*zero \(default\)/)
      await until(() => world.facts("answered").length === 1, 20_000, "the answer")
      await tui.shows(/you chose hundred/)

      // Packages and configuration are agreed to, or rejected with a comment, in one place
      await tui.shows(/Mission paused: your consent is needed/, 60_000)
      await waits()
      assert.match(world.facts("paused")[0].reason.detail, /adds the package npm `is-number`[^]*task `one` changes scripts/)
      await choose("Why", /Paused: your consent is needed[^]*Resume +agree and continue[^]*Change[^]*Why[^]*Plan/)
      // The dialog wraps it; on a wide screen the chat and the sidebar stand in the same lines
      await tui.shows(/task one[^]{0,300}?changes[^]{0,300}?scripts or configuration/)
      await tui.press("Enter")
      await tui.shows(/Change +first change the plan/)
      await pick("Change")
      await tui.shows(/What should change\?/)
      await tui.type("no new packages, and call it the first")
      await tui.press("Enter")
      await until(() => world.facts("plan_amended").length === 1, 60_000, "the changed plan")
      await until(() => world.facts("paused").length === 2, 60_000, "the changed plan to wait again")
      assert.doesNotMatch(world.facts("paused")[1].reason.detail, /is-number/, "the comment took the package out")
      await waits()
      await tui.shows(/no longer adds the package/)
      await choose("Drop three", /Paused: your consent is needed/)
      await until(() => world.facts("plan_edited").length === 1, 20_000, "the dropped task")
      await choose("Resume", /agree and continue/)
      await world.model.reached("coders")

      await tui.shows(/0\/2 · \$\d+\.\d+ · \d+:\d\d · coding one/)
      if (hasSidebar(columns)) await tui.shows(/● coding one[^]*○ 1 waiting/)
      await choose("Graph", /Running[^]*one {2}Add the first[^]*Waiting[^]*two {2}Add two/)
      await tui.shows(/● +one {2}Add the first {2}coding[^]*two {2}Add two {2}waiting/)
      await tui.press("Escape")
      await until(async () => !/esc back/.test(await tui.screen()), 20_000, "the session behind the graph")

      // In the session that runs the mission, what steers takes effect at once
      await say("status")
      await tui.shows(/working/)
      await say("tell one: keep it short")
      await until(() => world.facts("corrected").length === 2, 20_000, "the correction, before the turn ends")

      // A second mission waits in another session, and Esc there takes out only that one
      await tui.press("C-x", "n")
      await tui.shows(/Ask anything/)
      await say("Add four more modules")
      await tui.shows(/waits for its turn/)
      await until(() => world.program("queue").includes("1. in the queue"), 20_000, "the second mission in the queue")
      await tui.interrupt()
      await until(() => !world.program("queue").includes("in the queue"), 20_000, "an empty queue")
      assert.equal(world.facts("paused").length, 2)

      await choose("Stop", /Stop +pause; Resume continues it later/)
      await until(() => world.facts("paused").length === 3, 20_000, "the stop")
      await waits()
      world.model.release("coders")
      await choose("Resume", /Paused: stopped by the board[^]*Resume/)
      // The attempt begins again, so what was said about it changes the plan, which is agreed to once more
      await until(() => world.facts("paused").length === 4, 60_000, "the plan to wait")
      await waits()
      await choose("Resume", /Paused: your consent is needed/)
      await tui.shows(/Mission done(, \w+)?: 3\/3 tasks/, 90_000)
      await tui.shows(/[✓!] Done, [^]*3 of 3 tasks/)
      if (hasSidebar(columns)) await tui.shows(/[✓!] Done[^\n]*: 3\/3 tasks/)
      ended(world, "done")
      await choose("Review", /Review +the change; take back, comment[^]*Undo/)
      await tui.shows(/Review of m-\w{8}: Add three modules[^]*one {2}Add the first[^]*added src\/one\.js \+1 -0[^]*\+export const ONE = 1;/)
      await tui.press("q")
      await say("undo")
      await tui.shows(/is undone/)
    },
  )
}
