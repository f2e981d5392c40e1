/**
 * `npm run bench:tokens`: the data that a mission sends to a model, compared with plain OpenCode doing the same work in
 * one session and with a mission without paging and slices, in the real OpenCode with the scripted model, over real
 * upgrades of npm packages.
 *
 * Plain OpenCode reads each file whole (`plain`), or searches and reads the lines around each change (`ranges`). The
 * provider of `cached` reports what it reads from its cache, the others do not; `off` is a mission without paging and
 * slices.
 *
 * `-- --only NAME` plays one package; `--release NAME:FROM:TO:TASKS:FAULTS` one that is not in the list; `--json FILE` saves the numbers, `--requests FOLDER` the requests.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ROOT, World } from "../harness/index.mjs"
import { sum } from "./tokens/measure.mjs"
import { RELEASES, upgradeOf } from "./tokens/packages.mjs"
import { coderTurns, ofMission, ofPlain, ofPlainByRanges, shownIn } from "./tokens/scenario.mjs"

/** @typedef {import("./tokens/packages.mjs").Upgrade} Upgrade */

const DEADLINE_MS = 600_000
/** Plain OpenCode has no tests by another Coder, so the mission has none either. */
const TOML = '[mission]\ntests = "coder"\n'
const WAYS = {
  plain: { plugin: false, scenario: ofPlain, uncached: true },
  ranges: { plugin: false, scenario: ofPlainByRanges, uncached: true },
  off: { toml: `${TOML}[context]\npaging = "off"\nslices = "off"\n`, scenario: ofMission, uncached: true },
  mission: { toml: TOML, scenario: ofMission, uncached: true },
  cached: { toml: TOML, scenario: ofMission, uncached: false },
}

/** @param {string} name */
const option = (name) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}

/** @param {Upgrade} upgrade @param {keyof typeof WAYS} way */
async function play(upgrade, way) {
  const { scenario, uncached, ...options } = WAYS[way]
  const world = await World.create({ files: upgrade.files, scenario: { ...scenario(upgrade), ...(uncached ? { usage: /** @type {const} */ ("uncached") } : {}) }, ...options })
  settleCoders(world.model, upgrade)
  try {
    const run = !("toml" in options) ? world.run([upgrade.objective], { deadline_ms: DEADLINE_MS }) : world.task(upgrade.objective, { deadline_ms: DEADLINE_MS })
    const result = await run
    const wrong = upgrade.jobs.flatMap(({ files }) => files).filter(({ path, after }) => world.read(path) !== after)
    if (wrong.length > 0) {
      world.keep(`tokens-${upgrade.release.name}-${way}`)
      const said = "toml" in options ? result.stdout : result.stderr
      throw new Error(`${upgrade.title}, ${way}: ${wrong.map(({ path }) => path).join(", ")} is not as released\n${said.slice(-2_000)}\n${world.model.summary().slice(-3_000)}`)
    }
    const folder = option("--requests")
    if (folder) keep(folder, `${upgrade.release.name}-${way}`, world.model.requests)
    return sum(world.model.requests.filter(({ kind }) => kind !== "title"))
  } finally {
    await world.close()
  }
}

/**
 * Decides a Coder's turns from the prompt of its first request, because a Coder reads only what its prompt does not
 * show.
 * @param {import("../model/server.mjs").ModelServer} model
 * @param {Upgrade} upgrade
 */
function settleCoders(model, upgrade) {
  const settled = new Set()
  const stepOf = model.stepOf.bind(model)
  model.stepOf = (talk, session) => {
    const { role, task } = talk.header ?? {}
    const job = upgrade.jobs.find(({ id }) => id === task)
    const answer = model.scenario.answers?.find((answer) => answer.role === "coder" && answer.task === task)
    if (role === "coder" && job && answer && !settled.has(session)) {
      settled.add(session)
      answer.turns = coderTurns(job, shownIn(talk.prompt_text))
    }
    return stepOf(talk, session)
  }
}

/** @param {string} folder @param {string} name @param {import("../model/server.mjs").RequestRecord[]} requests */
function keep(folder, name, requests) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(requests, null, 1))
}

const only = option("--only")
const ways = /** @type {(keyof typeof WAYS)[]} */ (option("--ways")?.split(",") ?? Object.keys(WAYS))
const kb = (/** @type {number} */ bytes) => `${Math.round(bytes / 1000)} kB`
/** @type {object[]} */
const results = []
console.log("| upgrade | tasks | faults | way | requests | sent | of plain | at cache prices | of plain |\n|---|---|---|---|---|---|---|---|---|")
/** Releases of the command line. @param {string} text @returns {import("./tokens/packages.mjs").Release} */
function releaseOf(text) {
  const [name, from, to, tasks, faults] = text.split(":")
  return { name, from, to, tasks: Number(tasks), faults: Number(faults) }
}
const releases = option("--release")?.split(",").map(releaseOf) ?? RELEASES
for (const release of releases.filter(({ name }) => !only || only.split(",").includes(name))) {
  const upgrade = await upgradeOf(join(ROOT, ".cache", "packages"), release)
  const faults = upgrade.jobs.filter(({ fault }) => fault).length
  /** @type {Partial<Record<keyof typeof WAYS, import("./tokens/measure.mjs").Sum>>} */
  const sums = {}
  for (const way of ways) {
    const all = await play(upgrade, way).catch((error) => {
      console.error(String(error instanceof Error ? error.message : error))
      process.exitCode = 1
    })
    if (!all) continue
    sums[way] = all
    const part = (/** @type {number} */ n, /** @type {number | undefined} */ of) => (of ? `${Math.round((100 * n) / of)} %` : "")
    console.log(
      `| ${upgrade.title} | ${upgrade.jobs.length} | ${faults} | ${way} | ${all.requests} | ${kb(all.bytes)} | ${part(all.bytes, sums.plain?.bytes)} | ${kb(all.priced)} | ${part(all.priced, sums.plain?.priced)} |`,
    )
    if (process.argv.includes("--roles")) console.log(Object.entries(all.roles).map(([role, bytes]) => `${role} ${kb(bytes)}`).join(", "))
  }
  results.push({ title: upgrade.title, tasks: upgrade.jobs.length, faults, ...sums })
}
const file = option("--json")
if (file) writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
