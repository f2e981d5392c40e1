/**
 * OpenCode is killed repeatedly, at moments spread over a whole mission and over its delivery, and another process
 * resumes the mission each time: it must deliver the same as an undisturbed run.
 *
 * `KILLS` sets the number of kills (4 by default, `npm run test:kills` uses 40), `SEED` the moments; a failure prints
 * both.
 */
import assert from "node:assert/strict"
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { ROOT, changes, git, scene, start, until, writeFiles } from "../harness/index.mjs"
import { constant, noPlugin, printed, project, task, testOf } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */
/**
 * A moment: after this progress, this many facts and then this wait; at once if the mission is already further.
 * @typedef {{ progress: number, facts: number, wait_ms: number }} Moment
 */

const KILLS = Number(process.env.KILLS ?? 4)
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000)
/** Kills of one mission: the last one during the delivery of its files. */
const A_MISSION = 5
/** The time, in milliseconds, after which no process of a killed OpenCode may remain. */
const GONE_MS = 2_000
/** The longest wait between two facts before a kill. */
const BETWEEN_MS = 250
/** The approximate duration of the delivery of the mission's files. */
const DELIVERY_MS = 40
/** The time before the first fact, which OpenCode needs to start, counts as this many facts. */
const BOOT_FACTS = 6
/** The longest run of one OpenCode. */
const DEADLINE_MS = 180_000
const OBJECTIVE = "Measure lengths in seven steps"

const tables = Array.from({ length: 16 }, (_, n) => `src/tables/table${n}.js`)
const TASKS = [
  task("units", ["src/units.js", "test/units.test.js"]),
  task("parse", ["src/parse.js"], { depends_on: ["units"] }),
  task("format", ["src/format.js"], { depends_on: ["units"] }),
  task("index", ["src/index.js", "src/metre.js"], { depends_on: ["parse", "format"] }),
  task("tables", tables),
  task("left", ["src/left.js"], { group: "both" }),
  task("right", ["src/right.js"], { group: "both", depends_on: ["left"] }),
]
const WORK = {
  units: { "src/units.js": constant("KM", 1000), "test/units.test.js": testOf("units", "KM", "1000") },
  parse: { "src/parse.js": 'export { KM } from "./units.js"\n' },
  format: { "src/format.js": 'import { KM } from "./units.js"\nexport const format = (m) => `${m / KM} km`\n' },
  index: {
    "src/index.js": 'export { format } from "./format.js"\n',
    "src/metre.js": /** @type {[string, string][]} */ ([["METRE = 1;", "METRE = 1;\nexport const MILE = 1609;"]]),
  },
  tables: Object.fromEntries(tables.map((path, n) => [path, constant(`TABLE${n}`, `[${Array(200).fill(n)}]`)])),
  left: { "src/left.js": constant("LEFT", 1) },
  right: { "src/right.js": 'import { LEFT } from "./left.js"\nexport const RIGHT = -LEFT\n' },
}
const OPTIONS = {
  skip: noPlugin,
  timeout_ms: 280_000,
  files: project(),
  scenario: { plan: { tasks: TASKS }, work: WORK, latency_ms: 100 },
}
const STEPS = ["mission_started", "base_taken", "brief_accepted", "plan_accepted"]
const INTENDED = STEPS.length + TASKS.length + 1

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

/** The facts of the only mission. @param {World} world @returns {any[]} */
function factsOf(world) {
  const begun = world.missions().filter((mission) => mission.facts.length > 0)
  assert.ok(begun.length <= 1, `there are ${begun.length} missions`)
  return begun[0]?.facts ?? []
}

/** The progress of a mission, which never decreases after a resume. @param {any[]} facts */
function progress(facts) {
  const told = new Set(facts.map((fact) => fact.event))
  if (told.has("ended")) return INTENDED + 1
  if (told.has("delivery_intended")) return INTENDED
  const integrated = facts.filter((fact) => fact.event === "integrated").flatMap((fact) => fact.tasks).length
  return STEPS.filter((name) => told.has(name)).length + integrated
}

/**
 * Calls `look` with the journal's facts after each growth, until it returns true.
 * @param {World} world
 * @param {() => boolean} over
 * @param {(facts: any[]) => boolean} look
 */
