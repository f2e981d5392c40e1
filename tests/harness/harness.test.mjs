/** The harness and the scripted model against the real OpenCode, without the plugin. */
import assert from "node:assert/strict"
import test from "node:test"
import { answerText, changes, isAlive, scene, start, tuiMissing, until } from "./index.mjs"

/** @typedef {import("../model/scenario.mjs").Turn} Turn */
/** @param {Turn[]} turns */
const chat = (turns) => ({ answers: [{ role: "chat", turns }] })

test("a program that outlives its deadline is ended with all that it started", async () => {
  const running = start("sh", ["-c", "sleep 60 & echo $!; wait"], { cwd: "/", env: { PATH: process.env.PATH }, deadline_ms: 300 })
  const result = await running.done
  assert.equal(result.late, true)
  await until(() => !isAlive(Number(result.stdout)), 5_000, "the grandchild to end")
})

scene(
  "run: relative paths, several calls in a turn, and a failed request",
  {
    plugin: false,
    files: { "src/a.js": "one\n" },
    scenario: chat([
      {
        reasoning: "Two files.",
        text: "I write.",
        write: { "dir/new file.txt": "in {{cwd}}\n" },
        edit: { "src/a.js": [["one", "two"]] },
      },
      { drop: true },
      { write: { "src/a.js": "three\n" } },
      { error: 500 },
      { text: "All done." },
    ]),
  },
  async (world) => {
    const before = world.picture()
    const { code, stdout } = await world.run(["do", "it"])
    assert.equal(code, 0)
    assert.match(stdout, /All done\./)
    assert.equal(world.read("dir/new file.txt"), `in ${world.project}\n`)
    assert.equal(world.read("src/a.js"), "three\n")
    assert.deepEqual(changes(before, world.picture()), ["+ dir/new file.txt", "~ src/a.js"], "OpenCode itself leaves .git alone")
    const turns = world.model.requests.filter((r) => r.kind === "chat")
    assert.deepEqual(
      turns.map((r) => [r.turn, r.outcome]),
      [
        [0, "answered"],
        [1, "fault"],
        [1, "answered"],
        [2, "fault"],
        [2, "answered"],
      ],
    )
    assert.equal(world.model.requests.find((r) => r.kind === "title")?.tools.length, 0)
    assert.ok(turns.every((r) => r.session.startsWith("ses_")))
    assert.deepEqual(world.model.problems, [])
  },
)

scene(
  "serve: a session, its events, and an abort that hangs up on the model",
  { plugin: false, git: false, scenario: chat([{ gate: "held", text: "late" }]) },
  async (world) => {
    const { client, running } = await world.serve()
    const events = await client.events()
    const session = await client.session({ title: "A title" })
    const answer = client.prompt(session, "hello")
    await world.model.reached("held")
    assert.equal((await client.status())[session]?.type, "busy")
    const asked = Date.now()
    await client.abort(session)
    await answer
    assert.ok(Date.now() - asked < 2_000)
    await until(() => world.model.requests.find((r) => r.outcome === "aborted"), 10_000, "the model to be hung up on")
    await events.find((e) => e.type === "session.idle" && e.properties.sessionID === session, "session.idle")
    world.model.release("held")
    assert.equal(answerText(await client.prompt(session, "again")), "late")
    assert.equal((await client.messages(session)).length, 4)
    events.close()
    await running.stop()
    assert.equal(isAlive(/** @type {number} */ (running.pid)), false)
  },
)

scene(
  "tui: a message typed and answered, another one stopped with Esc",
  {
    skip: tuiMissing(),
    plugin: false,
    scenario: {
      answers: [
        { role: "chat", match: "again", turns: [{ gate: "held", text: "Too late." }] },
        { role: "chat", turns: [{ text: "The scripted answer." }] },
      ],
    },
  },
  async (world) => {
    const tui = await world.tui()
    await tui.type("hello there")
    await tui.press("Enter")
    await tui.shows(/The scripted answer\./)
    await tui.type("and again")
    await tui.press("Enter")
    await world.model.reached("held")
    await tui.interrupt()
    await until(() => world.model.requests.find((r) => r.outcome === "aborted"), 10_000, "Esc to hang up on the model")
    assert.equal(await tui.running(), true)
  },
)
