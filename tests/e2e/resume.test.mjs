/** Missions that continue after a stop or a crash. */
import assert from "node:assert/strict"
import { join } from "node:path"
import { ROOT, answerText, changes, scene, start, tuiMissing, until } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, onlyRoles, project } from "./fixtures.mjs"

const TWO = modules(["one", "two"])
/** The second task waits at a gate after the first is integrated. */
const HELD = {
  ...TWO,
  plan: { tasks: [TWO.plan.tasks[0], { ...TWO.plan.tasks[1], depends_on: ["one"] }] },
  answers: [{ role: "coder", task: "two", step: 1, turns: [{ gate: "two", text: "Too late." }] }],
}

/** @param {import("../harness/index.mjs").World} world */
function wentOn(world) {
  assert.equal(world.read("src/one.js"), constant("ONE", 0))
  assert.equal(world.read("src/two.js"), constant("TWO", 1))
  ended(world, "done")
  onlyRoles(world)
  for (const role of ["searcher", "planner"]) {
    const prompts = world.model.roleRequests.filter((request) => request.role === role && request.turn === 0)
    assert.equal(prompts.length, 1, `the ${role} is not paid for twice`)
  }
  const ones = world.model.roleRequests.filter(
    (request) => request.task === "one" && request.role === "coder" && request.turn === 0,
  )
  assert.equal(ones.length, 1, "integrated work is not done again")
}

scene(
  "serve: stopped, then `/task resume` goes on where it was",
  { skip: noPlugin, files: project(), scenario: HELD },
  async (world) => {
    const before = world.picture()
    const { client } = await world.serve()
    const session = await client.session()
    const first = client.command(session, "task", "Add two").catch((error) => error)
    await world.model.reached("two")
    await client.abort(session)
    await first
    assert.deepEqual(changes(before, world.picture()), [])
    const answer = answerText(await client.command(await client.session(), "task", "resume"))
    assert.match(answer, /two/)
    wentOn(world)
  },
)

scene(
  "serve: killed outright, then another process resumes it",
  { skip: noPlugin, files: project(), scenario: HELD },
  async (world) => {
    const before = world.picture()
    const killed = await world.serve()
    const first = killed.client.command(await killed.client.session(), "task", "Add two").catch((error) => error)
    await world.model.reached("two")
    killed.running.signal("SIGKILL")
    await killed.running.done
    await first
    assert.deepEqual(changes(before, world.picture()), [])
    const { client } = await world.serve()
    const answer = await client.command(await client.session(), "task", "resume")
    assert.match(answerText(answer), /two/)
    await until(() => world.exists("src/two.js"), 5_000, "the delivery")
    wentOn(world)
  },
)

scene(
  "tui: opened in a project with an unfinished mission it offers to resume, which then goes on",
  { skip: noPlugin || tuiMissing(), files: project(), scenario: HELD },
  async (world) => {
    const running = world.task("Add two")
    await world.model.reached("two")
    await start(process.execPath, [join(ROOT, "bin", "opencode-orchestrator.js"), "stop"], { cwd: world.project, env: world.env }).done
    await running
    const asked = world.model.requests.length
    const tui = await world.tui()
    const screen = await tui.shows(/Mission m-\w+ is not finished[^]*\/task resume m-\w+/)
    const offered = /\/task resume m-\w+/.exec(screen)?.[0] ?? ""
    assert.ok(offered.endsWith(world.missions()[0].id))
    assert.equal(world.model.requests.length, asked, "an offer asks no model")
    assert.equal(world.facts("resumed").length, 0, "and resumes nothing")
    await tui.type(offered)
    await tui.shows(new RegExp(`┃ +${offered}`))
    await tui.press("Enter")
    await until(() => world.exists("src/two.js"), 30_000, "the delivery")
    await until(() => world.facts("ended").length === 1, 10_000, "the mission's end")
    wentOn(world)
  },
)
