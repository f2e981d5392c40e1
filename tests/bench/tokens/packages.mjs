/** Real upgrades for `npm run bench:tokens`: two adjacent releases of npm packages, fetched when it runs, as tasks with their edits. */
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs"
import Module from "node:module"
import { join, relative } from "node:path"
import { promisify } from "node:util"
import { Script } from "node:vm"
import { editsBetween } from "../../demo/edits.mjs"

/**
 * @typedef {{ name: string, from: string, to: string, tasks: number, faults: number }} Release
 * @typedef {{ path: string, before: string | undefined, after: string, edits: [string, string][] }} Changed
 * @typedef {{ id: string, files: Changed[], fault?: { path: string, right: [string, string], wrong: [string, string], line: number } }} Job
 * @typedef {{ title: string, objective: string, files: Record<string, string>, jobs: Job[], release: Release }} Upgrade
 */

/** @type {Release[]} `tasks`: the number of tasks in the plan; `faults`: how many of them are wrong at first */
export const RELEASES = [
  { name: "ws", from: "8.13.0", to: "8.14.0", tasks: 4, faults: 1 },
  { name: "express", from: "4.18.2", to: "4.19.0", tasks: 4, faults: 0 },
  { name: "mocha", from: "10.3.0", to: "10.4.0", tasks: 4, faults: 3 },
  { name: "fastify", from: "4.26.0", to: "4.27.0", tasks: 6, faults: 3 },
  { name: "acorn", from: "0.8.0", to: "0.9.0", tasks: 4, faults: 0 },
  { name: "semver", from: "7.5.3", to: "7.5.4", tasks: 1, faults: 0 },
  { name: "nodemailer", from: "6.9.13", to: "6.9.14", tasks: 1, faults: 1 },
]

const DOWNLOAD_MS = 180_000
/** Larger files are builds or data. */
const MAX_FILE = 400_000
const CODE = /\.(js|cjs|mjs|ts|json)$/
const NOT_WORKED_ON = /(^|\/)(dist|test|tests|docs|node_modules|examples|bench|benchmark)\/|\.min\.js$|\.map$|(^|\/)package(-lock)?\.json$|(^|\/)\.[^/]*$/

/** The check of the project: Node has to parse every CommonJS file. */
const CHECK = `const { readFileSync, readdirSync } = require("node:fs")
const { join } = require("node:path")
const { Script } = require("node:vm")
const { wrap } = require("node:module")
let failed = 0
const walk = (folder) => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!["node_modules", ".git", "test", "tests", "dist"].includes(entry.name)) walk(path)
    } else if (/\\.c?js$/.test(entry.name)) {
      try {
        const text = readFileSync(path, "utf8")
        if (!/^(import|export) /m.test(text)) new Script(wrap(text.replace(/^#!.*/, "")), { filename: path })
      } catch (error) {
        failed += 1
        console.error(String(error.stack).split("\\n").slice(0, 5).join("\\n"))
      }
    }
  }
}
walk(".")
console.log(failed === 0 ? "every file can be read" : failed + " files cannot be read")
process.exitCode = failed === 0 ? 0 : 1
`

/** @param {string} cache @param {Release} release @returns {Promise<Upgrade>} */
export async function upgradeOf(cache, release) {
  const { name, from, to } = release
  const folder = join(cache, `${name.replace("/", "+")}-${from}-${to}`)
  if (!existsSync(folder)) await fetch(folder, release)
  const [before, after] = ["before", "after"].map((side) => readTree(join(folder, "node_modules", side)))
  const changed = Object.keys(after)
    .filter((path) => CODE.test(path) && !NOT_WORKED_ON.test(path) && before[path] !== after[path])
    .map((path) => ({ path, before: before[path], after: after[path], edits: before[path] === undefined ? [] : editsBetween(before[path], after[path]) }))
  const files = Object.fromEntries(Object.entries(before).filter(([path]) => !/(^|\/)(dist|node_modules)\//.test(path) && path !== "package.json"))
  files["package.json"] = `${JSON.stringify({ name: "upgraded", version: from, scripts: { test: "node check.cjs" } }, null, 2)}\n`
  files["check.cjs"] = CHECK
  const jobs = group(changed, release.tasks)
  for (const job of jobs.filter(canFail).slice(0, release.faults)) job.fault = faultOf(job)
  const objective = `Bring ${name} from ${from} to ${to}. Files that change: ${changed.map(({ path }) => path).join(", ")}.`
  return { title: `${name} ${from} to ${to}`, objective, files, jobs, release }
}

/** @param {string} folder @param {Release} release */
async function fetch(folder, { name, from, to }) {
  const partial = `${folder}.${process.pid}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const args = ["install", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", partial]
  await promisify(execFile)("npm", [...args, `before@npm:${name}@${from}`, `after@npm:${name}@${to}`], { timeout: DOWNLOAD_MS }).catch((error) => {
    throw new Error(`failed to fetch ${name} ${from} and ${to} with npm: ${String(error.stderr || error.message).trim()}`)
  })
  renameSync(partial, folder)
}

/** @param {string} root @returns {Record<string, string>} */
function readTree(root) {
  /** @type {Record<string, string>} */
  const files = {}
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const full = join(entry.parentPath, entry.name)
    const bytes = readFileSync(full)
    if (bytes.length <= MAX_FILE && !bytes.includes(0)) files[relative(root, full).replaceAll("\\", "/")] = bytes.toString("utf8")
  }
  return files
}

/**
 * Groups changes, largest first: each joins the task with the least so far.
 * @param {Changed[]} changed
 * @param {number} tasks
 * @returns {Job[]}
 */
function group(changed, tasks) {
  const size = (/** @type {Changed} */ file) => (file.before?.length ?? 0) + file.edits.flat().join("").length + (file.before ? 0 : file.after.length)
  /** @type {{ id: string, files: Changed[], size: number }[]} */
  const jobs = Array.from({ length: tasks }, (_, i) => ({ id: `part-${i + 1}`, files: [], size: 0 }))
  for (const file of changed.toSorted((a, b) => size(b) - size(a))) {
    const job = jobs.toSorted((a, b) => a.size - b.size)[0]
    job.files.push(file)
    job.size += size(file)
  }
  return jobs.filter(({ files }) => files.length > 0).map(({ id, files }) => ({ id, files }))
}

/** @param {Job} job */
const canFail = (job) => faultOf(job) !== undefined

/** @param {string} text of a CommonJS file */
function isReadable(text) {
  try {
    new Script(Module.wrap(text.replace(/^#!.*/, "")))
    return true
  } catch {
    return false
  }
}

/** An edit that removes a brace, and the edit that restores it. @param {Job} job @returns {Job["fault"]} */
function faultOf({ files }) {
  for (const { path, edits, after } of files) {
    if (!path.endsWith(".js")) continue
    for (const right of edits) {
      const [old, fresh] = right
      const at = fresh.lastIndexOf("}")
      if (at < 0 || fresh === old) continue
      const wrong = `${fresh.slice(0, at)}${fresh.slice(at + 1)}`
      if (wrong.trim() === "" || after.split(fresh).length !== 2 || isReadable(after.replace(fresh, () => wrong))) continue
      const line = after.slice(0, after.indexOf(fresh)).split("\n").length
      return { path, right, wrong: [old, wrong], line }
    }
  }
  return undefined
}
