/** Shared by the tests of the program: a home of its own, and calls of the program. */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Whether this system has glibc. */
export const withGlibc = Boolean(/** @type {any} */ (process.report?.getReport())?.header?.glibcVersionRuntime)

/**
 * A temporary folder, removed when the test ends.
 * @param {import("node:test").TestContext} t
 * @returns {string}
 */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "orchestrator-unit-"))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/**
 * A home with some files in `.config/opencode`, and the program in it.
 * @param {import("node:test").TestContext} t
 * @param {Record<string, string>} [files]
 */
export function home(t, files = {}) {
  const path = folder(t)
  const config = join(path, ".config", "opencode")
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(config, name)), { recursive: true })
    writeFileSync(join(config, name), text)
  }
  const project = join(path, "project")
  mkdirSync(project)
  /** @param {string[]} args */
  // Tests of a single file use a single file; the board has tests of its own
  const one = (args) => (args[0] === "install" && !args.includes("--board") ? [...args, "--no-board"] : args.filter((arg) => arg !== "--board"))
  const call = (...args) => run(one(args), { cwd: project, env: { HOME: path, PATH: process.env.PATH } })
  const list = () => readdirSync(config).sort()
  return { path, config, project, call, list }
}

/**
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, input?: string }} [options] `input`: what is typed
 * @returns {{ exit: number | null, stdout: string, stderr: string }}
 */
export function run(args, { cwd = ROOT, env = process.env, input = undefined } = {}) {
  const program = join(ROOT, "bin", "opencode-orchestrator.js")
  const result = spawnSync(process.execPath, [program, ...args], { cwd, env, input, encoding: "utf8", timeout: 30_000 })
  return { exit: result.status, stdout: result.stdout, stderr: result.stderr }
}

/**
 * Runs the program with a module in place of the core.
 * @param {import("node:test").TestContext} t
 * @param {string} text the module
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, input?: string }} [options]
 */
export function withCore(t, text, args, { env = {}, input = undefined } = {}) {
  const file = join(folder(t), "core.cjs")
  writeFileSync(file, text)
  return run(args, { env: { ...process.env, OPENCODE_ORCHESTRATOR_NATIVE: file, ...env }, input })
}
