/** Missions that are started, watched, corrected and queued while one runs. */
import assert from "node:assert/strict"
import { join } from "node:path"
import { ROOT, answerText, opencodeBinary, scene, start, until } from "../harness/index.mjs"
import { constant, modules, noPlugin, printed, project, task } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

/** @param {World} world @param {string[]} args */
const cli = (world, args) =>
  start(process.execPath, [join(ROOT, "bin", "opencode-orchestrator.js"), ...args], {
    cwd: world.project,
    env: { ...world.env, OPENCODE_BIN: opencodeBinary() },
    deadline_ms: 90_000,
  })

const THREE = {
  ...modules(["one", "two", "three"]),
  plan: { tasks: [task("one", ["src/one.js"]), ...["two", "three"].map((name) => task(name, [`src/${name}.js`], { depends_on: ["one"] }))] },
}
/** The only Coder is held until the test releases it. */
const GATED = { ...modules(["one"]), answers: [{ role: "coder", turns: [{ gate: "coder", write: { "src/one.js": constant("ONE", 0) } }, { done: "Did it." }] }] }
/** The first task is held, and submits again when it is asked to look again. */
const HELD = {
  role: "coder",
  task: "one",
  turns: [{ gate: "one", write: THREE.work.one }, { done: "Did it." }, { done: "It does so." }],
}

scene(
  "what the user says reaches the coder at work, and the plan of what has not started",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...THREE,
      answers: [HELD, { role: "planner", match: "what the user said about it", turns: [{ submit: { tasks: [THREE.plan.tasks[1]] } }] }],
    },
  },
  async (world) => {
    const running = world.task("Add three modules")
    await world.model.reached("one")
    const told = await cli(world, ["tell", "three is not needed"]).done
    assert.match(printed(told), /Mission `m-\w+` has your text/)
    await until(() => world.facts("plan_amended").length === 1, 20_000, "the changed plan")
    world.model.release("one")
    const result = await running
    assert.match(printed(result), /you said: three is not needed/)
    assert.match(printed(result), /the plan, after what you said: dropped `three`/)
    assert.match(printed(result), /Said while it ran:\s+- three is not needed/)
    assert.deepEqual([world.exists("src/one.js"), world.exists("src/two.js"), world.exists("src/three.js")], [true, true, false])
    const asked = (/** @type {string} */ role) => world.model.roleRequests.filter((request) => request.role === role).map(({ body }) => JSON.stringify(body))
    assert.ok(asked("coder").some((body) => body.includes("not accepted yet") && body.includes("three is not needed")), "the coder at work hears it")
    assert.ok(asked("reviewer").some((body) => body.includes("user's later word is kept")), "the whole is reviewed by it")
  },
)

scene(
  "the program runs a mission: a line when it happens, a status that says how it ended",
  { skip: noPlugin, files: project(), scenario: GATED },
  async (world) => {
    const running = cli(world, ["run", "Add one"])
    await world.model.reached("coder")
    await until(() => /`one` started/.test(running.stdout), 5_000, () => `a line while the coder works:\n${running.stdout}${running.stderr}`)
    world.model.release("coder")
    const result = await running.done
    const lines = result.stdout.trim().split("\n")
    assert.match(lines.at(-1) ?? "", /^[✓!] Done, .*1 of 1 tasks/u)
    const { exit_status } = JSON.parse((await cli(world, ["watch", "--json"]).done).stdout)
    assert.equal(result.code, exit_status)
    assert.ok([0, 3].includes(exit_status), printed(result))
    assert.ok(world.exists("src/one.js"))
  },
)

scene(
  "Ctrl-C stops a run, which says how it continues, and `resume` ends it",
  { skip: noPlugin, files: project(), scenario: GATED },
  async (world) => {
    const running = cli(world, ["run", "Add one"])
    await world.model.reached("coder")
    running.kill("SIGINT")
    const result = await running.done
    assert.equal(result.code, 1, printed(result))
    const { id } = world.missions()[0]
    assert.match(result.stdout, new RegExp(`opencode-orchestrator resume ${id}\` continues it`))
    assert.equal(world.exists("src/one.js"), false)
    world.model.release("coder")
    const resumed = await cli(world, ["resume", "--json"]).done
    const end = JSON.parse(resumed.stdout)
    assert.deepEqual([end.mission, end.state, resumed.code], [id, "done", end.exit_status], printed(resumed))
  },
)

