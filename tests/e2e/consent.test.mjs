/** Scripts and configuration: changed only with the user's consent; the changed ones never gate the change. */
import assert from "node:assert/strict"
import { changes, scene } from "../harness/index.mjs"
import { constant, ended, noPlugin, printed, project, task } from "./fixtures.mjs"

const files = project()
const manifest = files["package.json"]
/** If the gates ran this script, nothing could be integrated. */
const changed = String(manifest).replace("node --test", "exit 1")

scene(
  "a changed script waits for consent, is integrated with it, and the script of the base checked it",
  {
    skip: noPlugin,
    timeout_ms: 180_000,
    files,
    scenario: {
      plan: { tasks: [task("one", ["src/one.js", "package.json"], { edits_config: "the tests move to another runner" })] },
      work: { one: { "src/one.js": constant("ONE", 1), "package.json": [["node --test", "exit 1"]] } },
    },
  },
  async (world) => {
    const before = world.picture()
    const asked = await world.task("Add one")
    assert.match(printed(asked), /your consent is needed: task `one` changes scripts or configuration of tools \(the tests move/)
    assert.deepEqual(changes(before, world.picture()), [])
    assert.equal(world.model.roleRequests.filter((request) => request.role === "coder").length, 0, "nothing was begun")
    const agreed = await world.task("resume")
    assert.equal(agreed.code, 0, printed(agreed))
    ended(world, "done")
    assert.equal(world.read("package.json"), changed)
    assert.match(printed(agreed), /\*\*Scripts or configuration\*\*: `one` changed, as the plan allows: package\.json/)
    const review = world.model.roleRequests.find((request) => request.role === "reviewer")
    assert.match(review?.prompt_text ?? "", /may change here, because: the tests move to another runner/)
  },
)

scene(
  "without a reason a script, a package written by hand and a new CI file are not integrated",
  {
    skip: noPlugin,
    files,
    toml: "[mission]\nparallel = 1\nmax_cycles = 1\n[heal]\nfixes = 0\nfresh = 0\nsplits = 0\n",
    scenario: {
      plan: { tasks: ["script", "package", "ci"].map((id) => task(id, [`src/${id}.js`])) },
      work: {
        script: { "src/script.js": constant("A", 1), "package.json": [["node --test", "exit 0"]] },
        package: { "src/package.js": constant("B", 1), "package.json": [['"scripts"', '"dependencies": { "left-pad": "1" }, "scripts"']] },
        ci: { "src/ci.js": constant("C", 1), ".github/workflows/ci.yml": "on: push\n" },
      },
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add three")
    assert.deepEqual(changes(before, world.picture()), [], printed(result))
    ended(world, "failed")
    const why = Object.fromEntries(world.facts("attempt_failed").map((fact) => [fact.task, JSON.stringify(fact.issues)]))
    assert.match(why.script, /scripts\.test.*edits_config/)
    assert.match(why.package, /left-pad.*never written by hand/)
    assert.match(why.ci, /a new file here decides/)
  },
)
