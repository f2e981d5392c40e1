/**
 * A stranger's steps: the packages are packed and published to the test's own registry, installed globally under an
 * empty home, used in the real OpenCode, and removed; after that every file is as before.
 */
import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { ROOT, scene } from "../harness/index.mjs"
import { tool } from "../harness/registry.mjs"
import { ended, modules, printed, project } from "./fixtures.mjs"
import { picture, skip, stranger } from "./stranger-world.mjs"

const { name: NAME } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))

/**
 * From an installed package to a configuration that names it; the doctor confirms that OpenCode loads it.
 * @param {import("../harness/index.mjs").World} world
 * @param {ReturnType<typeof stranger>} user
 */
function registerAndAsk(world, { call }) {
  const installed = call("opencode-orchestrator", "install")
  assert.equal(installed.code, 0, installed.all)
  assert.doesNotMatch(installed.stdout, /warning/)
  const doctor = call("opencode-orchestrator", "doctor", "--json")
  const checks = JSON.parse(doctor.stdout).checks
  const found = (/** @type {string} */ name) => checks.find((/** @type {{ name: string }} */ check) => check.name === name)
  for (const name of ["native core", "registered", "loaded", "models"]) assert.equal(found(name)?.status, "ok", `${name}: ${doctor.stdout}`)
  assert.match(found("loaded").message, /`\/task` starts a mission/)
}

/**
 * @param {import("../harness/index.mjs").World} world
 * @param {ReturnType<typeof stranger>} user
 */
function takeOut(world, { call, before }) {
  const removed = call("opencode-orchestrator", "uninstall")
  assert.equal(removed.code, 0, removed.all)
  assert.deepEqual(picture(world), before, "every byte is as it was")
}

const options = { skip, plugin: false, files: project(), timeout_ms: 240_000, scenario: modules(["left"]) }

/** The global install command of each package manager. */
const MANAGERS = {
  npm: () => ["npm", "install", "--global", NAME, "--no-audit", "--no-fund", "--foreground-scripts"],
  pnpm: () => [tool("pnpm"), "add", "--global", NAME],
  bun: () => [tool("bun"), "add", "--global", NAME],
}

for (const [manager, command] of Object.entries(MANAGERS)) {
  scene(`${manager}: installed globally under an empty home, a mission is completed, and nothing is left`, options, async (world) => {
    const user = stranger(world)
    const [program, ...args] = command()
    const got = user.call(program, ...args)
    assert.equal(got.code, 0, got.all)
    registerAndAsk(world, user)
    const result = await world.task("Add a module")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.ok(world.exists("src/left.js"))
    takeOut(world, user)
  })
}

scene("OpenCode's own installer: `opencode plugin NAME --global`", options, async (world) => {
  const user = stranger(world)
  const own = user.call("opencode", "plugin", NAME, "--global")
  assert.equal(own.code, 0, own.all)
  const config = readFileSync(join(world.config, "opencode.jsonc"), "utf8")
  assert.ok(config.includes(`"${NAME}`), config)
  const shown = JSON.parse(user.call("opencode", "debug", "config").stdout)
  assert.equal(shown.command?.task?.model, "orchestrator/mission")

  // The program is in another place, and recognizes the entry by its target
  const npm = user.call("npm", "install", "--global", NAME, "--no-audit", "--no-fund", "--ignore-scripts")
  assert.equal(npm.code, 0, npm.all)
  assert.match(user.call("opencode-orchestrator", "install").stdout, /already there/)
  assert.equal(user.call("opencode-orchestrator", "uninstall").code, 0)
  assert.ok(!existsSync(join(world.data, "opencode-orchestrator", "installed")))
  assert.doesNotMatch(readFileSync(join(world.config, "opencode.jsonc"), "utf8"), new RegExp(NAME))
})
