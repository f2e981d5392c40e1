/** A native core that is missing or cannot be loaded: one sentence, and OpenCode continues. */
import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { changes, scene } from "../harness/index.mjs"
import { modules, noPlugin, printed, project } from "./fixtures.mjs"

for (const [what, text] of /** @type {const} */ ([
  ["missing", undefined],
  ["not loadable", "this is no program"],
])) {
  scene(`run: a native core that is ${what} is told in one sentence, and an ordinary chat works`, { skip: noPlugin, files: project(), scenario: modules(["one"]) }, async (world) => {
    const before = world.picture()
    const file = join(world.root, "core.node")
    if (text) writeFileSync(file, text)
    const env = { OPENCODE_ORCHESTRATOR_NATIVE: file }
    const result = await world.task("Add one", { env })
    assert.match(printed(result), /cannot run missions: .*core\.node/)
    assert.match(printed(result), /linux|darwin|win32/, "the platform is named")
    assert.equal(world.model.roleRequests.length, 0)
    const chat = await world.run(["hi"], { env })
    assert.equal(chat.code, 0, printed(chat))
    assert.match(printed(chat), /scripted model/)
    assert.deepEqual(changes(before, world.picture()), [])
  })
}

scene("serve: a missing native core is told in a toast too", { skip: noPlugin, files: project(), scenario: modules(["one"]) }, async (world) => {
  world.env.OPENCODE_ORCHESTRATOR_NATIVE = join(world.root, "core.node")
  const { client } = await world.serve()
  const events = await client.events()
  await client.command(await client.session(), "task", "Add one")
  await events.find(
    (event) => event.type === "tui.toast.show" && /core\.node/.test(JSON.stringify(event.properties)),
    "a toast that names the file",
    5_000,
  )
})
