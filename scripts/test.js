/**
 * `npm test [-- rust|js|e2e …]`: runs all tests, also in a fresh clone.
 *
 * It installs and builds what is missing, runs the Rust tests, the JavaScript tests and those in the real
 * OpenCode, and ends with one line that counts all. A progress line appears at least every thirty seconds.
 * `kills` and `workers`, the whole series of tests/e2e/kills.test.mjs and workers-kills.test.mjs, run only if they are
 * named.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { CargoProgress, NodeProgress, tell } from "./lib/progress.js"
import { fail, have, root } from "./lib/run.js"
import { core, packages } from "./lib/setup.js"

/**
 * @typedef {{ name: string, passed: number, failed: number, skipped: number, note?: string }} Outcome
 */

const PARTS = ["rust", "js", "e2e", "kills", "workers"]
/** The longest that a single JavaScript test may take. */
const TEST_TIMEOUT_MS = 600_000
/** How many tests in OpenCode run at once: each has several processes. */
const E2E_AT_ONCE = 2
/** Test files with time limits for OpenCode: they run alone. */
const ALONE = ["stop.test.mjs"]

const wanted = process.argv.slice(2)
for (const part of wanted) {
  if (!PARTS.includes(part)) fail(`there is no part \`${part}\`; there are ${PARTS.join(", ")}`, 2)
}
const started = Date.now()

await packages()
/** @type {Outcome[]} */
const outcomes = []
const built = await core()
if (!built) outcomes.push({ name: "build of the native core", passed: 0, failed: 1, skipped: 0 })
if (asked("rust")) outcomes.push(await rust())
if (asked("js")) outcomes.push(await javascript("js", ["tests/unit-js", "tests/model", "tests/harness", "tests/contract"], 2))
if (asked("e2e") && built) {
  const alone = (/** @type {string} */ file) => ALONE.some((name) => file.endsWith(name))
  outcomes.push(await javascript("e2e", ["tests/e2e", "tests/conformance"], E2E_AT_ONCE, (file) => !alone(file)))
  outcomes.push(await javascript("e2e, one at a time", ["tests/e2e"], 1, alone))
}
if (wanted.includes("kills") && built) {
  process.env.KILLS ??= "40"
  const series = (/** @type {string} */ file) => file.endsWith("/kills.test.mjs")
  // The limit is for a whole file, too; the tests in this one have their own limits
  outcomes.push(await javascript(`${process.env.KILLS} kills`, ["tests/e2e"], 1, series, 100 * TEST_TIMEOUT_MS))
}
if (wanted.includes("workers") && built) {
  process.env.WORKER_KILLS ??= "20"
  const series = (/** @type {string} */ file) => file.endsWith("workers-kills.test.mjs")
  outcomes.push(await javascript(`${process.env.WORKER_KILLS} kills with workers`, ["tests/e2e"], 1, series, 100 * TEST_TIMEOUT_MS))
}

const total = { passed: 0, failed: 0, skipped: 0 }
console.log("")
for (const { name, passed, failed, skipped, note } of outcomes) {
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
  console.log(`${name}: ${count(passed, failed, skipped)}${note ? ` (${note})` : ""}`)
}
console.log(`finished in ${Math.round((Date.now() - started) / 1000)} s`)
console.log(count(total.passed, total.failed, total.skipped))
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0

/** @param {string} part */
function asked(part) {
  return wanted.length === 0 || wanted.includes(part)
}

/**
 * @param {number} passed
 * @param {number} failed
 * @param {number} skipped
 */
