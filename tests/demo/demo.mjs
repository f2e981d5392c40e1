/**
 * `npm run demo`: a whole mission in the real OpenCode on a real package, with a scripted model instead of a paid one.
 * It needs no key, and changes nothing outside a temporary folder and `.cache/`.
 */
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { ROOT, World, answerText, git } from "../harness/index.mjs"
import { FILES, FROM, NAME, OBJECTIVE, TO, scenarioOf, versions } from "./real-package.mjs"

const MISSION_MS = 240_000
/** The delay of each answer, because without one there would be nothing to watch. */
const LATENCY_MS = 250
const DIFF_LINES = 60

/** @type {Record<string, number>} */
const STYLES = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 }

/** @param {string} style @param {string} text */
const paint = (style, text) => (process.stdout.isTTY ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text)
/** @param {string} text */
const heading = (text) => console.log(`\n${paint("bold", text)}`)

/**
 * Prints the mission's answer while OpenCode streams it.
 * @param {import("../harness/index.mjs").Events} events
 * @param {string} session
 */
function follow(events, session) {
  let at = 0
  const print = () => {
    for (; at < events.seen.length; at += 1) {
      const { type, properties } = events.seen[at]
      if (type === "message.part.delta" && properties.sessionID === session && properties.field === "text")
        process.stdout.write(properties.delta)
    }
  }
  const timer = setInterval(print, 50)
  return () => {
    clearInterval(timer)
    print()
    console.log()
  }
}

/** @param {string} diff */
function printDiff(diff) {
  const lines = diff.split("\n")
  for (const line of lines.slice(0, DIFF_LINES)) {
    const style = /^(\+\+\+|---|diff|index)/.test(line)
      ? "bold"
      : line.startsWith("+")
        ? "green"
        : line.startsWith("-")
          ? "red"
          : line.startsWith("@@")
            ? "cyan"
            : undefined
    console.log(style ? paint(style, line) : line)
  }
  if (lines.length > DIFF_LINES) console.log(paint("dim", `… and ${lines.length - DIFF_LINES} more lines`))
}

/** The requests to the model, by role. @param {World} world */
function requests(world) {
  /** @type {Map<string, { prompts: Set<string>, turns: number, bytes: number }>} */
  const roles = new Map()
  for (const request of world.model.roleRequests) {
    const role = request.role ?? "?"
    const sum = roles.get(role) ?? { prompts: new Set(), turns: 0, bytes: 0 }
    sum.prompts.add(`${request.session} ${request.task} ${request.attempt} ${request.prompt}`)
    sum.turns += 1
    sum.bytes += request.bytes
    roles.set(role, sum)
  }
  for (const [role, { prompts, turns, bytes }] of roles) {
    console.log(
      `  ${role.padEnd(10)} ${String(prompts.size).padStart(3)} prompts ${String(turns).padStart(4)} turns ${String(Math.round(bytes / 1024)).padStart(6)} KB sent`,
    )
  }
  const others = world.model.requests.filter((request) => request.kind !== "role").length
  console.log(`  requests of the /task turn itself: ${others}`)
  console.log(
    `  most coders at work at once: ${world.model.peak((request) => request.role === "coder" || request.role === "fixer")}`,
  )
}

async function main() {
  const keep = process.argv.includes("--keep")
  heading(`1. The project: ${NAME} ${FROM}, as published, with its own tests`)
  const { before, after } = await versions(join(ROOT, ".cache", "packages"))
  const world = await World.create({ files: before, scenario: { ...scenarioOf(before, after), latency_ms: LATENCY_MS } })
  try {
    console.log(`  ${Object.keys(before).length} files in ${world.project}`)
    heading("2. The mission, typed in OpenCode")
    console.log(`  /task "${OBJECTIVE}"\n`)
    const { client } = await world.serve()
    const events = await client.events()
    const session = await client.session({ title: `${NAME} ${TO}` })
    const started = Date.now()
    const done = follow(events, session)
    const answer = answerText(await client.command(session, "task", OBJECTIVE, { deadline_ms: MISSION_MS }))
    done()
    events.close()
    const seconds = ((Date.now() - started) / 1000).toFixed(1)

    heading("3. What is in the working tree now")
    console.log(git(world.project, "diff", "--stat").trimEnd())
    console.log()
    printDiff(git(world.project, "diff", "--", "acorn.js", "acorn_loose.js"))

    heading("4. Is it right?")
    const wrong = FILES.filter((path) => world.read(path) !== after[path].toString("utf8"))
    console.log(`  files that equal ${NAME} ${TO} as published: ${FILES.length - wrong.length} of ${FILES.length}`)
    const tests = execFileSync(process.execPath, ["test/run.js"], { cwd: world.project, encoding: "utf8" }).trim().split("\n")
    console.log(`  its own tests: ${tests.join(" ")}`)

    heading("5. What it cost")
    requests(world)
    console.log(`  ${seconds} s in all, ${LATENCY_MS} ms of model latency a turn`)
    if (wrong.length > 0 || !answer) {
      console.log(`\nThe demo failed: ${wrong.join(", ") || "the mission gave no answer"}\n\n${world.evidence()}`)
      return 1
    }
    console.log(`\n${paint("green", "Done.")} In your own project: opencode, then /task "what you want".`)
    return 0
  } catch (error) {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}\n\n${world.evidence()}`)
    return 1
  } finally {
    if (keep) console.log(`\nKept: ${world.root}`)
    await world.close({ keep })
  }
}

process.exitCode = await main()
