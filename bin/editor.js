/**
 * A text of the core's in the user's editor: the core makes it and takes it back (`plan.js`, `memory.js`); here is the editor.
 * What was written is never lost: where the core refuses it, or the editor does not end well, the file stays and is named.
 */
import { spawn } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { callCore, quoted } from "./core.js"

/** @typedef {import("./core.js").Answer} Answer */

/**
 * @param {object} what
 * @param {string} what.name of the file
 * @param {string} what.text
 * @param {string[]} what.take the command that takes the file, which follows it
 * @param {string} what.kept said where nothing was taken
 * @param {string} what.same said where nothing was changed
 * @returns {Promise<Answer>}
 */
export async function editText({ name, text, take, kept, same }) {
  const folder = await mkdtemp(join(tmpdir(), "opencode-orchestrator-"))
  const file = join(folder, name)
  await writeFile(file, text, { mode: 0o600 })
  const why = await edit(file)
  const written = await readFile(file).catch((/** @type {NodeJS.ErrnoException} */ error) => (error.code === "ENOENT" ? text : undefined))
  const takes = `\`opencode-orchestrator ${take.join(" ")} ${quoted(file)}\` takes it`
  if (written?.toString() === text) {
    await rm(folder, { recursive: true, force: true })
    return why ? { exit: 1, stderr: `${why}\n${kept}\nhint: name another one in EDITOR\n` } : { exit: 0, stdout: `${same}\n` }
  }
  if (why) return { exit: 1, stderr: `${why}\n${kept}\nhint: what you wrote is kept; ${takes}\n` }
  const answer = await callCore([...take, file])
  if (answer.exit === 0) await rm(folder, { recursive: true, force: true })
  else answer.stderr = `${answer.stderr ?? ""}hint: what you wrote is kept; ${takes} once it is put right\n`
  return answer
}

/** What Ctrl-C and Ctrl-\ send to the editor and to this program, which has to outlive it: it knows where the file is. */
const FOR_THE_EDITOR = /** @type {const} */ (["SIGINT", "SIGQUIT"])

/**
 * Waits for the user's editor; a shell starts it, as git does, since the variable may hold arguments.
 * @param {string} file
 * @returns {Promise<string | undefined>} why it did not end well
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
