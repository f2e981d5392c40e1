/** Stopping a mission: by Esc, by an abort, by another terminal, and by its limits. */
import assert from "node:assert/strict"
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { ROOT, answerText, changes, isAlive, scene, start, tuiMissing, until } from "../harness/index.mjs"
import { modules, noPlugin, printed, project } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

const THREE = modules(["one", "two", "three"])
const HELD = { ...THREE, answers: [{ role: "coder", turns: [{ gate: "coders", text: "Too late." }] }] }
const LIMIT_MS = 2_000

/**
 * Checks that every held answer was aborted, nothing more was requested, and nothing was delivered.
 * @param {World} world
 * @param {number} asked When the stop was asked for.
 * @param {Record<string, string>} before
 */
async function stopped(world, asked, before) {
  await until(
    () => world.model.roleRequests.every((request) => request.outcome),
    LIMIT_MS,
    () => `every child session to stop:\n${world.model.summary()}`,
  )
  const took = Date.now() - asked
  assert.ok(took <= LIMIT_MS, `it took ${took} ms`)
  const count = world.model.requests.length
  await sleep(1_500)
  assert.equal(world.model.requests.length, count, `something was asked after the stop:\n${world.model.summary()}`)
  assert.deepEqual(changes(before, world.picture()), [])
  assert.equal(world.facts("paused").length, 1)
}

scene(
  "tui: Esc stops the mission and every child session within 2 s",
  { skip: noPlugin || tuiMissing(), files: project(), scenario: HELD },
  async (world) => {
    const before = world.picture()
    const tui = await world.tui()
    await tui.type('/task "Add three modules"')
    await tui.press("Enter")
    await world.model.reached("coders", { count: 3 })
    await tui.shows(/one|two|three/)
    await stopped(world, await tui.interrupt(), before)
    assert.equal(await tui.running(), true)
  },
)

scene(
  "tui: progress is shown as it happens, and the next message goes to the user's own model",
  {
    skip: noPlugin || tuiMissing(),
    files: project(),
    scenario: {
      ...THREE,
      answers: [
        {
          role: "coder",
          task: "three",
          turns: [{ gate: "last", write: { "src/three.js": "export const THREE = 2;\n" } }, { done: "Did it." }],
        },
      ],
    },
  },
  async (world) => {
    const tui = await world.tui()
    await tui.type("/task Add three modules")
    await tui.press("Enter")
    await world.model.reached("last")
    await tui.shows(/three/, 5_000)
    world.model.release("last")
    await until(() => world.exists("src/three.js"), 30_000, "the delivery")
    await until(() => world.facts("ended").length === 1, 10_000, "the mission's end")
    await sleep(500)
    await tui.type("thank you")
    await tui.press("Enter")
    await tui.shows(/Hello from the scripted model/)
    assert.equal(world.missions().length, 1, "an ordinary message starts no mission")
  },
)

scene(
  "serve: an abort of the session stops the mission within 2 s",
  { skip: noPlugin, files: project(), scenario: HELD },
  async (world) => {
    const before = world.picture()
    const { client } = await world.serve()
    const session = await client.session()
    const answer = client.command(session, "task", "Add three modules").catch((error) => error)
    await world.model.reached("coders", { count: 3 })
    const asked = Date.now()
    await client.abort(session)
    await stopped(world, asked, before)
    await answer
    assert.deepEqual(Object.keys(await client.status()), [], "no session is busy")
  },
)

scene(
  "serve: an abort ends a mission in which one role waits for the slot of another",
  {
    skip: noPlugin,
    files: project(),
    toml: "[mission]\nparallel = 1\n",
    scenario: {
      ...THREE,
      plan: { tasks: [THREE.plan.tasks[0], { ...THREE.plan.tasks[1], compound: true }] },
      plans: { two: { tasks: [{ ...THREE.plan.tasks[2], id: "part" }] } },
      answers: [{ role: "reviewer", turns: [{ gate: "review", text: "Too late." }] }],
    },
  },
  async (world) => {
    const { client } = await world.serve()
    const session = await client.session()
    const answer = client.command(session, "task", "Add two").catch((error) => error)
    await world.model.reached("review")
    await client.abort(session)
    await answer
    await until(() => world.facts("paused").length === 1, LIMIT_MS, "the pause")
    // The project is free again: a second mission may start.
    const other = await client.session()
    const status = async () => JSON.stringify((await client.command(other, "task", "status")).parts)
    await until(async () => !/process \d/.test(await status()), 5_000, "the mission to let go of the project")
    world.model.scenario = modules(["one"])
    const second = answerText(await client.command(await client.session(), "task", "Add one"))
    assert.equal(world.exists("src/one.js"), true, second)
  },
)

