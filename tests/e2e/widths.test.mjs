/**
 * Steering in OpenCode's terminal interface, at the widths that people use: one mission for each width, from a mistyped word to a stop,
 * with its question, its plan, its consent, the queue, and what takes effect at once while it runs.
 */
import assert from "node:assert/strict"
import { scene, tuiMissing, until } from "../harness/index.mjs"
import { constant, modules, noPlugin, project } from "./fixtures.mjs"

const THREE = modules(["one", "two", "three"])
const QUESTION = { question: "Which value has ONE?", choices: ["zero", "hundred"], default: "zero" }
const [one, two, three] = THREE.plan.tasks
/** The first task changes a script, for which the user has to agree. */
const tasks = [{ ...one, edits_config: "the tests say more" }, two, three]
const scenario = {
  ...THREE,
  plan: { tasks },
  brief: { summary: "Lengths.", files: [], decisions: [QUESTION] },
  answers: [
    { role: "planner", match: "what the user said about it", turns: [{ submit: { tasks: [{ ...tasks[0], title: "Add the first" }, two, three] } }] },
    { role: "coder", turns: [{ gate: "coders", write: { "src/one.js": constant("ONE", 1) } }, { done: "Did it." }, { done: "It does so." }] },
  ],
}

/** Whether the sidebar is shown, which names what waits. @param {number} columns */
const hasSidebar = (columns) => columns > 120

for (const columns of [80, 120, 200]) {
  scene(
    `tui: at ${columns} columns a mission is asked for, answered, planned, agreed to, watched, corrected and stopped`,
    {
      skip: noPlugin || tuiMissing(),
      timeout_ms: 200_000,
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
      const choose = async (/** @type {string} */ words, /** @type {RegExp} */ shown) => {
        await tui.press("C-x", "k")
        const screen = await tui.shows(shown)
        await tui.type(words)
        await until(async () => !/the tasks and what they depend on/.test(await tui.screen()), 20_000, "the list to be narrowed")
        await tui.press("Enter")
        return screen
      }
      await say("stauts")
      await tui.shows(/Did you mean\s+\S*\/task status/)
      await say("help")
      await tui.shows(/\/task tell <text>\s+corrects/)
      assert.equal(world.missions().length, 0, "neither starts a mission")

      await say('"Add three modules"')
      await tui.shows(/question 1: Which value has ONE\?/, 60_000)
      await tui.shows(hasSidebar(columns) ? /\? 1\. Which value has ONE\?/ : /waiting for your answer/)
      await choose("hundred", /1\. Which value has ONE\?[^]*zero \(default\)/)
      await until(() => world.facts("answered").length === 1, 20_000, "the answer")
      await tui.shows(/you chose hundred/)

      // The plan and what it needs are agreed to in one place
      await tui.shows(hasSidebar(columns) ? /‖ paused: / : /· paused/, 60_000)
      assert.match(JSON.stringify(world.facts("paused")), /approval|config/)
      await choose("Drop three", /It waits: your consent is needed[^]*Resume[^]*Change[^]*Drop one/)
      await until(() => world.facts("plan_edited").length === 1, 20_000, "the dropped task")
      await choose("Change", /Change/)
      await tui.shows(/What should be otherwise\?/)
      await tui.type("call it the first")
      await tui.press("Enter")
      await until(() => world.facts("plan_amended").length === 1, 60_000, "the changed plan")
      await until(() => world.facts("paused").length >= 2, 60_000, "the changed plan to wait again")
      await tui.shows(hasSidebar(columns) ? /‖ paused: / : /· paused/, 60_000)
      await choose("Resume", /agrees, and goes on/)
      await world.model.reached("coders")

      // In the session that runs the mission, what steers takes effect at once
      await say("status")
      await tui.shows(/working/)
      await say("tell keep it short")
      await until(() => world.facts("corrected").length === 2, 20_000, "the correction, before the turn ends")
      await say("queue")
      await tui.shows(/No mission waits/)
      await tui.shows(/0\/\d · \$\d+\.\d+ · \d+:\d\d · coding one/)
      await say("stop")
      await until(() => world.facts("paused").length >= 3, 20_000, "the stop, at once")
    },
  )
}
