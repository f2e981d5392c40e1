/**
 * `npm run bench:board`: the cost of the board in OpenCode's terminal interface while a mission of 200 tasks runs, as
 * CPU time of the process with and without the board. The mission is a board file that changes twice a second; nothing
 * else runs.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { World, tuiMissing } from "../harness/index.mjs"
import { projectKey } from "../../plugin/tui/place.js"

const TASKS = Number(process.argv[2] ?? 200)
const SECONDS = 30
const CHANGE_MS = 500
/** Ticks per second in `/proc/<pid>/stat`, on every common Linux. */
const TICKS = 100

const missing = tuiMissing()
if (missing) {
  console.error(missing)
  process.exit(1)
}

/** CPU seconds of a process and all of its threads. @param {number} pid */
function spent(pid) {
  const after = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ")
  return (Number(after[11]) + Number(after[12])) / TICKS
}

/** A board in the middle of its mission; `n` counts its changes. @param {number} n */
function board(n) {
  const states = ["integrated", "working", "judging", "fixing", "waiting"]
  const tasks = Array.from({ length: TASKS }, (_, at) => ({
    id: `task-${at}`,
    title: `Do part ${at} of the whole`,
    state: at < TASKS / 2 ? "integrated" : at < TASKS / 2 + 4 ? states[1 + ((at + n) % 3)] : "waiting",
    attempt: 1,
    depends_on: at === 0 ? [] : [`task-${at - 1}`],
    detail: null,
    started_ms: Date.now() - 60_000,
    usage: { calls: 2, cost_usd: 0.01, tokens: {} },
  }))
  return { mission: "m-aaaaaaaa", objective: "Do all of it", stage: "working", outcome: null, paused: null, elapsed_ms: 100_000 + n * CHANGE_MS, tasks, next: [], usage: { calls: n, cost_usd: 0.01 * n, tokens: {} } }
}

/** CPU use, in cores, of OpenCode while the mission runs. @param {boolean} shown whether the board is shown */
async function measure(shown) {
  const world = await World.create({})
  try {
    const state = join(world.env.XDG_DATA_HOME ?? "", "opencode-orchestrator", projectKey(world.project))
    const mission = join(state, "missions", "m-aaaaaaaa")
    mkdirSync(mission, { recursive: true })
    writeFileSync(join(mission, "journal.jsonl"), "")
    writeFileSync(join(state, "lock"), JSON.stringify({ pid: process.pid, mission: "m-aaaaaaaa", directory: "/", since_ms: 1 }))
    let n = 0
    const change = () => {
      writeFileSync(join(mission, "board.next"), JSON.stringify(board((n += 1))))
      renameSync(join(mission, "board.next"), join(mission, "board.json"))
    }
    change()
    const tui = await world.tui({ columns: 160, board: shown })
    if (shown) await tui.shows(/Mission m-aaaaaaaa/, 30_000)
    const { pid } = tui
    if (!pid) throw new Error("the terminal has no process")
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    const timer = setInterval(change, CHANGE_MS)
    const [cpu, at] = [spent(pid), performance.now()]
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000))
    const share = (spent(pid) - cpu) / ((performance.now() - at) / 1_000)
    clearInterval(timer)
    return share
  } finally {
    await world.close()
  }
}

const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(1)} %`
const without = await measure(false)
const withBoard = await measure(true)
console.log(`OpenCode alone: ${percent(without)} of a core; with the board of ${TASKS} tasks: ${percent(withBoard)}; the board: ${percent(withBoard - without)}`)
if (withBoard - without >= 0.05) process.exitCode = 1
