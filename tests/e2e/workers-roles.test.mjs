/**
 * Roles of a mission work on workers, each in an OpenCode of its own, over a real `nats-server`. The mission delivers what
 * it would deliver without them, also if a worker is killed in the middle of a Coder's answer, and a stop reaches them.
 * Skipped if nats-server is not installed.
 */
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { changes, scene, start, until } from "../harness/index.mjs"
import { ended, modules, onlyRoles, printed, project } from "./fixtures.mjs"
import { Nats, PROGRAM, noServer } from "./queue.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

const ON = (/** @type {string} */ url) => `[mission]\ntests = "coder"\n\n[dispatch]\nqueue = "${url}"\nroles = true\n`

/**
 * Starts a worker whose OpenCode has a home and a configuration of its own.
 * @param {World} world
 * @param {string} name
 * @param {string} queue
 * @param {number} roles
 */
async function roleWorker(world, name, queue, roles = 3) {
  const home = join(world.root, name)
  const config = join(home, ".config", "opencode")
  mkdirSync(join(home, "tmp"), { recursive: true })
  cpSync(world.config, config, { recursive: true })
  writeFileSync(join(config, "opencode.toml"), "")
  const own = { HOME: home, TMPDIR: join(home, "tmp"), XDG_CONFIG_HOME: join(home, ".config"), XDG_DATA_HOME: join(home, "data") }
  const more = { XDG_CACHE_HOME: join(home, "cache"), XDG_STATE_HOME: join(home, "state"), OPENCODE_BIN: world.binary }
  const args = [PROGRAM, "worker", "--queue", queue, "--name", name, "--lease", "2", "--json", "--roles", String(roles)]
  const running = start(process.execPath, args, { cwd: home, env: { ...world.env, ...own, ...more }, deadline_ms: 600_000 })
  await running.output(/"event":"ready".*-roles/, 90_000)
  const line = running.stdout.split("\n").find((line) => line.includes(`"worker":"${name}-roles"`))
  return { running, home, pid: JSON.parse(line ?? "{}").pid }
}

/** The requests of roles that a worker's OpenCode sent. @param {World} world @param {string} home */
const askedFrom = (world, home) => world.model.roleRequests.filter((request) => request.cwd.startsWith(home))

scene(
  "roles on workers: every role works there, in a copy of its slot, and the mission is delivered and verified",
  { skip: noServer, timeout_ms: 240_000, files: project(), scenario: modules(["left", "right"]) },
  async (world) => {
    const nats = await Nats.start()
    writeFileSync(join(world.config, "opencode.toml"), ON(nats.url))
    try {
      const { running, home } = await roleWorker(world, "far", nats.url)
      const listed = execFileSync(process.execPath, [PROGRAM, "workers", "--queue", nats.url], { env: world.env, encoding: "utf8" })
      assert.match(listed, /far-roles \[roles\]: 0 of 3 busy/)
      const before = world.picture()
      const result = await world.task("Add two modules", { deadline_ms: 200_000 })
      const text = printed(result)
      assert.equal(result.code, 0, text)
      ended(world, "done")
      onlyRoles(world)
      assert.deepEqual(changes(before, world.picture()), ["+ src/left.js", "+ src/right.js"])
      assert.match(text, /the coder of `left` works at worker far-roles/)
      const there = new Set(askedFrom(world, home).map((request) => request.role))
      for (const role of ["coder", "reviewer"]) assert.ok(there.has(role), `${role}:\n${world.model.summary()}\n${text}`)
      const asked = world.facts("role_asked")
      assert.ok(asked.some((fact) => fact.role === "coder" && fact.worker === "far-roles"), JSON.stringify(asked))
      // What the worker's models used is counted here
      const spent = world.facts("role_spent").filter((fact) => fact.role === "coder")
      assert.ok(spent.length > 0 && spent.every((fact) => fact.tokens.input > 0 && !fact.estimated), JSON.stringify(spent))
      const status = JSON.parse(world.program("status", "--json", basename(world.missions()[0].folder)))
      assert.ok(status.missions[0].tasks.some((/** @type {any} */ task) => task.role_at === "far-roles"), JSON.stringify(status.missions))
      assert.match(world.program("log"), /role asked \(coder, left\) at worker far-roles/)
      assert.match(world.program("report"), /Of these calls, other machines had: \d+ at worker far-roles/)
      running.signal("SIGTERM")
      assert.equal((await running.done).code, 0, printed(running))
      const now = execFileSync(process.execPath, [PROGRAM, "workers", "--queue", nats.url, "--json"], { env: world.env, encoding: "utf8" })
      assert.deepEqual(JSON.parse(now), { queue: nats.url, jobs: 0, workers: [] })
    } finally {
      await nats.stop()
    }
  },
)

scene(
  "roles on workers: one is killed while its Coder is asked, and the work is done elsewhere",
  {
    skip: noServer,
    timeout_ms: 240_000,
    files: project(),
    scenario: { ...modules(["left"]), answers: [{ role: "coder", task: "left", attempt: 1, turns: [{ gate: "held", text: "Too late." }] }] },
  },
  async (world) => {
    const nats = await Nats.start()
    writeFileSync(join(world.config, "opencode.toml"), ON(nats.url))
    try {
      const first = await roleWorker(world, "first", nats.url)
      const before = world.picture()
      const mission = world.task("Add a module", { deadline_ms: 200_000 })
      await world.model.reached("held", { count: 1, limit_ms: 100_000 })
      assert.equal(askedFrom(world, first.home).at(-1)?.role, "coder", world.model.summary())
      process.kill(-first.pid, "SIGKILL")
      first.running.signal("SIGKILL")
      world.model.release("held")
      const result = await mission
      const text = printed(result)
      assert.equal(result.code, 0, text)
      ended(world, "done")
      assert.deepEqual(changes(before, world.picture()), ["+ src/left.js"])
      assert.match(text, /worker first-roles lost a session of a role: /)
      const coders = world.facts("role_asked").filter((fact) => fact.role === "coder")
      assert.deepEqual([coders[0].worker, coders.at(-1).worker], ["first-roles", undefined], JSON.stringify(coders))
    } finally {
      await nats.stop()
    }
  },
)

scene(
  "roles on workers: a stop aborts their sessions within 3 s",
  {
    skip: noServer,
    timeout_ms: 240_000,
    files: project(),
    scenario: { ...modules(["left"]), answers: [{ role: "coder", turns: [{ gate: "held", text: "Too late." }] }] },
  },
  async (world) => {
    const nats = await Nats.start()
    writeFileSync(join(world.config, "opencode.toml"), ON(nats.url))
    try {
      const { running, home } = await roleWorker(world, "far", nats.url)
      const mission = world.task("Add a module", { deadline_ms: 200_000 })
      await world.model.reached("held", { count: 1, limit_ms: 100_000 })
      assert.equal(askedFrom(world, home).at(-1)?.role, "coder", world.model.summary())
      const asked = Date.now()
      world.program("stop")
      await until(() => world.model.roleRequests.every((request) => request.outcome), 3_000, () => world.model.summary())
      await running.output(/"event":"closed"/)
      assert.equal(world.facts("paused").length, 1)
      await mission
      assert.ok(Date.now() - asked < 60_000)
      await running.stop()
    } finally {
      await nats.stop()
    }
  },
)
