/**
 * The cost of loading the plugin: processor time of `opencode run hi` with and without it, in pairs. On a busy machine
 * the minimum of each is more useful than the median of the differences. Prints JSON.
 */
import { World } from "../harness/index.mjs"

const PAIRS = Number(process.argv[2] ?? 7)
const worlds = [await World.create({}), await World.create({ plugin: false })]
try {
  /** @type {number[]} */
  const differences = []
  const least = [Infinity, Infinity]
  for (let pair = -1; pair < PAIRS; pair += 1) {
    // The first pair warms caches; the order alternates, so that the second run has no advantage
    const order = pair % 2 === 0 ? [0, 1] : [1, 0]
    const spent = [0, 0]
    for (const which of order) spent[which] = await cpu(worlds[which])
    if (pair < 0) continue
    differences.push(spent[0] - spent[1])
    spent.forEach((ms, which) => (least[which] = Math.min(least[which], ms)))
  }
  differences.sort((a, b) => a - b)
  console.log(JSON.stringify({ pairs: PAIRS, median_ms: differences[PAIRS >> 1], with_ms: least[0], without_ms: least[1] }))
} finally {
  for (const world of worlds) await world.close()
}

/** @param {World} world */
async function cpu(world) {
  // The model's server is in this process, so the wait for the program must not block
  const script = `TIMEFORMAT="cpu %U %S"; time "${world.binary}" run hi`
  const running = world.startProgram("bash", ["-c", script])
  const { stderr } = await running.done
  const [, user, system] = /cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? []
  if (user === undefined) throw new Error(`no time in:\n${stderr}`)
  return Math.round((Number(user) + Number(system)) * 1000)
}
