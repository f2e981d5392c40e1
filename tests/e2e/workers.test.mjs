/**
 * Workers check the changes of a mission's tasks over a real `nats-server`. One is killed in the middle, and
 * the mission must deliver the same as without workers. The scene with a server is skipped if nats-server
 * is not installed.
 */
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { readdirSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { changes, scene, start } from "../harness/index.mjs"
import { ended, modules, noPlugin, printed, project } from "./fixtures.mjs"
import { Nats, PROGRAM, noServer, worker } from "./queue.mjs"

scene(
  "workers: one is killed while it checks, another answers, and the mission is delivered",
  {
    skip: noServer,
    timeout_ms: 180_000,
    files: project(),
    scenario: modules(["left", "right"]),
  },
  async (world) => {
    const nats = await Nats.start()
    writeFileSync(join(world.config, "opencode.toml"), `[dispatch]\nqueue = "${nats.url}"\n`)
    try {
      const first = await worker(world, "first", nats.url)
      const before = world.picture()
      const mission = world.task("Add two modules", { deadline_ms: 150_000 })
      await first.output(/"event":"taken"/, 100_000)
      first.signal("SIGKILL")
      const second = await worker(world, "second", nats.url)
      const listed = JSON.parse(
        execFileSync(process.execPath, [PROGRAM, "workers", "--queue", nats.url, "--json"], { env: world.env, encoding: "utf8" }),
      )
      assert.ok(listed.workers.some((/** @type {any} */ card) => card.name === "second" && card.version), JSON.stringify(listed))
      const result = await mission
      const text = printed(result)
      assert.equal(result.code, 0, text)
      ended(world, "done")
      assert.deepEqual(changes(before, world.picture()), ["+ src/left.js", "+ src/right.js"])
      assert.match(text, /worker second ran 1 check of a change/)
      assert.match(second.stdout, /"event":"answered"/)
      const judged = world.facts("gate_judged").filter((fact) => fact.worker)
      assert.ok(judged.length > 0 && judged.every((fact) => fact.worker === "second"), JSON.stringify(judged))
      const status = JSON.parse(world.program("status", "--json", basename(world.missions()[0].folder)))
      assert.ok(status.missions[0].tasks.some((/** @type {any} */ task) => task.worker === "second"), JSON.stringify(status.missions))
      assert.match(world.program("report"), /at worker second/)
      assert.match(world.program("log"), /checks: pass \(.*at worker second/)
      // A worker that is ended leaves the list at once
      second.kill("SIGTERM")
      assert.equal((await second.done).code, 0, second.stderr)
      const now = execFileSync(process.execPath, [PROGRAM, "workers", "--queue", nats.url, "--json"], { env: world.env, encoding: "utf8" })
      assert.deepEqual(JSON.parse(now).workers, [])
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

scene(
  "workers: `run --queue` names the server for one mission, and a variable of the project does not",
  { skip: noServer, timeout_ms: 180_000, files: project(), scenario: modules(["left"]) },
  async (world) => {
    const nats = await Nats.start()
    try {
      const only = await worker(world, "only", nats.url)
      const env = { ...world.env, OPENCODE_BIN: world.binary }
      const args = [PROGRAM, "run", "Add a module", "--queue", nats.url, "--json", "--timeout", "150s"]
      const result = await start(process.execPath, args, { cwd: world.project, env, deadline_ms: 170_000 }).done
      assert.equal(result.code, 0, printed(result))
      assert.equal(JSON.parse(result.stdout).verified, "yes")
      const judged = world.facts("gate_judged").filter((fact) => fact.gate === "checks")
      assert.deepEqual(judged.map((fact) => fact.worker), ["only"])
      assert.deepEqual(readdirSync(join(world.data, "opencode-orchestrator", "runs")), [])
      await only.stop()
      const forged = { ...env, OPENCODE_ORCHESTRATOR_RUN: nats.url }
      const second = await start(process.execPath, [PROGRAM, "run", "Add a module"], { cwd: world.project, env: forged, deadline_ms: 90_000 }).done
      assert.equal(second.code, 1)
      assert.match(printed(second), /the queue that `OPENCODE_ORCHESTRATOR_RUN` names is not there/)
    } finally {
      await nats.stop()
    }
  },
)