scene("serve: an abort in the first moments is not lost", { skip: noPlugin, files: project(), scenario: HELD }, async (world) => {
  const before = world.picture()
  const { client } = await world.serve()
  for (const wait of [0, 100, 400]) {
    const session = await client.session()
    const answer = client.command(session, "task", "Add three modules").catch((error) => error)
    await until(async () => (await client.status())[session], 10_000, "the session to be busy")
    await sleep(wait)
    await client.abort(session)
    await answer
    await until(async () => !Object.keys(await client.status()).length, 5_000, "no session to be busy")
    await sleep(1_000)
    assert.ok(
      world.model.roleRequests.every((request) => request.outcome),
      `nothing goes on after an abort at ${wait} ms:\n${world.model.summary()}`,
    )
    const { parts } = await client.command(await client.session(), "task", "status")
    assert.doesNotMatch(JSON.stringify(parts), /process \d/, `no mission runs after an abort at ${wait} ms`)
  }
  assert.deepEqual(changes(before, world.picture()), [])
})

scene("serve: deleting the session stops the mission", { skip: noPlugin, files: project(), scenario: HELD }, async (world) => {
  const before = world.picture()
  const { client } = await world.serve()
  const session = await client.session()
  const answer = client.command(session, "task", "Add three modules").catch((error) => error)
  await world.model.reached("coders", { count: 3 })
  const asked = Date.now()
  await client.call("DELETE", `/session/${session}`)
  await stopped(world, asked, before)
  await answer
})

scene(
  "serve: `/task stop` from another session stops it, and `/task status` tells",
  { skip: noPlugin, files: project(), scenario: HELD },
  async (world) => {
    const before = world.picture()
    const { client } = await world.serve()
    const session = await client.session()
    const answer = client.command(session, "task", "Add three modules").catch((error) => error)
    await world.model.reached("coders", { count: 3 })
    const other = await client.session()
    assert.match(answerText(await client.command(other, "task", "status")), new RegExp(world.missions()[0].id))
    const later = await client.session()
    const second = client.command(later, "task", "Add three modules again").catch(() => {})
    const queue = async () => answerText(await client.command(other, "task", "queue"))
    await until(async () => /1\. in the queue/.test(await queue()), 10_000, "the second mission to wait for the first")
    await client.abort(later)
    await until(async () => /No mission waits/.test(await queue()), 10_000, "an empty queue")
    await second
    assert.equal(world.missions().filter((mission) => mission.facts.length > 0).length, 1)
    const asked = Date.now()
    await client.command(other, "task", "stop")
    await stopped(world, asked, before)
    await answer
  },
)

scene(
  "run: SIGTERM leaves nothing behind and the repository as it was",
  { skip: noPlugin, files: project(), scenario: HELD },
  async (world) => {
    const before = world.picture()
    const running = world.start(["run", "--command", "task"], { stdin: "Add three modules" })
    await world.model.reached("coders", { count: 3 })
    running.kill("SIGTERM")
    await running.done
    await until(() => world.model.roleRequests.every((request) => request.outcome), LIMIT_MS, "the model to be hung up on")
    assert.deepEqual(changes(before, world.picture()), [])
  },
)

scene(
  "the limit on prompts pauses the mission and says so",
  { skip: noPlugin, files: project(), scenario: THREE, toml: "[budget]\ncalls = 4\n" },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add three modules")
    assert.match(printed(result), /\b4\b.*(calls|prompts)|(calls|prompts).*\b4\b/i)
    const prompts = new Set(
      world.model.roleRequests.map((request) => `${request.session} ${request.prompt} ${request.role} ${request.attempt}`),
    )
    assert.ok(prompts.size <= 4, world.model.summary())
    assert.deepEqual(changes(before, world.picture()), [])
    assert.equal(world.facts("paused")[0].reason.kind, "budget")
  },
)

scene(
  "the limit on time pauses the mission and says so",
  { skip: noPlugin, files: project(), scenario: HELD, toml: '[budget]\nwall = "6s"\n' },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add three modules", { deadline_ms: 40_000 })
    assert.equal(result.late, false, "it ended by itself")
    assert.ok(world.model.roleRequests.every((request) => request.outcome))
    assert.deepEqual(changes(before, world.picture()), [])
    assert.equal(world.facts("paused")[0].reason.kind, "budget")
  },
)

