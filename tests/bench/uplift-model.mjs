/**
 * `npm run bench:uplift -- --model provider/model`: missions with a real model, within limits of money, tokens and calls.
 *
 * A mission is a release of a real package: the project is the version before it, the objective its notes and the names
 * of its new tests. The release's tests, which no mission sees, decide whether the delivered change is right.
 */
import { basename, dirname, join } from "node:path"
import { HELP, optionsOf, UsageError } from "./uplift/options.mjs"
import { play, Unusable } from "./uplift/mission.mjs"
import { accessOf } from "./uplift/access.mjs"
import { judge, releases } from "./uplift/releases.mjs"
import { Results, left, spent, table } from "./uplift/results.mjs"

/** The longest part of a mission's answer that is shown if nothing else explains why it could not be played. */
const SAID = 1_500

/** @param {import("./uplift/options.mjs").Options} options @param {Results} results */
function announce(options, results) {
  const { missions, limits } = options
  const of = (/** @type {import("./uplift/options.mjs").Limits} */ l) =>
    `${l.usd === null ? "no limit of money" : `$${l.usd.toFixed(2)}`}, ${Math.floor(l.tokens).toLocaleString("en")} tokens, ${Math.floor(l.calls)} calls`
  console.log(`${missions} missions with ${options.model}, at most in all: ${of(limits)}.`)
  console.log(`Each has an equal share: ${of(options.share)}. Answers under way when a limit is reached come on top of it.`)
  const before = spent(results.lines)
  if (results.lines.length > 0)
    console.log(
      `${results.path} has ${results.counted().length} of them, for $${before.usd.toFixed(2)}, ${before.tokens.toLocaleString("en")} tokens and ${before.calls} calls, which count.`,
    )
}

/** @param {string[]} args */
async function main(args) {
  const options = optionsOf(args)
  if (options.help) {
    console.log(HELP)
    return 0
  }
  const access = accessOf(options)
  const results = new Results(options.results, options)
  announce(options, results)
  if (!options.agreed) {
    console.error("\nNothing was asked yet. To begin, say `--yes`, or state a limit yourself (`--usd 2`).")
    return 2
  }
  const wanted = releases(options.packages)
  const todo = wanted.filter(({ title }) => !results.counted().some((line) => line.title === title))
  const stop = stopper()
  for (const release of todo) {
    if (results.counted().length >= options.missions || stop.asked()) break
    const limits = left(options, results.lines)
    if (!limits) {
      console.log("The limits are reached. With higher ones the same command goes on.")
      break
    }
    process.stdout.write(`${release.title}: `)
    const played = await play(release, { ...options, access, limits, stop })
    const judged = played.outcome === "delivered" ? judge(release.title, played.project) : undefined
    const outcome = judged ? (judged.right ? "right" : "wrong") : played.outcome
    const line = results.add({ title: release.title, ...played.record, outcome, limits, judged })
    played.keep(join(dirname(options.results), basename(options.results, ".jsonl"), release.title.replace(/[^\w.-]+/g, "-")))
    await played.remove()
    console.log(`${outcome}${line.why ? ` (${line.why})` : ""}, ${line.calls} calls, ${line.tokens} tokens, $${line.usd.toFixed(4)}`)
    if (outcome === "void") {
      if (!stop.asked()) console.error(`\n${played.said.slice(-SAID)}\n\nIt was not played, and does not count. What it spent does.`)
      return stop.asked() ? 130 : 1
    }
  }
  console.log(`\n${table(results)}`)
  return 0
}

/** Ctrl-C ends the running mission, which is recorded, and starts no other. */
function stopper() {
  /** @type {Set<() => void>} */
  const waiting = new Set()
  let asked = false
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    process.on(signal, () => {
      asked = true
      for (const end of waiting) end()
    })
  }
  return { asked: () => asked, waiting }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UsageError || error instanceof Unusable)) throw error
  console.error(error.message)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
