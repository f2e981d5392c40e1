/**
 * `run`, `fix`, `review --comment` and `resume`: a mission in an OpenCode that this program starts. The core decides
 * which command is typed and whether it is allowed. This file handles the process: its start, signals and end. The
 * output comes from the mission's journal (`watch`).
 */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { commandName } from "../plugin/command-name.js"
import { callCore } from "./core.js"

/** OpenCode's output when a mission has begun, or waits for others. */
const BEGUN = /^\*\*Mission (m-[a-z0-9]{8})\*\*/m
const WAITS = /^Mission `m-[a-z0-9]{8}` waits .*$/gm
/** How much of OpenCode's own output is kept, in characters. */
const KEPT = 64_000
/** How long OpenCode may take to end after its mission, in milliseconds. */
const LEAVING = 10_000
/** How long OpenCode's output is read after its end, in milliseconds: a program that it left behind may hold it open. */
const LAST_WORDS = 1_000
/** How often to check whether the mission has begun, in milliseconds. */
const LOOK = 100

/** @typedef {import("./core.js").Answer} Answer */

/**
 * @param {string} name the command
 * @param {string[]} args
 * @param {string} [lost] what to print if the user ends the program before OpenCode has the mission
 * @returns {Promise<Answer>}
 */
export async function mission(name, args, lost = "") {
  const early = () => {
    process.stderr.write(`\nno mission was started\n${lost}`)
    process.exit(1)
  }
  const started = () => SIGNALS.forEach((signal) => process.off(signal, early))
  for (const signal of SIGNALS) process.on(signal, early)
  try {
    const given = args.map((word) => (name === "run" && word === "-" ? readFileSync(0, "utf8") : word))
    const asked = await callCore([name, ...given])
    if (asked.exit !== 0) return asked
    /** @type {{ missions: { typed: string, line?: number }[], json: boolean, timeout_ms: number | null }} */
    const { missions, json, timeout_ms } = JSON.parse(asked.stdout ?? "")
    const how = { json, timeout_ms, started }
    const [only] = missions
    return missions.length === 1 && only.line === undefined ? (await play(only.typed, how)).answer : await list(missions, how)
  } finally {
    started()
  }
}

/** @typedef {{ json: boolean, timeout_ms: number | null, started: () => void }} How `started` is called once signals are handled here */

/**
 * Runs one mission after the other. The next one begins whatever the result of the last, unless the user ends the
 * program or OpenCode cannot begin a mission.
 * @param {{ typed: string, line?: number }[]} missions
 * @param {How} how
 * @returns {Promise<Answer>} the status is 0 only if each was delivered and verified; 1 has priority over 3
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
 * Runs one mission, from the start of OpenCode to its end.
 * @param {string} typed
 * @param {How} how
 * @returns {Promise<{ answer: Answer, over: boolean }>} `over`: the next mission would stop for the same reason
 */
async function play(typed, { json, timeout_ms, started }) {
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
  started()
  const timer = timeout_ms ? setTimeout(() => stop("the time limit (--timeout) is reached; the mission is stopped"), timeout_ms) : undefined
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

/** The signals that end this program. */
export const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])

/**
 * The hint how to continue a mission, if that is possible.
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
 * @returns {Promise<string | undefined>} the mission's id; undefined if OpenCode ended before it had one
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
 * Starts OpenCode with one command in its own process group: Ctrl-C reaches only this program, which passes it on.
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
    child.once("exit", () => {
      const leave = () => [child.stdout, child.stderr].forEach((pipe) => pipe.destroy())
      const late = setTimeout(leave, LAST_WORDS)
      child.once("close", () => clearTimeout(late))
    })
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
    if (!runs || !child.pid) return
    try {
      process.kill(-child.pid, name)
    } catch {
      // It has just ended
    }
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
