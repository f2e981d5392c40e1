/**
 * `run`, `fix`, `review --comment` and `resume`: a mission in an OpenCode that this program starts. The core decides
 * which command is typed and whether it is allowed. This file handles the process: its start, signals and end. The
 * output comes from the mission's journal (`watch`).
 */
import { spawn } from "node:child_process"
import { readFileSync, readdirSync, rmSync, statSync } from "node:fs"
import { basename, dirname, join } from "node:path"
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
/** How long the file of a run may be needed, in milliseconds: no run takes longer. */
const FORGOTTEN = 30 * 24 * 3_600_000
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
    /** @type {{ missions: Wanted[], at_once: number, json: boolean, timeout_ms: number | null, queue?: QueueOfRun }} */
    const { missions, at_once = 1, json, timeout_ms, queue } = JSON.parse(asked.stdout ?? "")
    if (queue) forgetAtEnd(queue.file)
    const how = { json, timeout_ms, started, env: queue ? { [queue.variable]: queue.name } : {} }
    const [only] = missions
    return missions.length === 1 && only.line === undefined ? (await play(only, how)).answer : await list(missions, at_once, how)
  } finally {
    started()
  }
}

/**
 * Removes the file that names the queue when this program ends, and now those that killed programs left.
 * @param {string} file
 */
function forgetAtEnd(file) {
  process.once("exit", () => rmSync(file, { force: true }))
  for (const name of readdirSync(dirname(file))) {
    const old = join(dirname(file), name)
    const written = statSync(old, { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (Date.now() - written > FORGOTTEN) rmSync(old, { force: true })
  }
}

/**
 * `directory`: the mission's project, if it is not the current folder.
 * @typedef {{ typed: string, line?: number, directory?: string }} Wanted
 * @typedef {{ variable: string, name: string, file: string }} QueueOfRun how an OpenCode learns of `--queue`
 */
/** @typedef {{ json: boolean, timeout_ms: number | null, env: Record<string, string>, started: () => void }} How `started` is called once signals are handled here */

/**
 * Runs the missions of each project one after the other, in `at_once` projects at once. The next one begins whatever the
 * result of the last, unless the user ends the program or OpenCode cannot begin a mission.
 * @param {Wanted[]} missions
 * @param {number} at_once
 * @param {How} how
 * @returns {Promise<Answer>} the status is 0 only if each was delivered and verified; 1 has priority over 3
 */
async function list(missions, at_once, how) {
  const show = (/** @type {string} */ text) => void (how.json ? process.stderr : process.stdout).write(text)
  const folders = [...new Set(missions.map(({ directory }) => directory))]
  const projects = folders.map((folder) => missions.filter(({ directory }) => directory === folder))
  /** @type {number[]} */
  const exits = []
  let stopped = false
  const work = async () => {
    for (let rest = projects.shift(); rest && !stopped; rest = projects.shift()) {
      for (const mission of rest) {
        if (stopped) break
        const [title] = mission.typed.slice("run ".length).split("\n", 1)
        const place = mission.directory ? ` in ${mission.directory}` : ""
        show(`objective ${missions.indexOf(mission) + 1} of ${missions.length} (line ${mission.line})${place}: ${title}\n`)
        const name = at_once > 1 && mission.directory ? `${basename(mission.directory)}: ` : ""
        const { answer, over } = await play(mission, how, name)
        process.stdout.write(answer.stdout ?? "")
        process.stderr.write(answer.stderr ?? "")
        exits.push(answer.exit)
        stopped ||= over
      }
    }
  }
  await Promise.all(Array.from({ length: at_once }, work))
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
 * @param {Wanted} mission
 * @param {How} how
 * @param {string} [name] begins each line of progress
 * @returns {Promise<{ answer: Answer, over: boolean }>} `over`: the next mission would stop for the same reason
 */
async function play({ typed, directory = process.cwd() }, { json, timeout_ms, env, started }, name = "") {
  const show = (/** @type {string} */ text) => void (json ? process.stderr : process.stdout).write(text.replace(/^(?=.)/gm, name))
  const opencode = await start(typed, directory, env)
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
    const end = await callCore(["watch", id, ...flags], undefined, show, directory)
    await opencode.ended(LEAVING)
    if (!json) end.stdout = `${end.stdout ?? ""}${end.exit === 1 ? await howOn(id, directory) : ""}`
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
 * @param {string} directory
 */
async function howOn(id, directory) {
  const { exit } = await callCore(["resume", id], undefined, undefined, directory)
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
 * @param {string} directory
 * @param {Record<string, string>} env variables beside those of this program
 */
async function start(typed, directory, env) {
  const command = await commandName(directory)
  const child = spawn(process.env.OPENCODE_BIN || "opencode", ["run", "--command", command], {
    cwd: directory,
    env: { ...process.env, PWD: directory, ...env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  })
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