async function follow(world, over, look) {
  let [file, size] = ["", -1]
  while (!over()) {
    file ||= world.missions().map(({ folder }) => join(folder, "journal.jsonl")).find((path) => existsSync(path)) ?? ""
    const now = file && existsSync(file) ? statSync(file).size : 0
    if (now !== size && look(factsOf(world))) return
    size = now
    await sleep(2)
  }
}

/** Makes the tree dirty in every way, so that a wrong change shows. @param {World} world */
function soil(world) {
  writeFiles(world.project, { "stashed.txt": "stashed\n" })
  git(world.project, "stash", "push", "--quiet", "--include-untracked")
  writeFiles(world.project, { "staged.txt": "staged\n", "README.md": "# Changed by the user\n", "notes.txt": "untracked\n" })
  git(world.project, "add", "staged.txt")
}

/**
 * Runs the mission without a fault; returns the time until OpenCode began it, and its facts.
 * @param {World} world
 */
async function undisturbed(world) {
  soil(world)
  const began = Date.now()
  let [boot_ms, over] = [0, false]
  const running = world.task(OBJECTIVE, { deadline_ms: DEADLINE_MS }).finally(() => (over = true))
  await follow(
    world,
    () => over,
    (facts) => {
      boot_ms = Date.now() - began
      return facts.length > 0
    },
  )
  const result = await running
  assert.deepEqual(world.facts("ended").map((fact) => fact.outcome), ["done"], printed(result))
  return { boot_ms, facts: world.facts(), delivered: files(world.picture()) }
}

/** The working tree of a picture: the index beside it holds times. @param {Record<string, string>} picture */
const files = (picture) => Object.fromEntries(Object.entries(picture).filter(([path]) => !path.startsWith(".git/")))

/**
 * Moments spread evenly over the whole mission, and for each mission one during its delivery; by mission and in order.
 * @param {{ boot_ms: number, facts: any[] }} reference
 * @param {() => number} draw
 * @returns {Moment[][]}
 */
function moments({ boot_ms, facts }, draw) {
  const missions = Math.ceil(KILLS / A_MISSION)
  const spread = KILLS - missions
  const steps = facts.map((_, n) => progress(facts.slice(0, n + 1)))
  const length = BOOT_FACTS + steps.indexOf(INTENDED)
  const drawn = Array.from({ length: spread }, (_, n) => {
    const at = ((n + draw()) / spread) * length - BOOT_FACTS
    if (at < 0) return { progress: 0, facts: 0, wait_ms: (1 + at / BOOT_FACTS) * boot_ms }
    const reached = steps[Math.floor(at)]
    return { progress: reached, facts: Math.floor(at) - steps.indexOf(reached), wait_ms: draw() * BETWEEN_MS }
  })
  return Array.from({ length: missions }, (_, mission) => [
    ...drawn.filter((_, n) => n % missions === mission),
    { progress: INTENDED, facts: 0, wait_ms: draw() * DELIVERY_MS },
  ])
}

/** Command lines of processes that belong to a world. @param {World} world */
function processes(world) {
  if (!existsSync("/proc")) return []
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(world.root)) return []
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
      return command ? [`${pid} ${command}`] : []
    } catch {
      return []
    }
  })
}

/** @param {World} world */
const nothingRuns = (world) =>
  until(
    () => processes(world).length === 0,
    GONE_MS,
    () => `everything that OpenCode had started to be gone:\n${processes(world).join("\n")}`,
  )

/** Locks, of git or ours, whose owner is gone. @param {World} world */
const locks = (world) =>
  readdirSync(/** @type {string} */ (world.state), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".lock"))

/**
 * Runs or continues the mission, and kills OpenCode at that moment; returns false if the mission ended before.
 * @param {World} world
 * @param {Moment | undefined} moment never, if there is none
 */
