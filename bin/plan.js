/**
 * `plan edit`: opens the plan of a waiting mission in the user's editor. The core makes the file and applies it; this
 * file runs the editor. The user's text is never lost: if the core refuses it or the editor fails, the file stays and
 * is named.
 */
import { spawn } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { callCore, quoted } from "./core.js"

/**
 * @param {string[]} args what follows `plan edit`
 * @returns {Promise<import("./core.js").Answer>}
 */
export async function editPlan(args) {
  const shown = await callCore(["plan", "show", ...args, "--json"])
  if (shown.exit !== 0) return shown
  /** @type {{ mission: string, plan: string }} */
  const { mission, plan } = JSON.parse(shown.stdout ?? "")
  const folder = await mkdtemp(join(tmpdir(), "opencode-orchestrator-"))
  const file = join(folder, `plan-${mission}.toml`)
  await writeFile(file, plan, { mode: 0o600 })
  const why = await edit(file)
  const written = await readFile(file).catch((/** @type {NodeJS.ErrnoException} */ error) => (error.code === "ENOENT" ? plan : undefined))
  const take = `\`opencode-orchestrator plan edit ${mission} --from ${quoted(file)}\` takes it`
  if (written?.toString() === plan) {
    await rm(folder, { recursive: true, force: true })
    return why ? { exit: 1, stderr: `${why}\nThe plan stays as it was.\nhint: name another one in EDITOR\n` } : { exit: 0, stdout: `The plan of mission ${mission} is as it was.\n` }
  }
  if (why) return { exit: 1, stderr: `${why}\nThe plan stays as it was.\nhint: what you wrote is kept; ${take}\n` }
  const answer = await callCore(["plan", "edit", mission, "--from", file])
  if (answer.exit === 0) await rm(folder, { recursive: true, force: true })
  else answer.stderr = `${answer.stderr ?? ""}hint: what you wrote is kept; ${take} once it is put right\n`
  return answer
}

/**
 * Signals of Ctrl-C and Ctrl-\, which go to the editor and to this program. The program ignores them, because it must
 * name the file afterwards.
 */
const FOR_THE_EDITOR = /** @type {const} */ (["SIGINT", "SIGQUIT"])

/**
 * Waits for the user's editor. A shell starts it, as in git, because the variable may contain arguments.
 * @param {string} file
 * @returns {Promise<string | undefined>} why the editor failed
 */
function edit(file) {
  const editor = process.env.VISUAL || process.env.EDITOR || "vi"
  const ignore = () => {}
  for (const signal of FOR_THE_EDITOR) process.on(signal, ignore)
  /** @type {Promise<string | undefined>} */
  const ended = new Promise((resolve) => {
    const child = spawn("/bin/sh", ["-c", `${editor} "$1"`, editor, file], { stdio: "inherit" })
    child.once("error", (error) => resolve(`the editor cannot be started: ${error.message}`))
    child.once("close", (code, signal) => resolve(code === 0 ? undefined : `the editor \`${editor}\` ended with ${signal ?? `status ${code}`}`))
  })
  return ended.finally(() => {
    for (const signal of FOR_THE_EDITOR) process.off(signal, ignore)
  })
}
