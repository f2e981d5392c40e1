/** Missions in `opencode serve`: through the API, in two projects at once, and later messages. */
import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { answerText, changes, makeProject, repositoryPicture, scene, writeFiles } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, onlyRoles, project, task } from "./fixtures.mjs"

scene(
  "a mission through the API, streamed as it happens; the next messages go to the user's model",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...modules(["one", "two"]),
      answers: [
        {
          role: "coder",
          task: "two",
          turns: [{ gate: "two", write: { "src/two.js": "export const TWO = 1;\n" } }, { done: "Did it." }],
        },
      ],
    },
  },
  async (world) => {
    const before = world.picture()
    const { client } = await world.serve()
    const events = await client.events()
    const session = await client.session()
    const answer = client.command(session, "task", "Add two modules")
    await world.model.reached("two")
    await events.find(
      (event) => event.type.startsWith("message.part") && /one|two|plan/i.test(JSON.stringify(event.properties)),
      "progress while the mission runs",
      5_000,
    )
    const children = await client.children(session)
    assert.ok(children.length >= 3, "searcher, planner and coders are children of the mission's session")
    world.model.release("two")
    const text = answerText(await answer)
    assert.match(text, /one/)
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js", "+ src/two.js"])
    ended(world, "done")
    onlyRoles(world)

    // The user's own model answers an ordinary message in the same session.
    assert.match(answerText(await client.prompt(session, "thank you")), /Hello from the scripted model/)
    assert.equal(world.missions().length, 1)
    await events.find(
      (event) => event.type === "server.instance.disposed" && /slots/.test(JSON.stringify(event)),
      "OpenCode to let go of the slots",
      5_000,
    )
    events.close()
  },
)

scene(
  "two projects in one server, at the same time",
  { skip: noPlugin, files: project(), scenario: { ...modules(["one"]), latency_ms: 200 } },
  async (world) => {
    const other = join(world.root, "other")
    makeProject(other, project())
    const before = [world.picture(), repositoryPicture(other)]
    const { client } = await world.serve()
    const sessions = [await client.session(), await client.session({ directory: other })]
    await Promise.all([
      client.command(sessions[0], "task", "Add one"),
      client.command(sessions[1], "task", "Add one", { directory: other }),
    ])
    assert.deepEqual(changes(before[0], world.picture()), ["+ src/one.js"])
    assert.deepEqual(changes(before[1], repositoryPicture(other)), ["+ src/one.js"])
    assert.equal(new Set(world.model.roleRequests.map((request) => request.mission)).size, 2)
    onlyRoles(world)
  },
)

scene(
  "two missions one after the other in the same session, with slots kept only within their limit",
  {
    skip: noPlugin,
    files: project({ "large.bin": randomBytes(2_000_000) }),
    scenario: modules(["one"]),
    toml: "[workspace]\nkeep_mb = 1\n",
  },
  async (world) => {
    const { client } = await world.serve()
    const session = await client.session()
    await client.command(session, "task", "Add one")
    assert.equal(world.exists("src/one.js"), true)
    const kept = () => readdirSync(/** @type {string} */ (world.state)).sort()
    assert.deepEqual(kept(), ["git", "index.bin", "lock", "memory.json", "memory.md", "missions", "project", "repository.git"], "the slots are gone")
    world.model.scenario = modules(["two"])
    await client.command(session, "task", "Add two")
    assert.equal(world.exists("src/two.js"), true)
    await client.command(session, "task", "undo")
    assert.equal(world.exists("src/two.js"), false, "a delivery can be taken back nonetheless")
    assert.equal(world.missions().length, 2)
  },
)

scene(
  "a message during a mission waits its turn, and is answered by the user's own model",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...modules(["one"]),
      answers: [{ role: "coder", turns: [{ gate: "coder", write: { "src/one.js": constant("ONE", 1) } }, { done: "Did it." }] }],
    },
  },
  async (world) => {
    const { client } = await world.serve()
    const session = await client.session()
    const first = client.command(session, "task", "Add one")
    await world.model.reached("coder")
    const second = client.prompt(session, "how is it going?")
    world.model.release("coder")
    await first
    assert.match(answerText(await second), /Hello from the scripted model/)
    ended(world, "done")
    assert.equal(world.missions().length, 1)
  },
)

scene(
  "`/task undo` takes a delivery back, and does nothing where a file was changed since",
  {
    skip: noPlugin,
    files: project({ "src/both.js": constant("BOTH", 1) }),
    scenario: {
      plan: { tasks: [task("one", ["src/one.js", "src/both.js"])] },
      work: { one: { "src/one.js": constant("ONE", 1), "src/both.js": [["1", "2"]] } },
    },
  },
  async (world) => {
    const before = world.picture()
    const { client } = await world.serve()
    const session = await client.session()
    await client.command(session, "task", "Add one")
    const delivered = world.picture()
    assert.deepEqual(changes(before, delivered), ["~ src/both.js", "+ src/one.js"])

    writeFiles(world.project, { "src/both.js": constant("BOTH", 9) })
    assert.match(answerText(await client.command(session, "task", "undo")), /src\/both\.js/)
    assert.equal(world.exists("src/one.js"), true, "all or nothing")

    writeFiles(world.project, { "src/both.js": constant("BOTH", 2) })
    await client.command(session, "task", "undo")
    assert.deepEqual(changes(before, world.picture()), [])
  },
)

scene(
  "`/task report` shows the last mission again; `/task run` forces one that begins with a control word",
  { skip: noPlugin, files: project(), scenario: modules(["one"]) },
  async (world) => {
    const { client } = await world.serve()
    const session = await client.session()
    const first = answerText(await client.command(session, "task", "run status page, please"))
    assert.match(first, /✓ Done, verified/)
    assert.equal(world.facts("mission_started")[0].objective, "status page, please")
    assert.equal(world.exists("src/one.js"), true)
    assert.match(
      answerText(await client.command(session, "task", "report")),
      new RegExp(`${world.missions()[0].id}[^]*status page, please`),
    )
    assert.match(answerText(await client.command(session, "task", `status ${world.missions()[0].id}`)), /done/)
    onlyRoles(world)
  },
)
