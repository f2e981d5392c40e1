#!/usr/bin/env node
/**
 * The program `opencode-orchestrator`.
 *
 * Exit status: 0 done, 1 found problems, 2 wrong use. Results go to standard
 * output, messages to standard error.
 */
import { HERE, overviewWithoutCore, parseOptions, UsageError } from "./commands.js"
import { callCore } from "./core.js"
import { demo } from "./demo.js"
import { diagnose, render } from "./doctor/doctor.js"
import { FileError } from "./install/files.js"
import { install, uninstall } from "./install/install.js"
import { manifest } from "./install/spec.js"
import { describe } from "./install/words.js"

/** @typedef {{ exit: number, stdout?: string, stderr?: string }} Answer */

/**
 * @param {string[]} args
 * @returns {Promise<Answer>}
 */
async function main(args) {
  const { version } = manifest()
  const [name, ...rest] = args
  if (name === "--version" || name === "-V") return { exit: 0, stdout: `${version}\n` }
  const end = rest.indexOf("--")
  const options = end < 0 ? rest : rest.slice(0, end)
  const help = name === undefined || ["--help", "-h", "help"].includes(name) || options.includes("--help") || options.includes("-h")
  if (!help && Object.hasOwn(HERE, name)) return here(name, rest)
  const answer = await callCore(args)
  // Even then a user finds the command that says what is wrong.
  return help && answer.core === false ? { exit: 0, stdout: overviewWithoutCore(version), stderr: answer.stderr } : answer
}

/**
 * The commands that are answered without the native core.
 * @param {string} name
 * @param {string[]} args
 * @returns {Promise<Answer>}
 */
async function here(name, args) {
  const base = { cwd: process.cwd(), env: process.env }
  switch (name) {
    case "install":
    case "uninstall": {
      const options = parseOptions(name, args)
      if (options.project && options.config) throw new UsageError("`--project` and `--config` cannot be used together")
      const { "dry-run": dryRun = false, ...places } = options
      const request = { ...base, ...places, dryRun }
      const steps = name === "install" ? install(request) : uninstall(request)
      const stdout = options.json ? `${JSON.stringify({ dry_run: dryRun, steps })}\n` : describe(steps, dryRun)
      return { exit: 0, stdout }
    }
    case "doctor": {
      const { json } = parseOptions(name, args)
      const findings = await diagnose(base)
      const exit = findings.some(({ status }) => status === "fail") ? 1 : 0
      return { exit, stdout: json ? `${JSON.stringify({ ok: exit === 0, checks: findings })}\n` : render(findings) }
    }
    default:
      parseOptions(name, args)
      return demo()
  }
}

/**
 * @param {unknown} error
 * @returns {Answer}
 */
function answerFor(error) {
  if (error instanceof UsageError) return { exit: 2, stderr: `${error.message}\nhint: \`opencode-orchestrator --help\` lists the commands\n` }
  if (error instanceof FileError) return { exit: 1, stderr: `${error.message}\n` }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { exit: 1, stderr: `opencode-orchestrator has a bug: ${what}\nhint: please report it with this message\n` }
}

for (const stream of [process.stdout, process.stderr]) {
  // the reader of a pipe may leave early, as `head` does
  stream.on("error", (error) => process.exit(/** @type {NodeJS.ErrnoException} */ (error).code === "EPIPE" ? 0 : 1))
}

const answer = await main(process.argv.slice(2)).catch(answerFor)
if (answer.stderr) process.stderr.write(answer.stderr)
if (answer.stdout) process.stdout.write(answer.stdout)
// not `exit()`, which would cut off what a pipe has not taken yet
process.exitCode = answer.exit
