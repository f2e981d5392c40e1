/** The user's own permission rules, and questions with or without a user who answers. */
import assert from "node:assert/strict"
import { changes, scene, tuiMissing, until } from "../harness/index.mjs"
import { ended, modules, noPlugin, printed, project } from "./fixtures.mjs"

/** In a slot, which holds a copy, edits are not asked about in general; a question about certain files is asked. */
const ASK = { permission: { edit: { "*": "allow", "src/one.js": "ask" } } }

/** Another plan could not make it allowed either. */
const ONCE = "[mission]\nmax_cycles = 1\n"

scene(
  "run: a question that nobody can answer is refused with a reason, and nothing hangs",
  { skip: noPlugin, files: project(), scenario: modules(["one"]), config: ASK, toml: ONCE },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add one")
    assert.equal(result.late, false)
    assert.deepEqual(changes(before, world.picture()), [], printed(result))
    const told = world.model.roleRequests
      .filter((request) => request.role === "coder")
      .map((request) => JSON.stringify(request.body.messages))
    assert.ok(
      told.some((messages) => /refused: nobody could allow/.test(messages)),
      "the coder is told why",
    )
    ended(world, "failed")
  },
)

scene(
  "serve: a question that nobody answers in time is refused with a reason, and the mission goes on",
  {
    skip: noPlugin,
    files: project(),
    scenario: modules(["one"]),
    config: ASK,
    toml: ONCE,
    env: { OPENCODE_ORCHESTRATOR_TEST_PATIENCE_MS: "3000" },
  },
  async (world) => {
    const before = world.picture()
    const { client } = await world.serve()
    const answer = client.command(await client.session(), "task", "Add one")
    const coder = () => world.model.roleRequests.filter((request) => request.role === "coder")
    const told = () => coder().some((request) => /refused: nobody could allow/.test(JSON.stringify(request.body.messages)))
    await until(() => coder().length > 0, 60_000, "the coder")
    const asked = Date.now()
    await until(told, 60_000, "the refusal")
    assert.ok(Date.now() - asked >= 2_000, "somebody could have answered for a while")
    await answer
    ended(world, "failed")
    assert.deepEqual(changes(before, world.picture()), [])
  },
)

scene(
  "tui: the user is asked for a coder's edit, allows it, and the mission goes on",
  { skip: noPlugin || tuiMissing(), files: project(), scenario: modules(["one"]), config: ASK },
  async (world) => {
    const tui = await world.tui()
    await tui.type("/task Add one")
    await tui.press("Enter")
    await tui.shows(/Permission required|Allow once/i, 60_000)
    await tui.press("Enter")
    await until(() => world.exists("src/one.js"), 30_000, "the delivery")
    await until(() => world.facts("ended").length === 1, 10_000, "the mission's end")
    ended(world, "done")
  },
)

scene(
  "what the user denies stays denied: a project whose rules forbid edits gets none",
  { skip: noPlugin, files: project(), scenario: modules(["one"]), config: { permission: { edit: "deny" } }, toml: ONCE },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add one")
    assert.equal(result.late, false)
    assert.deepEqual(changes(before, world.picture()), [], printed(result))
  },
)

scene(
  "a question about every edit is not asked of copies",
  { skip: noPlugin, files: project(), scenario: modules(["one"]), config: { permission: { edit: "ask" } } },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add one")
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js"], printed(result))
    ended(world, "done")
  },
)
