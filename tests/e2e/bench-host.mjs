/**
 * `npm run bench:host`: the cost of a mission in the real OpenCode, beyond that of OpenCode itself. Three questions:
 * how many tokens does the plugin add to a plain message, how much time does the engine add to a task, and do tasks
 * that wait for a model wait at the same time?
 */
import { join } from "node:path"
import { World, makeProject } from "../harness/index.mjs"
import { modules, project } from "./fixtures.mjs"

const TASKS = 8
const LATENCY_MS = 2_000
const BYTES_PER_TOKEN = 3.9
/** A check without cost, so that the project's own tests do not count as the engine's time. */
const TOML = '[mission]\nparallel = 8\n[checks]\nauto = false\n[[checks.command]]\nname = "nothing"\nrun = "true"\n'
const NAMES = Array.from({ length: TASKS }, (_, i) => `task${i}`)

/**
 * @template T
 * @param {import("../harness/world.mjs").WorldOptions} options
 * @param {(world: World) => Promise<T>} body
 */
async function within(options, body) {
  const world = await World.create(options)
  try {
    return await body(world)
  } catch (error) {
    if (error instanceof Error) error.message += `\n${world.evidence().slice(0, 8_000)}`
    throw error
  } finally {
    await world.close()
  }
}

/** Bytes of the first request of `opencode run "hi"`. @param {boolean} plugin */
const plain = (plugin) =>
  within({ plugin, files: project() }, async (world) => {
    await world.run(["hi"])
    const request = world.model.requests.find((r) => r.kind === "chat")
    // The folder's name differs between worlds, and its length may too.
    return JSON.stringify(request?.body).replaceAll(world.project, "/project").length
  })

/** A mission of independent tasks. @param {number} latency_ms @param {string[]} [names] */
const mission = (latency_ms, names = NAMES) =>
  within(
    {
      files: project(),
      toml: TOML,
      scenario: { ...modules(names), latency_ms: { coder: latency_ms, reviewer: latency_ms, default: 0 } },
    },
    async (world) => {
      const { client } = await world.serve()
      await client.command(await client.session(), "task", "Add eight modules", { deadline_ms: 120_000 })
      const facts = world.facts()
      const at = (/** @type {string} */ name) => facts.filter((fact) => fact.event === name)
      if (at("ended")[0]?.outcome !== "done") throw new Error("the mission was not done")
      const [from, to] = [at("mission_started")[0].at_ms, at("ended")[0].at_ms]
      const starts = new Map(at("attempt_started").map((fact) => [fact.task, fact.at_ms]))
      const single = at("task_passed").map((fact) => fact.at_ms - starts.get(fact.task))
      return {
        all: to - from,
        tasks: Math.max(...at("integrated").map((fact) => fact.at_ms)) - Math.min(...starts.values()),
        longest: Math.max(...single),
        requests: world.model.roleRequests.length,
        peak: world.model.peak((request) => request.role === "coder"),
      }
    },
  )

/**
 * The same conversations without the plugin: two sessions that read, then for each task one session that writes a file
 * in three turns and one that reads in two.
 */
const host = () =>
  within(
    {
      plugin: false,
      files: project(),
      scenario: {
        answers: [
          {
            role: "chat",
            match: "^write",
            turns: [
              { write: { "src/new.js": "export const NEW = 1\n" } },
              { calls: [{ tool: "glob", args: { pattern: "src/*" } }] },
              { text: "Done." },
            ],
          },
          { role: "chat", turns: [{ calls: [{ tool: "glob", args: { pattern: "src/*" } }] }, { text: "Done." }] },
        ],
      },
    },
    async (world) => {
      const { client } = await world.serve()
      const folders = NAMES.map((name) => join(world.root, name))
      for (const folder of folders) makeProject(folder, project())
      const ask = async (/** @type {string} */ directory, /** @type {string} */ text) =>
        client.prompt(await client.session({ directory }), text, { directory })
      const started = Date.now()
      await ask(folders[0], "read")
      await ask(folders[0], "read")
      await Promise.all(
        folders.map(async (folder) => {
          await ask(folder, "write")
          await ask(folder, "read")
        }),
      )
      return Date.now() - started
    },
  )

const seconds = (/** @type {number} */ ms) => `${(ms / 1000).toFixed(2)} s`

const without = await plain(false)
const with_ = await plain(true)
console.log(
  `plain "hi": ${without} bytes without the plugin, ${with_} with it: ${((with_ - without) / BYTES_PER_TOKEN).toFixed(1)} tokens more (aim: at most 20)`,
)

const own = await host()
const instant = await mission(0)
const overhead = (instant.all - own) / TASKS
console.log(`${TASKS} independent tasks, instant model, 8 parallel: ${seconds(instant.all)} in all, ${instant.requests} requests`)
console.log(
  `  the same conversations in OpenCode alone: ${seconds(own)}; the engine adds ${Math.round(overhead)} ms a task (aim: at most 300)`,
)

const slow = await mission(LATENCY_MS)
console.log(
  `${TASKS} tasks, ${LATENCY_MS} ms of latency a turn, 8 parallel: ${seconds(slow.tasks)} for all tasks, ${seconds(slow.longest)} for the longest: ${(slow.tasks / slow.longest).toFixed(2)} times (aim: at most 1.3), ${slow.peak} coders at once`,
)
const alone = await mission(LATENCY_MS, NAMES.slice(0, 1))
console.log(
  `  a mission of one such task: ${seconds(alone.tasks)}; eight take ${(slow.tasks / alone.tasks).toFixed(2)} times as long`,
)
