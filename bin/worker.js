/**
 * `worker --roles`: an OpenCode of this user in which roles of other machines' missions work, beside the core's own
 * worker, which runs checks. The core decides what is started; this file handles the two processes and their end.
 */
import { spawn } from "node:child_process"
import { rmSync } from "node:fs"
import { commandName } from "../plugin/command-name.js"
import { callCore } from "./core.js"

/** The beginning of the lines that a worker in OpenCode has for the user (`crates/engine/src/far/worker.rs`). */
const LINE = "worker: "
/** How much of OpenCode's own output is kept, in characters. */
const KEPT = 16_000
/** How long OpenCode may take to end, in milliseconds. */
const LEAVING = 10_000

/** @typedef {import("./core.js").Answer} Answer */

/**
 * @param {string[]} args
 * @returns {Promise<Answer>}
 */
export async function worker(args) {
  const planned = await callCore(["worker", ...args, "--plan"])
  if (planned.exit !== 0) return planned
  const { variable, name, file, directory, typed } = JSON.parse(planned.stdout ?? "")
  process.once("exit", () => rmSync(file, { force: true }))
  const roles = await start(directory, typed, { [variable]: name })
  const checks = callCore(["worker", ...args])
  const first = await Promise.race([checks.then(() => "checks"), roles.ended.then(() => "roles")])
  if (first === "roles" && !roles.isLeaving()) {
    // The core's worker leaves as after Ctrl-C
    process.kill(process.pid, "SIGTERM")
    const { stderr = "" } = await checks
    return { exit: 1, stderr: `${stderr}${roles.said().trim()}\nOpenCode ended, in which roles worked\nhint: \`opencode-orchestrator doctor\` looks for the cause\n` }
  }
  const answer = await checks
  roles.leave()
  await Promise.race([roles.ended, new Promise((resolve) => setTimeout(resolve, LEAVING).unref())])
  roles.kill()
  return answer
}

/**
 * Starts OpenCode in its own process group, and passes its worker's lines on.
 * @param {string} directory
 * @param {string} typed
 * @param {Record<string, string>} env
 */
async function start(directory, typed, env) {
  const command = await commandName(directory)
  const child = spawn(process.env.OPENCODE_BIN || "opencode", ["run", "--command", command], {
    cwd: directory,
    env: { ...process.env, PWD: directory, ...env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  })
  let said = ""
  let half = ""
  let leaving = false
  const hear = (/** @type {Buffer} */ bytes) => {
    const lines = (half + bytes.toString()).split("\n")
    half = (lines.pop() ?? "").slice(-KEPT)
    for (const line of lines) {
      const at = line.indexOf(LINE)
      if (at >= 0) process.stdout.write(`${line.slice(at + LINE.length)}\n`)
      else said = `${said}${line}\n`.slice(-KEPT)
    }
  }
  // News goes to standard error; the answer, on standard output, repeats nothing of it
  child.stderr.on("data", hear)
  child.stdout.on("data", (/** @type {Buffer} */ bytes) => void (said = (said + bytes.toString()).slice(-KEPT)))
  const ended = new Promise((resolve) => {
    child.once("close", resolve)
    child.once("error", (error) => {
      said += `OpenCode cannot be started: ${error.message}\nhint: install it, or name it in OPENCODE_BIN\n`
      resolve(undefined)
    })
  })
  child.stdin.on("error", () => {})
  child.stdin.end(typed)
  const signal = (/** @type {NodeJS.Signals} */ name) => {
    try {
      if (child.pid && child.exitCode === null) process.kill(-child.pid, name)
    } catch {
      // It has just ended
    }
  }
  const leave = () => {
    if (!leaving) signal("SIGINT")
    leaving = true
  }
  // The core gets the same signals itself
  for (const name of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(name, leave)
  process.once("exit", () => signal("SIGKILL"))
  return { ended, leave, said: () => said, isLeaving: () => leaving, kill: () => signal("SIGKILL") }
}