/**
 * A check that runs in the folder of the task's file, ignores SIGTERM, and starts another process that leaves its
 * process group.
 */
/** Names the processes of the check: in a sandbox they cannot tell their own numbers. */
const TOKEN = `stubborn-${process.pid}`

const STUBBORN = {
  skip: noPlugin,
  files: project({
    "package.json": `${JSON.stringify({ name: "stubborn", type: "module", scripts: { test: `node stubborn.js ${TOKEN}` } })}\n`,
    "stubborn.js": `import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
if (!existsSync("src/one.js")) { console.log("1 passed"); process.exit(0) }
process.on("SIGTERM", () => {})
const stay = "process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); setInterval(() => {}, 1000)"
spawn(process.execPath, ["-e", stay, process.argv[2]], { detached: true, stdio: "ignore" })
setInterval(() => {}, 1000)
`,
  }),
  scenario: modules(["one"]),
}

/** The processes of the check, after both it and the process that it started run. */
async function checkRuns() {
  const noted = () => {
    const pids = readdirSync("/proc").map(Number).filter(Boolean).filter((pid) => {
      const words = commandOf(pid)
      return words[0]?.endsWith("node") && words.includes(TOKEN) && (words.includes("stubborn.js") || words.includes("-e"))
    })
    return pids.length === 2 ? pids : undefined
  }
  return until(noted, 40_000, "the check to run")
}

/**
 * @param {number} pid
 * @returns {string[]} empty if the process has ended meanwhile
 */
function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
  } catch {
    return []
  }
}

/**
 * @param {World} world
 * @param {number[]} pids
 * @param {RegExp} why
 */
async function checkEnds(world, pids, why) {
  await until(() => !pids.some(isAlive), LIMIT_MS, () => `the check to end, of which is left: ${pids.filter(isAlive).join(" ")}`)
  await until(() => why.test(JSON.stringify(world.facts("paused").at(-1) ?? {})), LIMIT_MS, `the journal to say ${why}`)
  const count = world.facts().length
  await sleep(500)
  const late = world.facts().slice(count).map((fact) => fact.event)
  assert.deepEqual(late.filter((name) => name !== "role_spent"), [], "nothing continues it")
  assert.equal(world.exists("src/one.js"), false)
}

scene(
  "serve: abort, the command line and SIGTERM each end a stubborn check within 2 s, and it can be resumed each time",
  STUBBORN,
  async (world) => {
    const { client, running } = await world.serve()
    const session = await client.session()
    const ask = (/** @type {string} */ text) => client.command(session, "task", text).catch((error) => error)
    const cli = (/** @type {string[]} */ ...args) =>
      start(process.execPath, [join(ROOT, "bin", "opencode-orchestrator.js"), ...args], { cwd: world.project, env: world.env }).done

    let answer = ask("Add one")
    let pids = await checkRuns()
    await client.abort(session)
    await checkEnds(world, pids, /Esc/)
    await answer

    answer = ask("resume")
    pids = await checkRuns()
    assert.equal((await cli("stop")).code, 0)
    await checkEnds(world, pids, /opencode-orchestrator stop/)
    await answer

    answer = ask("resume")
    pids = await checkRuns()
    running.kill("SIGTERM")
    await checkEnds(world, pids, /SIGTERM/)
    await running.done
    await answer
    assert.match(printed(await cli("status")), /paused: stopped by SIGTERM/)
  },
)

scene(
  "tui: closing the terminal ends a stubborn check, and the next start offers to resume",
  { ...STUBBORN, skip: noPlugin || tuiMissing() },
  async (world) => {
    const closed = await world.tui()
    await closed.type("/task Add one")
    await closed.shows(/task Add one/)
    await closed.press("Enter")
    const pids = await checkRuns()
    await closed.tmux("kill-server")
    // The terminal interface waits up to 5 s before it tells its plugins
    await until(() => world.facts("paused").length === 1, 6_000, "OpenCode to say that its terminal is gone")
    await checkEnds(world, pids, /Esc or an abort|the end of OpenCode/)
    await until(() => !isAlive(/** @type {number} */ (closed.pid)), 8_000, "OpenCode to end")
    const { client } = await world.serve()
    const events = await client.events()
    await client.session()
    await events.find(
      (event) => event.type === "tui.toast.show" && /is not finished: .+task resume/.test(JSON.stringify(event.properties)),
      "a toast that offers to resume",
      20_000,
    )
    events.close()
  },
)
