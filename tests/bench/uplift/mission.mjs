/** One mission with a real model, in a home and a project of its own. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { World, git } from "../../harness/index.mjs"

/** The measurement cannot begin; the message says why. */
export class Unusable extends Error {}

/** How long OpenCode may run after the mission's own limit. */
const BEYOND_MS = 10 * 60_000
/**
 * Reasons to pause that count as the mission's result: it did not finish, and says so. Other reasons are not results of
 * the model.
 */
const HONEST = ["budget", "consent", "approval", "packages", "review", "delivery"]
const UNIT_MS = /** @type {Record<string, number>} */ ({ d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 })

/**
 * @typedef {object} Played
 * @property {"delivered" | "incomplete" | "void"} outcome void: the mission was not played
 * @property {{ why: string, calls: number, tokens: number, usd: number, time_ms: number }} record
 * @property {string} project
 * @property {string} said
 * @property {(folder: string) => void} keep copies its report, its journal and its changes into the folder
 * @property {() => Promise<void>} remove
 */

/**
 * @typedef {import("./options.mjs").Options & { access: import("./access.mjs").Access, stop: { waiting: Set<() => void>, asked: () => boolean } }} Setting
 */

/**
 * @param {import("./releases.mjs").Release} release
 * @param {Setting} setting with the `limits` of this mission
 * @returns {Promise<Played>}
 */
export async function play(release, { access, limits, stop, toml, wall }) {
  // Overrides the user's settings, because no user is there to agree to a package
  const world = await World.create({
    files: release.files,
    config: access.config,
    env: access.env,
    toml,
    options: { mission: { dependencies: "deny" }, budget: budget(limits, wall) },
  })
  try {
    if (release.environment)
      cpSync(join(release.environment, "node_modules"), join(world.project, "node_modules"), { recursive: true, verbatimSymlinks: true })
    const began = Date.now()
    const running = world.start(["run", "--command", "task"], { stdin: release.objective, deadline_ms: millis(wall) + BEYOND_MS })
    // A mission that ends in this way pauses, and records what it spent
    const end = () => running.kill("SIGTERM")
    stop.waiting.add(end)
    const ended = await running.done
    stop.waiting.delete(end)
    const { outcome, ...spent } = look(world)
    return {
      outcome,
      record: { ...spent, time_ms: Date.now() - began },
      project: world.project,
      said: `${ended.stdout}\n${ended.stderr}`.trim(),
      keep: (folder) => keep(world, folder),
      remove: () => world.close(),
    }
  } catch (error) {
    await world.close()
    throw error
  }
}

/**
 * The mission's result in its journal and board.
 * @param {World} world
 * @returns {{ outcome: Played["outcome"], why: string, calls: number, tokens: number, usd: number }}
 */
function look(world) {
  const mission = world.missions().at(-1)
  const board = mission && join(mission.folder, "board.json")
  if (!board || !existsSync(board)) return { outcome: "void", why: "it did not begin", calls: 0, tokens: 0, usd: 0 }
  const { usage } = JSON.parse(readFileSync(board, "utf8"))
  const counts = /** @type {number[]} */ (Object.values(usage.tokens))
  const spent = { calls: usage.calls, tokens: counts.reduce((sum, count) => sum + count, 0), usd: usage.cost_usd }
  const last = mission.facts.findLast(({ event }) => event === "ended" || event === "paused")
  if (last?.event === "ended")
    return { ...spent, outcome: last.outcome === "done" ? "delivered" : "incomplete", why: last.outcome === "done" ? "" : last.outcome }
  const { kind, detail } = last?.reason ?? { kind: "it did not come to an end" }
  const why = detail ? `${kind}: ${detail}` : kind
  return { ...spent, outcome: HONEST.includes(kind) ? "incomplete" : "void", why }
}

/** @param {World} world @param {string} folder */
function keep(world, folder) {
  mkdirSync(folder, { recursive: true })
  for (const { folder: from } of world.missions()) {
    for (const name of ["report.md", "journal.jsonl"]) if (existsSync(join(from, name))) cpSync(join(from, name), join(folder, name))
  }
  git(world.project, "add", "--all")
  writeFileSync(join(folder, "change.diff"), git(world.project, "diff", "--cached"))
}

/** @param {import("./options.mjs").Limits} limits @param {string} wall */
const budget = ({ usd, tokens, calls }, wall) => ({ calls, tokens, cost_usd: usd ?? "none", wall })

/** @param {string} span such as 1h30m */
const millis = (span) => [...span.matchAll(/(\d+)([dhms])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit], 0)
