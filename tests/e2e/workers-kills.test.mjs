/**
 * Workers, the owner and the server are killed, and the line to them is cut, at random moments of missions whose
 * changes workers check: each mission must deliver the same as an undisturbed one.
 *
 * It runs only as `npm run test:workers` (20 kills and 5 cuts) or with `WORKER_KILLS` set. `SEED` sets the moments; a
 * failure prints both. Each mission has four kills and one cut, in an order that the seed draws.
 */
import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { changes, scene } from "../harness/index.mjs"
import { modules, printed, project } from "./fixtures.mjs"
import { Nats, line, noServer, worker } from "./queue.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

const KILLS = Number(process.env.WORKER_KILLS ?? 0)
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000)
/** What is disturbed in each mission. */
const DISTURBED = ["worker", "worker", "owner", "server", "line"]
const KILLS_A_MISSION = DISTURBED.length - 1
/** The longest wait before each disturbance. */
const BETWEEN_MS = 3_000
/** How long a line stays cut: longer than a lease. */
const CUT_MS = 5_000
const DEADLINE_MS = 240_000
/** Enough tasks that a mission is not over before everything was disturbed. */
const NAMES = ["north", "east", "south", "west", "up", "down", "left", "right"]
const OBJECTIVE = "Add eight modules"
const skip = noServer || (KILLS > 0 ? false : "only `npm run test:workers` runs it")

/** Numbers from 0 to 1, determined by a seed. @param {number} seed */
function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The mission as a process that is started again whenever it is killed. */
class Owner {
  /** @param {World} world */
  constructor(world) {
    this.world = world
    this.over = false
    this.said = ""
    this.go(OBJECTIVE)
  }

  /** @param {string} text */
  go(text) {
    this.running = this.world.start(["run", "--command", "task"], { stdin: text, deadline_ms: DEADLINE_MS })
    this.done = this.running.done.then((result) => {
      this.said += printed(result)
      this.over = result.signal !== "SIGKILL"
    })
  }

  async kill() {
    this.running?.kill("SIGKILL")
    await this.done
    if (this.over) return
    const begun = this.world.missions().some((mission) => mission.facts.length > 0)
    this.go(begun ? "resume" : OBJECTIVE)
  }
}

/**
 * One mission with all disturbances, in an order that is drawn.
 * @param {World} world
 * @param {() => number} draw
 */
async function disturbed(world, draw) {
  const nats = await Nats.start()
  const between = await line(nats.port)
  try {
    // The first worker is behind the line that is cut, the second is not
    const start = (/** @type {number} */ n) => worker(world, `worker-${n}`, n % 2 ? between.url : nats.url)
    const workers = [await start(0), await start(1)]
    writeFileSync(join(world.config, "opencode.toml"), `[dispatch]\nqueue = "${draw() < 0.5 ? nats.url : between.url}"\n`)
    const before = world.picture()
    const owner = new Owner(world)
    const hit = []
    let started = workers.length
    const order = DISTURBED.map((what) => ({ what, at: draw() })).sort((a, b) => a.at - b.at)
    for (const { what } of order) {
      await Promise.race([sleep(draw() * BETWEEN_MS), owner.done])
      if (owner.over) break
      hit.push(what)
      if (what === "owner") await owner.kill()
      if (what === "worker") {
        const [victim] = workers.splice(Math.floor(draw() * workers.length), 1)
        victim.signal("SIGKILL")
        await victim.done
        workers.push(await start(started++))
      }
      if (what === "server") {
        await nats.kill()
        await sleep(draw() * 2_000)
        await nats.go()
      }
      if (what === "line") {
        between.cut()
        await Promise.race([sleep(CUT_MS), owner.done])
        between.heal()
      }
    }
    await owner.done
    assert.equal(hit.length, DISTURBED.length, `the mission was over after ${hit.join(", ")}: nothing else was disturbed`)
    const facts = world.missions()[0].facts
    const of = (/** @type {string} */ name) => facts.filter((/** @type {any} */ fact) => fact.event === name)
    assert.deepEqual(of("ended").map((fact) => fact.outcome), ["done"], `after ${hit.join(", ")}:\n${owner.said}`)
    assert.deepEqual(of("integrated").flatMap((fact) => fact.tasks).sort(), [...NAMES].sort(), "each task is integrated once")
    assert.deepEqual([...of("task_given_up"), ...of("attempt_failed")], [], "no disturbance counts on the ladder")
    assert.deepEqual(changes(before, world.picture()), NAMES.map((name) => `+ src/${name}.js`).sort())
    for (const [name, files] of Object.entries(modules(NAMES).work)) {
      const path = `src/${name}.js`
      assert.equal(readFileSync(join(world.project, path), "utf8"), files[path])
    }
    await Promise.all(workers.map((one) => one.stop()))
    const elsewhere = of("gate_judged").filter((fact) => fact.worker)
    return { hit, elsewhere: elsewhere.length }
  } finally {
    between.close()
    await nats.stop()
  }
}

for (let mission = 0; mission < Math.max(1, Math.ceil(KILLS / KILLS_A_MISSION)); mission += 1) {
  scene(
    `workers and kills: mission ${mission + 1} (WORKER_KILLS=${KILLS} SEED=${SEED})`,
    { skip, timeout_ms: 2 * DEADLINE_MS, files: project(), scenario: { ...modules(NAMES), latency_ms: 400 } },
    async (world, t) => {
      const { hit, elsewhere } = await disturbed(world, random(SEED + mission))
      t.diagnostic(`disturbed: ${hit.join(", ")}; workers checked ${elsewhere} changes`)
    },
  )
}
