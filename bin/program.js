/**
 * Answers a command line. This file answers commands that edit OpenCode's configuration or inspect the machine, the
 * native core all others. It prints nothing and ends no process.
 */
import { HERE, overviewWithoutCore, parseOptions, UsageError } from "./commands.js"
import { callCore } from "./core.js"
import { demo } from "./demo.js"
import { diagnose, render } from "./doctor/doctor.js"
import { FileError } from "./install/files.js"
import { mission } from "./mission.js"
import { install, registrations, uninstall } from "./install/install.js"
import { editMemory } from "./memory.js"
import { editPlan } from "./plan.js"
import { notices } from "./install/notices.js"
import { manifest } from "../plugin/identity.js"
import { reviewByHand } from "./review.js"
import { describe } from "./install/words.js"
import { worker } from "./worker.js"

/** @typedef {{ exit: number, stdout?: string, stderr?: string }} Answer */

/**
 * @param {string[]} args
 * @returns {Promise<Answer>}
 */
export async function main(args) {
  const { version } = manifest()
  const [name, ...rest] = args
  if (name === "--version" || name === "-V") return { exit: 0, stdout: `${version}\n` }
  const end = rest.indexOf("--")
  const options = end < 0 ? rest : rest.slice(0, end)
  const help = name === undefined || ["--help", "-h", "help"].includes(name) || options.includes("--help") || options.includes("-h")
  if (!help && Object.hasOwn(HERE, name)) return here(name, rest)
  if (!help && startsMission(name, options)) return mission(name, rest)
  if (!help && name === "review" && options.some((option) => option === "-i" || option === "--interactive")) return reviewByHand(rest)
  if (!help && name === "plan" && rest[0] === "edit" && !options.some((option) => option.startsWith("--from"))) return editPlan(rest.slice(1))
  if (!help && name === "memory" && rest[0] === "edit" && rest.length === 1) return editMemory()
  if (!help && name === "worker") {
    leaveSignalsToTheCore()
    if (options.some((option) => option === "--roles" || option.startsWith("--roles="))) return worker(rest)
  }
  const answer = await callCore(args)
  // npm may not have run the script that registers the plugin
  if (name === undefined) answer.stderr = `${answer.stderr ?? ""}${firstStep()}`
  // Without the core, help still names the command that finds the problem.
  return help && answer.core === false ? { exit: 0, stdout: overviewWithoutCore(version), stderr: answer.stderr } : answer
}

/** @param {string} name @param {string[]} options */
function startsMission(name, options) {
  return ["run", "fix", "resume"].includes(name) || (name === "review" && options.includes("--comment"))
}

/** A worker returns its jobs before it ends: Node's own handlers would end the process at once. */
function leaveSignalsToTheCore() {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => {})
}

/** The hint to register the plugin, if it is not registered yet. */
function firstStep() {
  const where = { cwd: process.cwd(), env: process.env }
  try {
    const found = [false, true].flatMap((project) => registrations({ ...where, project }))
    if (found.some(({ state }) => state === "ours")) return ""
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return `${error.message}\n`
  }
  return "the plugin is not registered in OpenCode yet\nhint: run `opencode-orchestrator install`\n"
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
      const { "dry-run": dryRun = false, "no-board": noBoard = false, ...places } = options
      const request = { ...base, ...places, dryRun, noBoard }
      const steps = name === "install" ? install(request) : uninstall(request)
      const more = name === "install" ? await notices(request, steps) : []
      const stdout = options.json ? `${JSON.stringify({ dry_run: dryRun, steps, notices: more })}\n` : describe(steps, dryRun, more)
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
export function answerFor(error) {
  if (error instanceof UsageError) return { exit: 2, stderr: `${error.message}\nhint: \`opencode-orchestrator --help\` lists the commands\n` }
  if (error instanceof FileError) return { exit: 1, stderr: `${error.message}\n` }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { exit: 1, stderr: `opencode-orchestrator has a bug: ${what}\nhint: please report it with this message\n` }
}