async function run(world, moment) {
  const known = factsOf(world)
  const stdin = known.length > 0 ? "resume" : OBJECTIVE
  const running = world.start(["run", "--command", "task"], { stdin, deadline_ms: DEADLINE_MS })
  let over = false
  void running.done.finally(() => (over = true))
  if (moment) {
    await follow(
      world,
      () => over,
      (facts) => {
        if (moment.progress === 0) return true
        // A resumed run counts from its own first fact
        const reached = facts.findIndex((_, n) => progress(facts.slice(0, n + 1)) >= moment.progress)
        if (reached < 0 || facts.length <= known.length) return false
        return progress(facts) > moment.progress || facts.length - Math.max(reached + 1, known.length + 1) >= moment.facts
      },
    )
    await Promise.race([sleep(moment.wait_ms), running.done])
    running.kill("SIGKILL")
  }
  const result = await running.done
  return { result, killed: result.signal === "SIGKILL" }
}

/**
 * @param {World} world
 * @param {Moment[]} planned
 * @param {Record<string, string>} delivered
 * @returns {Promise<string[]>} the moments of the kills
 */
async function disturbed(world, planned, delivered) {
  soil(world)
  const before = world.picture()
  const hit = []
  for (const moment of planned) {
    const { killed, result } = await run(world, moment)
    if (!killed) {
      assert.equal(progress(factsOf(world)), INTENDED + 1, `it ended by itself, and not well:\n${printed(result)}`)
      break
    }
    await nothingRuns(world)
    const facts = factsOf(world)
    hit.push(`${facts.at(-1)?.event ?? "start"}`)
    const changed = changes(before, world.picture())
    const intended = facts.some((fact) => fact.event === "delivery_intended")
    const touched = changed.filter((line) => !intended || line.slice(2).startsWith(".git/"))
    assert.deepEqual(touched, [], `after ${hit.join(", ")}`)
  }
  if (progress(factsOf(world)) <= INTENDED) {
    const { result } = await run(world, undefined)
    assert.equal(result.code, 0, printed(result))
  }
  const facts = factsOf(world)
  const of = (/** @type {string} */ name) => facts.filter((fact) => fact.event === name)
  assert.deepEqual(of("ended").map((fact) => fact.outcome), ["done"])
  assert.deepEqual(of("integrated").flatMap((fact) => fact.tasks).sort(), TASKS.map(({ id }) => id).sort(), "each task is integrated once")
  assert.deepEqual([...of("task_given_up"), ...of("attempt_failed")], [], "no kill counts on the ladder")
  const now = world.picture()
  assert.deepEqual(changes(delivered, files(now)), [], "what an undisturbed run delivers")
  assert.deepEqual(changes(before, now).filter((line) => line.slice(2).startsWith(".git/")), [], "refs, index, stash and HEAD")
  await nothingRuns(world)
  assert.deepEqual(locks(world), [])
  const cleaned = await start(process.execPath, [join(ROOT, "bin", "opencode-orchestrator.js"), "clean"], { cwd: world.project, env: world.env }).done
  assert.equal(cleaned.code, 0, printed(cleaned))
  // A mission that was killed at its very end is remembered by the next one
  const left = readdirSync(/** @type {string} */ (world.state)).filter((name) => !name.startsWith("memory.")).sort()
  assert.deepEqual(left, ["lock", "missions", "project"], "`clean` leaves journals and the memory only")
  return hit
}

/** @type {ReturnType<typeof undisturbed>} */
let reference
scene(`kills: the run to compare with (KILLS=${KILLS} SEED=${SEED})`, OPTIONS, async (world, t) => {
  reference = undisturbed(world)
  const { boot_ms, facts } = await reference
  t.diagnostic(`${facts.length} facts, the first after ${boot_ms} ms`)
})

for (let mission = 0; mission < Math.ceil(KILLS / A_MISSION); mission += 1) {
  scene(`kills: mission ${mission + 1}, resumed each time (KILLS=${KILLS} SEED=${SEED})`, OPTIONS, async (world, t) => {
    const known = await reference
    const planned = moments(known, random(SEED))[mission]
    const hit = await disturbed(world, planned, known.delivered)
    t.diagnostic(`killed ${hit.length} times, after: ${hit.join(", ")}`)
    // The last kill is within milliseconds of the end
    assert.ok(hit.length >= planned.length - 1, `only ${hit.length} kills hit a running mission`)
  })
}
