/** `run` and `resume`: a script plays OpenCode's process and leaves a mission behind as the engine does. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { loadNative } from "../../plugin/native.js"
import { home, run } from "./support.mjs"

const skip = loadNative().native ? false : "the native core is not built"

/**
 * A program that plays OpenCode.
 * @param {import("node:test").TestContext} t
 * @param {string} script
 */
function played(t, script) {
  const place = home(t)
  const program = join(place.path, "opencode")
  writeFileSync(program, `#!/usr/bin/env node\n${script}\n`)
  chmodSync(program, 0o755)
  const call = (/** @type {string[]} */ args, named = program) =>
    run(args, { cwd: place.project, env: { HOME: place.path, PATH: process.env.PATH, OPENCODE_BIN: named } })
  return { ...place, call }
}

test("what OpenCode says is shown where it begins no mission, and the status is 1", { skip }, (t) => {
  const { call } = played(t, "console.log('opencode.toml:2: `parallel` must be a number'); process.stdin.resume()")
  const called = call(["run", "Add one"])
  assert.equal(called.exit, 1)
  assert.match(called.stderr, /opencode\.toml:2: `parallel`/)
  assert.match(called.stderr, /no mission was started\nhint: .*doctor/)
})

test("a program that OpenCode leaves behind does not keep the answer", { skip }, (t) => {
  const leave = "require('child_process').spawn('sleep', ['12'], { detached: true, stdio: 'inherit' })"
  const { call } = played(t, `process.stdin.resume().on('end', () => { console.log('**Mission m-abcdefgh**'); ${leave}; process.exit(0) })`)
  const began = Date.now()
  const called = call(["run", "Add one"])
  assert.ok(Date.now() - began < 10_000, "it waited for the program that was left")
  assert.match(called.stderr, /there is no mission `m-abcdefgh`/)
  assert.doesNotMatch(called.stderr, /has a bug/)
})

test("a program that is not there is named, with what to do", { skip }, (t) => {
  const { call } = played(t, "")
  const called = call(["run", "Add one"], "/nowhere/opencode")
  assert.equal(called.exit, 1)
  assert.match(called.stderr, /OpenCode cannot be started: .*\nhint: install it, or name it in OPENCODE_BIN/)
})

test("wrong use starts nothing", { skip }, (t) => {
  const { call, project } = played(t, "require('fs').writeFileSync('started', '')")
  for (const [args, says] of /** @type {[string[], RegExp][]} */ ([
    [["run"], /<OBJECTIVE>/],
    [["run", " "], /the objective is empty/],
    [["run", "x", "--file", "y"], /cannot be used with/],
    [["run", "--file", "none.md"], /^none\.md: No such file/],
    [["run", "--file", "."], /^\.: it is not a file/],
    [["run", "x", "--timeout", "soon"], /`soon` is no time; write 90s, 30m or 2h/],
    [["resume", "m-zzzzzzzz"], /there is no mission `m-zzzzzzzz`/],
  ])) {
    const called = call(args)
    assert.deepEqual([called.exit, called.stdout], [2, ""], `${args}: ${called.stderr}`)
    assert.match(called.stderr, says)
  }
  const called = call(["resume"])
  assert.equal(called.exit, 1)
  assert.match(called.stderr, /there is nothing to resume: no mission of this project is unfinished/)
  assert.equal(existsSync(join(project, "started")), false)
})

test("a list ends where OpenCode begins no mission: the next one would not begin either", { skip }, (t) => {
  const { call, project } = played(t, "console.log('no model is configured'); process.stdin.resume()")
  writeFileSync(join(project, "list.md"), "- a\n- b\n- c\n")
  const called = call(["run", "--file", "list.md"])
  assert.equal(called.exit, 1)
  assert.match(called.stdout, /^objective 1 of 3 \(line 1\): a\n0 of 3 objectives delivered and verified, 1 not done, 2 not started\n$/)
  assert.match(called.stderr, /no model is configured/)
})

test("a list for several projects works in each, two at once, and names the folder that is missing", { skip }, (t) => {
  const note = "const fs = require('fs'); fs.writeFileSync('seen', String(Boolean(process.env.OPENCODE_ORCHESTRATOR_RUN)))"
  const leave = "setTimeout(() => console.log('**Mission m-abcdefgh**'), 300)"
  const { path, call, project } = played(t, `${note}; process.stdin.resume().on('end', () => ${leave})`)
  const folders = ["api", "web"].map((name) => join(path, name))
  folders.forEach((folder) => mkdirSync(folder))
  writeFileSync(join(project, "list.md"), folders.map((folder) => `## \`${folder}\`\n- a\n- b\n`).join(""))
  const called = call(["run", "--file", "list.md", "--at-once", "2", "--queue", "nats://127.0.0.1:1"])
  assert.equal(called.exit, 1)
  for (const folder of folders) {
    assert.match(called.stdout, new RegExp(`\\(line \\d\\) in ${folder}: a\n`))
    assert.equal(readFileSync(join(folder, "seen"), "utf8"), "true", "the queue of this run reaches OpenCode")
  }
  assert.deepEqual(readdirSync(join(path, ".local", "share", "opencode-orchestrator", "runs")), [], "and is forgotten afterwards")
  writeFileSync(join(project, "list.md"), "# `nowhere`\n- a\n")
  const wrong = call(["run", "--file", "list.md"])
  assert.equal(wrong.exit, 2)
  assert.match(wrong.stderr, /line 2: its project `nowhere` is no folder/)
  assert.equal(call(["run", "x", "--queue", "host"]).exit, 2)
})

test("Ctrl-C before OpenCode has the mission starts nothing, and prints what would be lost", { skip }, (t) => {
  const { path, project } = played(t, "require('fs').writeFileSync('started', '')")
  const module = new URL("../../bin/mission.js", import.meta.url)
  const script = `import { mission } from ${JSON.stringify(module)}; const asked = mission("run", ["Add one"], "my comment\\n"); process.kill(process.pid, "SIGINT"); await asked`
  const env = { HOME: path, PATH: process.env.PATH, OPENCODE_BIN: join(path, "opencode") }
  const called = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: project, env, encoding: "utf8", timeout: 30_000 })
  assert.deepEqual([called.status, called.stderr], [1, "\nno mission was started\nmy comment\n"])
  assert.equal(existsSync(join(project, "started")), false)
})
