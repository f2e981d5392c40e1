/** What loading the plugin costs: processor time of `opencode run hi` with and without it, in pairs. Prints JSON. */
import { World } from "../harness/index.mjs"

const PAIRS = Number(process.argv[2] ?? 7)
const worlds = [await World.create({}), await World.create({ plugin: false })]
try {
  /** @type {number[]} */
  const differences = []
  for (let pair = -1; pair < PAIRS; pair += 1) {
    // The first pair warms caches; the order changes, so that what follows is no advantage
    const order = pair % 2 === 0 ? [0, 1] : [1, 0]
    const spent = [0, 0]
    for (const which of order) spent[which] = await cpu(worlds[which])
    if (pair >= 0) differences.push(spent[0] - spent[1])
  }
  differences.sort((a, b) => a - b)
  console.log(JSON.stringify({ pairs: PAIRS, median_ms: differences[PAIRS >> 1], least_ms: differences[0], most_ms: differences.at(-1) }))
} finally {
  for (const world of worlds) await world.close()
}

/** @param {World} world */
async function cpu(world) {
  // The model's server lives in this process, so the program is not waited for synchronously
  const script = `TIMEFORMAT="cpu %U %S"; time "${world.binary}" run hi`
  const running = world.startProgram("bash", ["-c", script])
  const { stderr } = await running.done
  const [, user, system] = /cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? []
  if (user === undefined) throw new Error(`no time in:\n${stderr}`)
  return Math.round((Number(user) + Number(system)) * 1000)
}
