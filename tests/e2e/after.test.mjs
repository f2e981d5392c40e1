/**
 * Before and after the work: questions before the plan, a plan edited by hand, a review of the delivered change, and a
 * fix on top.
 */
import assert from "node:assert/strict"
import { join } from "node:path"
import { ROOT, answerText, opencodeBinary, scene, start, until } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, printed, project, task } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

/** @param {World} world @param {string[]} args @param {Record<string, string>} [env] @param {string} [stdin] */
const cli = (world, args, env = {}, stdin = undefined) =>
  start(process.execPath, [join(ROOT, "bin", "opencode-orchestrator.js"), ...args], {
    cwd: world.project,
    env: { ...world.env, OPENCODE_BIN: opencodeBinary(), ...env },
    stdin,
    deadline_ms: 90_000,
  }).done

/** The requests of a role, as text. @param {World} world @param {string} role */
const asked = (world, role) => world.model.roleRequests.filter((request) => request.role === role).map((request) => request.prompt_text ?? "")

const QUESTION = { question: "Which value has ONE?", choices: ["zero", "one"], default: "zero" }
const ASKING = { ...modules(["one"]), brief: { summary: "Lengths.", files: [], decisions: [QUESTION] } }

scene("in a session the plan waits for an answer, and is told it", { skip: noPlugin, files: project(), scenario: ASKING }, async (world) => {
  const { client } = await world.serve()
  const session = await client.session()
  const running = client.command(session, "task", "Add one")
  await until(() => world.missions().length === 1 && world.facts("brief_accepted").length === 1, 30_000, "the brief")
  assert.equal(asked(world, "planner").length, 0, "nothing is planned before")
  void client.command(session, "task", "answer b").catch(() => {})
  await until(() => world.facts("answered").length === 1, 10_000, "the answer, before the turn ends")
  await until(() => world.facts("plan_accepted").length === 1, 20_000, "the plan")
  await running
  ended(world, "done")
  assert.match(asked(world, "planner")[0], /# Decided[^]*- Which value has ONE\? one \(by the user\)/)
  assert.ok(asked(world, "reviewer").some((text) => text.includes("the user decided: Which value has ONE? one")), "the whole is reviewed by it")
  assert.match(await answers(client, session), /question 1: Which value has ONE\? a\) zero \(default\); b\) one[^]*question 1: you chose one/)
})

/** All answers in a session. @param {any} client @param {string} session */
async function answers(client, session) {
  return (await client.messages(session)).map((/** @type {any} */ message) => answerText(message)).join("\n")
}

scene("where nobody can answer the defaults are taken at once, and said", { skip: noPlugin, files: project(), scenario: ASKING }, async (world) => {
  const result = await world.task("Add one")
  ended(world, "done")
  assert.match(printed(result), /nobody can answer here, so the defaults are taken/)
  assert.match(printed(result), /Which value has ONE\? \*\*zero\*\* \(by default\)/)
  assert.match(asked(world, "planner")[0], /- Which value has ONE\? zero \(by default/)
})

scene(
  "a plan that waits is edited in the user's editor, and what stands in it is done",
  { skip: noPlugin, files: project(), toml: "[mission]\napprove_plan = true\n", scenario: modules(["one", "two", "three"]) },
  async (world) => {
    await world.task("Add three modules")
    assert.match(JSON.stringify(world.facts("paused")), /approval/)
    const wrong = await cli(world, ["plan", "edit"], { EDITOR: `sed -i 's/^id = "two"/id = "T W O"/'`, VISUAL: "" })
    assert.equal(wrong.code, 1, printed(wrong))
    assert.match(wrong.stderr, /plan-m-\w{8}\.toml:\d+: `tasks\[1\]\.id` is `T W O`[^]*The plan stays as it was\.[^]*what you wrote is kept/)
    const edited = await cli(world, ["plan", "edit"], { EDITOR: `sed -i 's/^title = "Add two"/title = "Add the second"/'`, VISUAL: "" })
    assert.match(edited.stdout, /is changed: changed `two`/, printed(edited))
    const dropped = await cli(world, ["plan", "drop", "three"])
    assert.match(dropped.stdout, /is changed: dropped `three`/, printed(dropped))
    const result = await world.task("resume")
    ended(world, "done")
    assert.deepEqual([world.exists("src/one.js"), world.exists("src/two.js"), world.exists("src/three.js")], [true, true, false], printed(result))
    assert.ok(asked(world, "coder").some((text) => text.includes("# Task: Add the second")))
  },
)

const LINES = Array.from({ length: 12 }, (_, n) => `export const N${n} = ${n};`)
const CHANGED = LINES.map((line, n) => (n === 1 || n === 10 ? line.replace(";", "0;") : line))
const text = (/** @type {string[]} */ lines) => `${lines.join("\n")}\n`

scene(
  "a delivered change is reviewed, one hunk is taken back, a comment becomes a mission on top of it, and an undo is exact",
  {
    skip: noPlugin,
    timeout_ms: 180_000,
    files: project({ "src/many.js": text(LINES) }),
    scenario: {
      plan: { tasks: [task("many", ["src/many.js"])] },
      work: { many: { "src/many.js": text(CHANGED) }, "fix-two": { "src/two.js": constant("TWO", 2) } },
      answers: [{ role: "planner", match: "# What this follows", turns: [{ submit: { tasks: [task("fix-two", ["src/two.js"])] } }] }],
    },
  },
  async (world) => {
    await world.task("Change two numbers")
    ended(world, "done")
    const [{ id }] = world.missions()
    const review = JSON.parse((await cli(world, ["review", "--json"])).stdout)
    assert.deepEqual(
      [review.mission, review.files.map((/** @type {any} */ file) => [file.path, file.tasks, file.hunks.length])],
      [id, [["src/many.js", ["many"], 2]]],
    )
    assert.ok(review.tasks[0].gates.some((/** @type {any} */ gate) => gate.gate === "review" && gate.verdict === "pass"), JSON.stringify(review.tasks))
    const back = await cli(world, ["review", "--interactive"], {}, "t\nk\n")
    assert.match(back.stdout, /src\/many\.js:1 {2}@@ -1,5 \+1,5 @@[^]*Hunk 1 of `src\/many\.js` is as it was before/)
    assert.equal(back.code, 0, printed(back))
    assert.equal(world.read("src/many.js"), text(LINES.map((line, n) => (n === 10 ? CHANGED[n] : line))))

    const fixed = await cli(world, ["review", id, "--comment", "src/many.js:11", "a module for two, too"])
    assert.match(fixed.stdout, /follows mission m-/, printed(fixed))
    const planned = asked(world, "planner").at(-1) ?? ""
    assert.match(planned, /# Objective\nsrc\/many\.js:11: a module for two, too/)
    assert.match(planned, /Its objective: Change two numbers[^]*The comment belongs to src\/many\.js:11:[^]*> {3}11 {2}export const N10 = 100;/)
    assert.ok(world.exists("src/two.js"))
    const second = world.missions().find((mission) => mission.id !== id)
    assert.ok(second)
    assert.equal((await cli(world, ["undo", second.id])).code, 0)
    const undone = await cli(world, ["undo", id])
    assert.equal(undone.code, 0, printed(undone))
    assert.equal(world.read("src/many.js"), text(LINES))
    assert.equal(world.exists("src/two.js"), false)
  },
)
