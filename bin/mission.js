/**
 * `run`, `fix`, `review --comment` and `resume`: a mission in an OpenCode that this program starts. What is typed, and what may be, is the core's to say;
 * here is the process: its start, its signals, its end. What is shown comes from the mission's journal (`watch`).
 */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { commandName } from "../plugin/command-name.js"
import { callCore } from "./core.js"

/** How OpenCode says that a mission has begun, or waits for others. */
const BEGUN = /^\*\*Mission (m-[a-z0-9]{8})\*\*/m
const WAITS = /^Mission `m-[a-z0-9]{8}` waits .*$/gm
/** What is kept of OpenCode's own output, in characters. */
const KEPT = 64_000
/** How long OpenCode may take to end once its mission has, in milliseconds. */
const LEAVING = 10_000
/** How often is looked whether the mission has begun. */
const LOOK = 100

/** @typedef {import("./core.js").Answer} Answer */

/**
 * @param {string} name the command
 * @param {string[]} args
 * @returns {Promise<Answer>}
 */
export async function mission(name, args) {
  const given = args.map((word) => (name === "run" && word === "-" ? readFileSync(0, "utf8") : word))
  const asked = await callCore([name, ...given])
  if (asked.exit !== 0) return asked
  /** @type {{ missions: { typed: string, line?: number }[], json: boolean, timeout_ms: number | null }} */
  const { missions, ...how } = JSON.parse(asked.stdout ?? "")
  const [only] = missions
  return missions.length === 1 && only.line === undefined ? (await play(only.typed, how)).answer : list(missions, how)
}

/** @typedef {{ json: boolean, timeout_ms: number | null }} How */

/**
 * One mission after the other. The next one begins whatever became of the one before it, unless the user
 * ends the program or OpenCode begins none.
 * @param {{ typed: string, line?: number }[]} missions
 * @param {How} how
 * @returns {Promise<Answer>} the status is 0 only where each was delivered and verified; 1 outranks 3
 */
async function list(missions, how) {
  const show = (/** @type {string} */ text) => void (how.json ? process.stderr : process.stdout).write(text)
  /** @type {number[]} */
  const exits = []
  for (const [at, { typed, line }] of missions.entries()) {
    const [title] = typed.slice("run ".length).split("\n", 1)
    show(`objective ${at + 1} of ${missions.length} (line ${line}): ${title}\n`)
    const { answer, over } = await play(typed, how)
    process.stdout.write(answer.stdout ?? "")
    process.stderr.write(answer.stderr ?? "")
    exits.push(answer.exit)
    if (over) break
  }
  const of = (/** @type {number} */ exit) => exits.filter((other) => other === exit).length
  const rest = missions.length - exits.length
  const parts = [
    `${of(0)} of ${missions.length} objectives delivered and verified`,
    of(3) ? `${of(3)} delivered without full verification` : "",
    exits.length - of(0) - of(3) ? `${exits.length - of(0) - of(3)} not done` : "",
    rest ? `${rest} not started` : "",
  ]
  show(`${parts.filter(Boolean).join(", ")}\n`)
  return { exit: of(0) + of(3) < missions.length ? 1 : of(3) ? 3 : 0 }
}

/**
 * One mission, from the start of OpenCode to its end.
 * @param {string} typed
 * @param {How} how
 * @returns {Promise<{ answer: Answer, over: boolean }>} `over`: what stopped it would stop the next one too
 */
async function play(typed, { json, timeout_ms }) {
  const show = (/** @type {string} */ text) => void (json ? process.stderr : process.stdout).write(text)
  const opencode = await start(typed)
  let byUser = false
  const stop = (/** @type {string} */ why) => {
    show(`${why}\n`)
    opencode.interrupt()
  }
  const interrupt = () => {
    byUser = true
    stop(opencode.mission() ? `stopping mission ${opencode.mission()}` : "stopping OpenCode; no mission has begun")
  }
  for (const signal of SIGNALS) process.on(signal, interrupt)
  const timer = timeout_ms ? setTimeout(() => stop("the time is over; the mission is stopped"), timeout_ms) : undefined
  try {
    const id = await begun(opencode, show)
    if (!id) {
      const stderr = `${opencode.said().trim()}\nno mission was started\nhint: \`opencode-orchestrator doctor\` looks for the cause\n`
      return { answer: { exit: 1, stderr }, over: true }
    }
    const flags = json ? ["--exit-status", "--json"] : ["--exit-status"]
    const end = await callCore(["watch", id, ...flags], undefined, show)
    await opencode.ended(LEAVING)
    if (!json) end.stdout = `${end.stdout ?? ""}${end.exit === 1 ? await howOn(id) : ""}`
    return { answer: end, over: byUser }
  } finally {
    clearTimeout(timer)
    for (const signal of SIGNALS) process.off(signal, interrupt)
    opencode.kill()
  }
}

/** What ends this program from outside. */
export const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])

/**
 * How a mission continues that can.
 * @param {string} id
 */
async function howOn(id) {
  const { exit } = await callCore(["resume", id])
  return exit === 0 ? `mission ${id}: \`opencode-orchestrator resume ${id}\` continues it\n` : ""
}

/** @typedef {Awaited<ReturnType<typeof start>>} Started */

/**
 * @param {Started} opencode
 * @param {(text: string) => void} show
 * @returns {Promise<string | undefined>} the mission's id; nothing where OpenCode ended before there was one
 */
async function begun(opencode, show) {
  let told = 0
  while (opencode.mission() === undefined && opencode.runs()) {
    const waits = opencode.said().match(WAITS) ?? []
    for (const line of waits.slice(told)) show(`${line}\n`)
    told = Math.max(told, waits.length)
    await new Promise((resolve) => setTimeout(resolve, LOOK))
  }
  return opencode.mission()
}

/**
 * OpenCode with one command, in a process group of its own: Ctrl-C reaches this program alone, which passes it on.
 * @param {string} typed
 */
async function start(typed) {
  const command = await commandName(process.cwd())
  const child = spawn(process.env.OPENCODE_BIN || "opencode", ["run", "--command", command], { stdio: ["pipe", "pipe", "pipe"], detached: true })
  let said = ""
  /** @type {string | undefined} */
  let mission
  let runs = true
  const hear = (/** @type {Buffer} */ bytes) => {
    said = (said + bytes.toString()).slice(-KEPT)
    mission ??= BEGUN.exec(said)?.[1]
  }
  child.stdout.on("data", hear)
  child.stderr.on("data", hear)
  const ended = new Promise((resolve) => {
    child.once("close", resolve)
    child.once("error", (error) => {
      said += `OpenCode cannot be started: ${error.message}\nhint: install it, or name it in OPENCODE_BIN\n`
      resolve(undefined)
    })
  }).then(() => {
    runs = false
  })
  child.stdin.on("error", () => {})
  child.stdin.end(typed)
  const signal = (/** @type {NodeJS.Signals} */ name) => {
    if (runs && child.pid) process.kill(-child.pid, name)
  }
  return {
    runs: () => runs,
    said: () => said,
    mission: () => mission,
    interrupt: () => signal("SIGINT"),
    kill: () => signal("SIGKILL"),
    ended: (/** @type {number} */ most) => Promise.race([ended, new Promise((resolve) => setTimeout(resolve, most).unref())]),
  }
}
