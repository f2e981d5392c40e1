/**
 * `npm run test:real-model`: two missions in which a real model of 135 million parameters has every role. It
 * cannot solve them, so the test checks only what must hold for every model: the mission ends within its
 * budget, requests are bounded, nothing wrong is delivered, and nothing is left behind. `REAL_MODEL` names
 * the folder with runtime and weights.
 */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { scene } from "../harness/index.mjs"
import { constant, printed, project, testOf } from "../e2e/fixtures.mjs"
import { startRealModel } from "./server.mjs"

const place = process.env.REAL_MODEL ?? ""
const skip = place === "" ? "run `npm run test:real-model`" : false
const REQUESTS = 40
const WALL_MS = 240_000
const toml = `[mission]\nmax_cycles = 1\n[budget]\nrequests = ${REQUESTS}\nwall = "${WALL_MS / 1000}s"\n[heal]\nfixes = 1\nfresh = 0\nsplits = 0\n`
const files = project({ "src/unit.js": constant("UNIT", 1), "test/unit.test.js": testOf("unit", "UNIT", "1") })
const OBJECTIVES = ["Add src/two.js, which exports TWO = 2, with a test", "Rename UNIT to ONE in src/unit.js and everywhere it is used"]

for (const objective of OBJECTIVES) {
  scene(`a real model: ${objective}`, { skip, files, toml, timeout_ms: 2 * WALL_MS + 240_000 }, async (world, t) => {
    const model = await startRealModel({ runtime: place, weights: join(place, "weights.gguf") })
    try {
      world.configure((config) => (config.provider.fake.options.baseURL = model.url))
      const before = world.picture()
      const result = await world.task(objective, { deadline_ms: 2 * WALL_MS + 120_000 })
      assert.equal(result.late, false, "it does not end")
      const [mission] = world.missions()
      assert.ok(mission, printed(result))
      const ends = mission.facts.filter(({ event }) => event === "ended" || event === "paused")
      assert.ok(ends.length > 0, "the mission has no end")
      // Each role may have one request on its way when the limit is reached
      assert.ok(model.seen.requests <= REQUESTS + 4, `${model.seen.requests} requests of ${REQUESTS}`)
      if (mission.facts.some(({ event }) => event === "delivered")) {
        const ran = spawnSync("npm", ["test"], { cwd: world.project, encoding: "utf8", env: { ...process.env, NODE_TEST_CONTEXT: "" } })
        assert.equal(ran.status, 0, `what was delivered fails: ${ran.stdout}${ran.stderr}`)
      } else {
        assert.deepEqual(world.picture(), before, "nothing is delivered, and the project has changed")
      }
      assert.deepEqual(left(mission.id), [], "processes of the mission are left")
      const kinds = Object.entries(model.seen.calls).map(([name, count]) => `${count} ${name}`)
      t.diagnostic(`${ends.at(-1)?.event}: ${model.seen.requests} requests, ${model.seen.tokens} tokens; ${kinds.join(", ")}`)
    } finally {
      await model.close()
    }
  })
}

/** Processes with the mark of a mission's commands. @param {string} id */
function left(id) {
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, "utf8").includes(`JOB_RUN_ID=${id}`)
    } catch {
      return false
    }
  })
}