function count(passed, failed, skipped) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`
}

/** @returns {Promise<Outcome>} */
async function rust() {
  const nextest = have("cargo", ["nextest", "--version"])
  const args = nextest
    ? ["nextest", "run", "--workspace", "--profile=told", "--no-fail-fast", "--no-tests=pass", "--status-level=pass"]
    : ["test", "--workspace", "--no-fail-fast"]
  const name = "rust"
  const progress = new CargoProgress()
  const stop = tell(() => `${name}: ${progress.line()}`)
  const { status, output: text } = await tee("cargo", args, (line) => progress.read(line))
  stop()
  let [passed, failed, skipped] = [0, 0, 0]
  for (const line of text.split("\n")) {
    const summary = nextest ? /^\s*Summary \[.*\] +\d+(?:\/\d+)? tests? run: (.*)$/.exec(line) : /^test result: (.*)$/.exec(line)
    if (!summary) continue
    passed += numberBefore(summary[1], "passed")
    failed += numberBefore(summary[1], "failed") + numberBefore(summary[1], "timed out") + numberBefore(summary[1], "exec failed")
    skipped += numberBefore(summary[1], nextest ? "skipped" : "ignored")
  }
  if (status !== 0 && failed === 0) return { name, passed, failed: 1, skipped, note: "cargo did not get to the end" }
  return { name, passed, failed, skipped }
}

/**
 * @param {string} name
 * @param {string[]} folders
 * @param {number} atOnce files
 * @param {(file: string) => boolean} [wanted]
 * @param {number} [limit_ms]
 * @returns {Promise<Outcome>}
 */
async function javascript(name, folders, atOnce, wanted = () => true, limit_ms = TEST_TIMEOUT_MS) {
  const files = folders.flatMap((folder) => testFiles(join(root, folder))).filter(wanted)
  if (files.length === 0) return { name, passed: 0, failed: 0, skipped: 0, note: "no test files" }
  const folder = mkdtempSync(join(tmpdir(), "orchestrator-tests-"))
  const [report, events] = [join(folder, "report.tap"), join(folder, "events.jsonl")]
  const progress = new NodeProgress(files.length)
  let read = 0
  const stop = tell(() => {
    const text = existsSync(events) ? readFileSync(events, "utf8") : ""
    progress.read(text.slice(read))
    read = text.length
    return `${name}: ${progress.line()}`
  })
  const { status } = await tee(process.execPath, [
    "--test",
    `--test-concurrency=${atOnce}`,
    `--test-timeout=${limit_ms}`,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=tap",
    `--test-reporter-destination=${report}`,
    "--test-reporter=./scripts/lib/test-events.js",
    `--test-reporter-destination=${events}`,
    ...files,
  ])
  stop()
  const text = existsSync(report) ? readFileSync(report, "utf8") : ""
  rmSync(folder, { recursive: true, force: true })
  const tally = (/** @type {string} */ word) => Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(text)?.[1] ?? 0)
  const failed = tally("fail") + tally("cancelled")
  const skipped = tally("skipped") + tally("todo")
  if (status !== 0 && failed === 0) return { name, passed: tally("pass"), failed: 1, skipped, note: "the runner did not get to the end" }
  return { name, passed: tally("pass"), failed, skipped }
}

/**
 * @param {string} folder
 * @returns {string[]} paths relative to the checkout, in a fixed order
 */
function testFiles(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.test\.m?js$/.test(name))
    .sort()
    .map((name) => relative(root, join(folder, name)))
}

/**
 * @param {string} text
 * @param {string} word
 */
function numberBefore(text, word) {
  return Number(new RegExp(`(\\d+) ${word}`).exec(text)?.[1] ?? 0)
}

/**
 * Runs a program, and shows and keeps its output.
 * @param {string} program
 * @param {string[]} args
 * @param {(line: string) => boolean} [shown] whether to show a line; the line has no colours
 * @returns {Promise<{ status: number | null, output: string }>} the last lines of the output, without colours
 */
function tee(program, args, shown = () => true) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] })
    /** @type {string[]} */
    const kept = []
    for (const [from, to] of /** @type {const} */ ([[child.stdout, process.stdout], [child.stderr, process.stderr]])) {
      createInterface({ input: from, crlfDelay: Infinity }).on("line", (line) => {
        // eslint-disable-next-line no-control-regex -- colours of the terminal
        const plain = line.replace(/\x1b\[[0-9;]*m/g, "")
        if (shown(plain)) to.write(`${line}\n`)
        // The counts are at the end, so earlier lines can be dropped
        kept.push(plain)
        if (kept.length > 20_000) kept.splice(0, 10_000)
      })
    }
    child.on("error", (error) => {
      console.error(`cannot run ${program}: ${error.message}`)
      resolve({ status: 1, output: "" })
    })
    child.on("close", (status) => resolve({ status, output: kept.join("\n") }))
  })
}
