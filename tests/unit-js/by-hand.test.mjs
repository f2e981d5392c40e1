/** `plan edit` and `review --interactive`: text that a user types there is never lost. A module plays the core. */
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { ROOT, folder, withCore } from "./support.mjs"

const ID = "m-aaaaaaaa"
const PLAN = 'id = "one"\n'

/** A core with a waiting plan, which prints the plan that it is told to take. */
const PLANS = `exports.cli = async (request) => {
  const { args } = JSON.parse(request)
  const shown = JSON.stringify({ mission: "${ID}", plan: ${JSON.stringify(PLAN)} })
  return JSON.stringify({ exit: 0, stdout: args[1] === "show" ? shown : "taken\\n" })
}`

/** @param {import("node:test").TestContext} t @param {string} script the editor's commands for the file `$1` */
function edited(t, script, core = PLANS, args = ["plan", "edit"]) {
  // With a space, which a shell needs quoted
  const place = join(folder(t), "a b")
  mkdirSync(place)
  const editor = join(folder(t), "editor")
  writeFileSync(editor, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const called = withCore(t, core, args, { env: { TMPDIR: place, EDITOR: editor, VISUAL: "" } })
  return { ...called, left: readdirSync(place), place }
}

test("what was written stays, with how to take it, however the editor ends", (t) => {
  for (const [end, says] of /** @type {[string, RegExp][]} */ ([
    ["exit 3", /ended with status 3\n/],
    ["kill -KILL $$", /ended with (SIGKILL|status 137)\n/],
    ["kill -INT $PPID; sleep 0.2; exit 1", /ended with (SIGINT|status 1|status 130)\n/],
  ])) {
    const { exit, stderr, left, place } = edited(t, `echo '# mine' >> "$1"\n${end}`)
    assert.equal(exit, 1, `${end}: ${stderr}`)
    assert.match(stderr, says)
    const from = /hint: what you wrote is kept; `opencode-orchestrator plan edit m-aaaaaaaa --from '([^']+)'` takes it\n$/.exec(stderr)?.[1] ?? ""
    assert.equal(from, join(place, left[0], `plan-${ID}.toml`))
    assert.equal(readFileSync(from, "utf8"), `${PLAN}# mine\n`)
  }
})

test("a file that nobody changed, or that was taken, leaves nothing behind", (t) => {
  const failed = edited(t, "exit 3")
  assert.deepEqual([failed.exit, failed.left], [1, []])
  assert.match(failed.stderr, /ended with status 3\nThe plan stays as it was\.\nhint: name another one in EDITOR\n$/)
  const removed = edited(t, 'rm "$1"')
  assert.deepEqual([removed.exit, removed.stdout, removed.left], [0, `The plan of mission ${ID} is as it was.\n`, []])
  const taken = edited(t, `echo '# mine' >> "$1"`)
  assert.deepEqual([taken.exit, taken.stdout, taken.left], [0, "taken\n", []])
})

test("the memory of a project is edited in the same way", (t) => {
  const core = PLANS.replace("plan: ", "markdown: ").replace('args[1] === "show"', 'args[1] === "--json"')
  const taken = edited(t, `echo '- a note' >> "$1"`, core, ["memory", "edit"])
  assert.deepEqual([taken.exit, taken.stdout, taken.left], [0, "taken\n", []])
  const failed = edited(t, `echo '- a note' >> "$1"; exit 3`, core, ["memory", "edit"])
  assert.match(failed.stderr, /The memory stays as it was\.\nhint: what you wrote is kept; `opencode-orchestrator memory edit --from '/)
})

/** A core with a change of two hunks; for other commands it refuses, or breaks, as `then` says. @param {string} then */
const reviewed = (then) => `exports.cli = async (request) => {
  const { args } = JSON.parse(request)
  const hunk = (n) => ({ hunk: n, header: "@@ -" + n + " +" + n + " @@", taken_back: false, lines: ["+x"] })
  const files = [{ path: "src/a.js", state: "changed", covered_by: [], uncovered: true, tasks: [], hunks: [hunk(1), hunk(2)] }]
  if (args[0] === "review") return JSON.stringify({ exit: 0, stdout: JSON.stringify({ mission: "${ID}", verdict: "done", place: "here", files }) })
  ${then}
}`

/** Two comments, and the answer to the question about a mission. @param {string} last */
const typed = (last) => `c\n\nsay which name\nc\n7\nit isn't null\n${last}\n`
const COMMANDS = `What you wrote; each of these commands starts a mission that does it:
  opencode-orchestrator fix ${ID} 'src/a.js:1: say which name'
  opencode-orchestrator fix ${ID} 'src/a.js:7: it isn'\\''t null'
`

test("comments that no mission takes are printed as commands", (t) => {
  const review = (/** @type {string} */ then, last = "y", env = {}) => withCore(t, reviewed(then), ["review", "--interactive"], { input: typed(last), env })
  const refused = review('return JSON.stringify({ exit: 1, stderr: "nothing was started\\n" })')
  assert.deepEqual([refused.exit, refused.stderr], [1, `nothing was started\n${COMMANDS}`])
  const lost = review('throw new Error("lost")')
  assert.equal(lost.exit, 1)
  assert.ok(lost.stderr.startsWith(COMMANDS) && lost.stderr.includes("lost"), lost.stderr)
  const starts = 'return JSON.stringify({ exit: 0, stdout: JSON.stringify({ missions: [{ typed: "fix" }], json: false, timeout_ms: null }) })'
  const absent = review(starts, "y", { OPENCODE_BIN: "/nowhere/opencode" })
  assert.equal(absent.exit, 1)
  assert.ok(absent.stderr.endsWith(COMMANDS) && absent.stderr.includes("no mission was started"), absent.stderr)
  const declined = review("", "n")
  assert.equal(declined.exit, 0)
  assert.ok(declined.stdout.endsWith(`No mission was started.\n${COMMANDS}`), declined.stdout)
})

test("Ctrl-C at a question prints the comments and starts nothing", async (t) => {
  const core = join(folder(t), "core.cjs")
  writeFileSync(core, reviewed('throw new Error("started")'))
  const child = spawn(process.execPath, [join(ROOT, "bin", "opencode-orchestrator.js"), "review", "-i"], { env: { ...process.env, OPENCODE_ORCHESTRATOR_NATIVE: core } })
  let stderr = ""
  child.stdout.on("data", (bytes) => {
    if (String(bytes).includes("[y/N]")) child.kill("SIGINT")
  })
  child.stderr.on("data", (bytes) => void (stderr += bytes))
  child.stdin.write(`${typed("").trimEnd()}\n`)
  const exit = await new Promise((resolve) => child.once("close", resolve))
  assert.deepEqual([exit, stderr], [1, `\n${COMMANDS}`])
})
