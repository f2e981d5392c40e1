/**
 * The short end-to-end set of `npm run test:hosts`: it must pass in every version of OpenCode 1 that we name.
 * `OPENCODE_BIN` and `OPENCODE_TEST_VERSION` select the version.
 */
import assert from "node:assert/strict"
import { World, answerText, changes, scene, until } from "../harness/index.mjs"
import { ended, modules, noPlugin, onlyRoles, printed, project } from "../e2e/fixtures.mjs"

scene("hi: the plugin adds no token, no tool and no word", { skip: noPlugin, files: project() }, async (world) => {
  const bare = await World.create({ files: project(), plugin: false })
  try {
    await Promise.all([world.run(["hi"]), bare.run(["hi"])])
    const [ours, theirs] = [world, bare].map(({ model }) => model.requests.filter(({ kind }) => kind === "chat"))
    assert.equal(ours.length, 1)
    assert.deepEqual(ours.map(({ tools }) => tools), theirs.map(({ tools }) => tools))
    assert.equal(ours[0].bytes, theirs[0].bytes)
  } finally {
    await bare.close()
  }
})

scene("a mission is delivered, verified", { skip: noPlugin, files: project(), scenario: modules(["one", "two"]) }, async (world) => {
  const before = world.picture()
  const result = await world.task("Add two modules")
  assert.equal(result.code, 0, printed(result))
  assert.deepEqual(changes(before, world.picture()), ["+ src/one.js", "+ src/two.js"])
  ended(world, "done")
  onlyRoles(world)
})

scene(
  "an abort pauses a mission, and it is resumed",
  { skip: noPlugin, files: project(), scenario: { ...modules(["one"]), answers: [{ role: "coder", attempt: 1, turns: [{ gate: "held", calls: [{ tool: "read", args: { filePath: "README.md" } }] }, { use: "default" }] }] } },
  async (world) => {
    const { client } = await world.serve()
    const session = await client.session()
    const answer = client.command(session, "task", "Add one", { deadline_ms: 90_000 }).catch(() => undefined)
    await world.model.reached("held")
    await client.abort(session)
    await answer
    await until(() => world.facts("paused").length === 1, 20_000, () => "the mission to pause")
    world.model.release("held")
    assert.match(answerText(await client.command(session, "task", "resume", { deadline_ms: 90_000 })), /Done, verified/)
  },
)
