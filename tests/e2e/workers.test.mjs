/**
 * Workers check the changes of a mission's tasks over a real `nats-server`. One is killed in the middle, and
 * the mission must deliver the same as without workers. The scene with a server is skipped if nats-server
 * is not installed.
 */
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { after } from "node:test"
import { ROOT, changes, scene, start, until } from "../harness/index.mjs"
import { freePort } from "../harness/world.mjs"
import { ended, modules, noPlugin, printed, project } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

const PROGRAM = join(ROOT, "bin", "opencode-orchestrator.js")
const SERVER = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"].map((folder) => join(folder, "nats-server")).find(existsSync)
const skip = noPlugin || (SERVER ? false : "nats-server is not installed here: apt install nats-server")
const PORT = await freePort()
const QUEUE = `nats://127.0.0.1:${PORT}`
const folder = mkdtempSync(join(tmpdir(), "nats-test-"))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Starts the server; it ends with the test. */
async function server() {
  const running = start(String(SERVER), ["-js", "-a", "127.0.0.1", "-p", String(PORT), "-sd", folder], {
    cwd: folder,
    env: {},
    deadline_ms: 200_000,
  })
  await until(
    () =>
      new Promise((done) => {
        const socket = connect(PORT, "127.0.0.1", () => done((socket.end(), true))).on("error", () => done(false))
      }),
    20_000,
    "nats-server",
  )
  return running
}

/**
 * Starts a worker with its own home.
 * @param {World} world
 * @param {string} name
 */
async function worker(world, name) {
  const home = join(world.root, name)
  mkdirSync(home)
  const env = { PATH: process.env.PATH ?? "", HOME: home, TMPDIR: join(world.root, "tmp") }
  const args = [PROGRAM, "worker", "--queue", QUEUE, "--name", name, "--lease", "2", "--json"]
  const running = start(process.execPath, args, { cwd: home, env, deadline_ms: 150_000 })
  await running.output(/"event":"ready"/)
  return running
}

scene(
  "workers: one is killed while it checks, another answers, and the mission is delivered",
  {
    skip,
    timeout_ms: 180_000,
    files: project(),
    scenario: modules(["left", "right"]),
    toml: `[dispatch]\nqueue = "${QUEUE}"\n`,
  },
  async (world) => {
    const nats = await server()
    try {
      const first = await worker(world, "first")
      const before = world.picture()
      const mission = world.task("Add two modules", { deadline_ms: 150_000 })
      await first.output(/"event":"taken"/, 100_000)
      first.signal("SIGKILL")
      const second = await worker(world, "second")
      const listed = JSON.parse(
        execFileSync(process.execPath, [PROGRAM, "workers", "--queue", QUEUE, "--json"], { env: world.env, encoding: "utf8" }),
      )
      assert.ok(listed.workers.some((/** @type {any} */ card) => card.name === "second" && card.version), JSON.stringify(listed))
      const result = await mission
      const text = printed(result)
      assert.equal(result.code, 0, text)
      ended(world, "done")
      assert.deepEqual(changes(before, world.picture()), ["+ src/left.js", "+ src/right.js"])
      assert.match(text, /worker second ran 1 check of a change/)
      assert.match(second.stdout, /"event":"answered"/)
      await second.stop()
    } finally {
      await nats.stop()
    }
  },
)

scene(
  "workers: without a server everything is checked here, and the user is told once",
  { skip: noPlugin, files: project(), scenario: modules(["left", "right"]), toml: '[dispatch]\nqueue = "nats://127.0.0.1:1"\n' },
  async (world) => {
    const result = await world.task("Add two modules")
    const text = printed(result)
    assert.equal(result.code, 0, text)
    ended(world, "done")
    assert.equal(text.match(/nats:\/\/127\.0\.0\.1:1 does not answer/g)?.length, 1, text)
  },
)