scene(
  "a file of objectives is one mission after the other, and the status is that of the list",
  {
    skip: noPlugin,
    files: { ...project(), "tonight.md": "# Tonight\n\n- Add one\n- [x] Add three\n- Add two\n" },
    scenario: {
      ...modules(["one", "two"]),
      plan: { tasks: [task("one", ["src/one.js"])] },
      answers: [{ role: "planner", match: "Add two", turns: [{ submit: { tasks: [task("two", ["src/two.js"])] } }] }],
    },
  },
  async (world) => {
    const result = await cli(world, ["run", "--file", "tonight.md"]).done
    const said = printed(result)
    assert.match(said, /objective 1 of 2 \(line 3\): Add one[^]*objective 2 of 2 \(line 5\): Add two/)
    const verified = Number(/^(\d) of 2 objectives delivered and verified/m.exec(said)?.[1])
    assert.equal(result.code, verified === 2 ? 0 : 3, said)
    assert.deepEqual([world.exists("src/one.js"), world.exists("src/two.js")], [true, true])
    assert.equal(world.missions().length, 2)
  },
)

scene(
  "opencode run: lines come while the mission runs",
  { skip: noPlugin, files: project(), scenario: GATED },
  async (world) => {
    const running = world.start(["run", "--command", "task"], { stdin: "Add one" })
    await world.model.reached("coder")
    await until(() => /`one` started/.test(running.stderr), 2_000, () => `a line before the end:\n${running.stdout}${running.stderr}`)
    world.model.release("coder")
    const result = await running.done
    assert.match(result.stdout, /[✓!] Done/u)
    assert.doesNotMatch(result.stdout, /`one` started/, "what was shown is not shown again")
  },
)

scene(
  "a second mission waits for the first, is listed, and begins by itself; in the busy session, what steers takes effect at once",
  { skip: noPlugin, files: project(), scenario: GATED },
  async (world) => {
    const { client } = await world.serve()
    const [first, second] = [await client.session(), await client.session()]
    const running = client.command(first, "task", "Add one")
    await world.model.reached("coder")
    const waiting = client.command(second, "task", "Add one again")
    await until(async () => /1\. in the queue/.test((await cli(world, ["queue"]).done).stdout), 20_000, "the second one in the queue")
    void client.command(first, "task", "tell keep it short").catch(() => {})
    await until(() => world.facts("corrected").length === 1, 10_000, "the correction, before the busy session's turn ends")
    // Esc in the waiting session does not affect the running mission
    await client.abort(second)
    await until(async () => /No mission waits/.test((await cli(world, ["queue"]).done).stdout), 10_000, "an empty queue")
    assert.equal(world.facts("paused").length, 0)
    await waiting.catch(() => {})
    const third = client.command(second, "task", "Add one again")
    await until(async () => /1\. in the queue/.test((await cli(world, ["queue"]).done).stdout), 20_000, "the third one in the queue")
    world.model.release("coder")
    // Both turns of the busy session end; OpenCode answers each request with the last turn
    await running
    await until(() => world.missions().length === 2, 30_000, "the mission that waited")
    world.model.release("coder")
    const answer = answerText(await third)
    assert.match(answer, /waits for its turn/)
    assert.match(answer, /base taken[^]*`one` started/, "it began by itself, on what the first one delivered")
  },
)

scene(
  "a stop and a resume that are typed at once in the busy session both take effect",
  { skip: noPlugin, files: project(), scenario: GATED },
  async (world) => {
    const { client } = await world.serve()
    const session = await client.session()
    const running = client.command(session, "task", "Add one")
    await world.model.reached("coder")
    const stopped = client.command(session, "task", "stop")
    const resumed = client.command(session, "task", "resume")
    await until(() => world.facts("resumed").length === 1, 60_000, "the resumed mission")
    world.model.release("coder")
    await until(() => world.facts("ended").length === 1, 60_000, "its end")
    await Promise.all([running, stopped, resumed])
    assert.ok(world.exists("src/one.js"))
  },
)
