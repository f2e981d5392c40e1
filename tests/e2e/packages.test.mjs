/** Packages that a plan adds: verified, installed by the engine, and never added by a Coder. */
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { changes, scene } from "../harness/index.mjs"
import { ended, noPlugin, printed, project, task } from "./fixtures.mjs"

/** A tiny package without dependencies or install scripts. */
const NAME = "is-number"

/** Why no registry can be reached here, or false. */
function offline() {
  try {
    execFileSync("npm", ["view", NAME, "version"], { stdio: "pipe", timeout: 30_000 })
    return false
  } catch (error) {
    return `npm's registry does not answer here: ${String(error).split("\n")[0]}`
  }
}

const skip = noPlugin || offline()

const files = project({ ".gitignore": "node_modules/\n" })
const counts = task("counts", ["src/counts.js", "test/counts.test.js"])
const work = {
  counts: {
    "src/counts.js": `import isNumber from "${NAME}";\n\nexport const counts = (value) => isNumber(value);\n`,
    "test/counts.test.js":
      'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { counts } from "../src/counts.js";\n\ntest("counts numbers only", () => {\n  assert.equal(counts("1"), true);\n  assert.equal(counts("one"), false);\n});\n',
  },
}
const wanted = (/** @type {Record<string, unknown>} */ more = {}) => ({
  manager: "npm",
  name: NAME,
  version: "^7.0.0",
  why: "tells numbers from texts",
  ...more,
})

scene(
  "a package that does not exist is rejected, one that does is installed before the task that imports it",
  {
    skip,
    timeout_ms: 240_000,
    files,
    toml: '[mission]\ndependencies = "allow"\n',
    scenario: {
      plan: { tasks: [counts], dependencies: [wanted()] },
      work,
      answers: [
        {
          role: "planner",
          turns: [
            { submit: { tasks: [counts], dependencies: [wanted({ name: "is-number-that-nobody-wrote" })] } },
            { submit: { tasks: [counts], dependencies: [wanted({ version: "99.0.0" })] } },
            { use: "default" },
          ],
        },
      ],
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Tell numbers from texts", { deadline_ms: 200_000 })
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    const told = JSON.stringify(world.model.roleRequests.filter((request) => request.role === "planner").at(-1)?.body.messages)
    assert.match(told, /has no package `is-number-that-nobody-wrote`/)
    assert.match(told, /has no version `99.0.0`; the newest is \d/)
    const [added] = world.facts("packages_added")
    assert.deepEqual(added.files.sort(), ["package-lock.json", "package.json"])
    assert.match(added.packages[0].resolved, /^7\.\d+\.\d+$/)
    const order = world.facts().map((fact) => fact.event)
    assert.ok(order.indexOf("packages_added") < order.indexOf("attempt_started"), "before the first task starts")
    assert.deepEqual(
      changes(before, world.picture()).sort(),
      ["+ package-lock.json", "+ src/counts.js", "+ test/counts.test.js", "~ package.json"],
      printed(result),
    )
    assert.match(JSON.parse(world.read("package.json")).dependencies[NAME], /^\^7/)
    assert.match(printed(result), /Added: npm `is-number` 7/)
  },
)

scene(
  "by default the user is asked, and `/task resume` agrees",
  { skip, timeout_ms: 240_000, files, scenario: { plan: { tasks: [counts], dependencies: [wanted()] }, work } },
  async (world) => {
    const before = world.picture()
    const asked = await world.task("Tell numbers from texts", { deadline_ms: 100_000 })
    assert.equal(asked.late, false)
    assert.match(printed(asked), /your consent is needed: the plan adds the package npm `is-number` 7/)
    assert.match(printed(asked), /`\/task resume m-[a-z0-9]{8}` agrees/)
    assert.deepEqual(changes(before, world.picture()), [])
    assert.deepEqual(world.facts("packages_added"), [])
    const agreed = await world.task("resume", { deadline_ms: 120_000 })
    assert.equal(agreed.code, 0, printed(agreed))
    ended(world, "done")
    assert.equal(world.exists("package-lock.json"), true)
    assert.equal(world.model.roleRequests.filter((request) => request.role === "planner" && request.turn === 0).length, 1)
  },
)

scene(
  "without its registry the mission pauses and says so; with it, it goes on",
  {
    skip,
    timeout_ms: 240_000,
    files,
    toml: '[mission]\ndependencies = "allow"\n',
    env: { npm_config_registry: "http://127.0.0.1:9/", npm_config_fetch_retries: "0" },
    scenario: { plan: { tasks: [counts], dependencies: [wanted()] }, work },
  },
  async (world) => {
    const before = world.picture()
    const paused = await world.task("Tell numbers from texts", { deadline_ms: 100_000 })
    assert.equal(paused.late, false)
    assert.match(printed(paused), /packages could not be added: npm cannot be asked for `is-number`: ECONNREFUSED/)
    assert.deepEqual(changes(before, world.picture()), [])
    delete world.env.npm_config_registry
    const resumed = await world.task("resume", { deadline_ms: 120_000 })
    assert.equal(resumed.code, 0, printed(resumed))
    ended(world, "done")
  },
)

scene(
  "a mission that may add nothing has its plan rejected, and an import that nobody planned is not integrated",
  {
    skip: noPlugin,
    files,
    toml: '[mission]\ndependencies = "deny"\nmax_cycles = 1\n[heal]\nfixes = 0\nfresh = 0\nsplits = 0\n',
    scenario: {
      plan: { tasks: [counts] },
      work,
      answers: [{ role: "planner", turns: [{ submit: { tasks: [counts], dependencies: [wanted()] } }, { use: "default" }] }],
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Tell numbers from texts")
    assert.deepEqual(changes(before, world.picture()), [], printed(result))
    ended(world, "failed")
    const told = JSON.stringify(world.model.roleRequests.filter((request) => request.role === "planner").at(-1)?.body.messages)
    assert.match(told, /this project allows no new packages/)
    assert.match(JSON.stringify(world.facts("attempt_failed")), /is-number.* is not declared in/)
  },
)
