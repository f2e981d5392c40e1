/** The command line beside a running OpenCode, and an installation like a user's. */
import assert from "node:assert/strict"
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ROOT, changes, scene, start, until } from "../harness/index.mjs"
import { modules, noPlugin, onlyRoles, printed, project } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

/** @param {World} world @param {string[]} args @param {Record<string, string>} [env] */
const cli = (world, args, env = {}) =>
  start(process.execPath, [join(ROOT, "bin", "opencode-orchestrator.js"), ...args], {
    cwd: world.project,
    env: { ...world.env, ...env },
    deadline_ms: 30_000,
  }).done

scene(
  "status, log and stop from another terminal",
  {
    skip: noPlugin,
    files: project(),
    scenario: { ...modules(["one"]), answers: [{ role: "coder", turns: [{ gate: "coder", text: "Too late." }] }] },
  },
  async (world) => {
    const before = world.picture()
    const none = await cli(world, ["status"])
    assert.equal(none.code, 0, printed(none))
    assert.match(printed(none), /no mission/i)

    const running = world.task("Add one")
    await world.model.reached("coder")
    const { id } = world.missions()[0]
    const status = await cli(world, ["status"])
    assert.equal(status.code, 0, printed(status))
    assert.match(printed(status), new RegExp(`${id}[^]*one`))
    JSON.parse((await cli(world, ["status", "--json"])).stdout)

    const asked = Date.now()
    const stop = await cli(world, ["stop"])
    assert.equal(stop.code, 0, printed(stop))
    const result = await running
    assert.ok(Date.now() - asked < 4_000, "it stopped within seconds")
    assert.match(printed(result), /paused/)
    assert.equal(world.facts("paused")[0].reason.kind, "stopped")
    assert.deepEqual(changes(before, world.picture()), [])
  },
)

scene(
  "install registers the plugin so that OpenCode runs it, and uninstall takes it out",
  { skip: noPlugin, plugin: false, files: project(), scenario: modules(["one"]) },
  async (world) => {
    const file = join(world.config, "opencode.jsonc")
    const text = `// my own settings\n${JSON.stringify(world.hostConfig(), null, 2)}\n`
    // The same settings, with a comment, in the other of the two files that OpenCode reads.
    rmSync(join(world.config, "opencode.json"))
    writeFileSync(file, text)
    const install = await cli(world, ["install"])
    assert.equal(install.code, 0, printed(install))
    assert.match(readFileSync(file, "utf8"), /^\/\/ my own settings/)
    const doctor = await cli(world, ["doctor"], { PATH: `${join(world.binary, "..")}:${world.env.PATH}` })
    assert.equal(doctor.code, 0, printed(doctor))
    const result = await world.task("Add one")
    assert.equal(world.exists("src/one.js"), true, printed(result))
    onlyRoles(world)
    assert.equal((await cli(world, ["uninstall"])).code, 0)
    assert.equal(readFileSync(file, "utf8"), text, "as it was, byte for byte")
  },
)

scene(
  "a native core that cannot be loaded: one clear sentence from /task, and OpenCode works as ever",
  {
    skip: noPlugin,
    files: project(),
    scenario: modules(["one"]),
    env: { OPENCODE_ORCHESTRATOR_NATIVE: "/nonexistent/core.node" },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add one")
    assert.match(printed(result), /\/nonexistent\/core\.node/)
    assert.equal(world.model.roleRequests.length, 0)
    assert.match(printed(await world.run(["hi"])), /Hello from the scripted model/)
    assert.deepEqual(changes(before, world.picture()), [])
  },
)

scene(
  "what is kept of a mission is for its user only, and without secrets",
  { skip: noPlugin, files: project(), scenario: modules(["one"]), env: { SOME_API_KEY: "k-abcdefabcdef123456" } },
  async (world) => {
    await world.task("Add one, and mind that the key is k-abcdefabcdef123456")
    const state = /** @type {string} */ (world.state)
    /** @param {string} folder */
    const look = (folder) => {
      assert.equal(statSync(folder).mode & 0o077, 0, folder)
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) look(path)
        else {
          assert.equal(statSync(path).mode & 0o077, 0, path)
          assert.ok(!readFileSync(path, "utf8").includes("k-abcdefabcdef123456"), `${path} holds a secret`)
        }
      }
    }
    look(join(state, "missions"))
    await until(() => world.exists("src/one.js"), 5_000, "the delivery")
  },
)
