/** The commands that work without the core: arguments, help and exit status. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { HERE } from "../../bin/commands.js"
import { environment } from "../../plugin/command-line.js"
import { atLeast } from "../../bin/doctor/machine.js"
import { embeddings, failures, loaded, others, priced } from "../../bin/doctor/opencode.js"
import { commandName, withName } from "../../plugin/command-name.js"
import { loadNative } from "../../plugin/native.js"
import { folder, home, ROOT, run, withCore } from "./support.mjs"

test("wrong use of a command without the core ends with status 2 and says what is right", () => {
  const cases = [
    [["install", "--dryrun"], /^install: Unknown option '--dryrun'/],
    [["install", "there"], /^install: Unexpected argument 'there'/],
    [["install", "--config"], /^install: Option '--config <value>' argument missing/],
    [["install", "--config", "--json"], /^install: Option '--config' argument is ambiguous/],
    [["install", "--config="], /`--config` needs a value/],
    [["install", "--json=yes"], /^install: Option '--json' does not take an argument/],
    [["install", "--project", "--config", "x"], /cannot be used together/],
    [["uninstall", "--spec", "x"], /^uninstall: Unknown option '--spec'/],
    [["doctor", "--jsn"], /^doctor: Unknown option '--jsn'/],
    [["demo", "now"], /^demo: Unexpected argument 'now'/],
  ]
  for (const [args, message] of cases) {
    const { exit, stdout, stderr } = run(args)
    assert.deepEqual([exit, stdout], [2, ""], args.join(" "))
    assert.match(stderr, message)
    assert.match(stderr, /hint: `opencode-orchestrator --help`/)
  }
})

test("the version needs no core, and help without one names what works", () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
  for (const args of [["--version"], ["-V"]]) assert.deepEqual(run(args), { exit: 0, stdout: `${version}\n`, stderr: "" })
  for (const args of [[], ["--help"], ["-h"], ["help"], ["lint", "--base", "x", "--help"], ["doctor", "-h"]]) {
    const { exit, stdout, stderr } = run(args, { env: { ...process.env, OPENCODE_ORCHESTRATOR_NATIVE: "/no/such.node" } })
    assert.equal(exit, 0)
    for (const name of Object.keys(HERE)) assert.match(stdout, new RegExp(`^  ${name}\\b`, "m"))
    assert.match(stderr, /cannot start its native core/)
  }
})

test("a reader that leaves early is no error", () => {
  const script = '"$0" bin/opencode-orchestrator.js --help | true; echo "${PIPESTATUS[0]}"'
  const { stdout, stderr } = spawnSync("bash", ["-c", script, process.execPath], { cwd: ROOT, encoding: "utf8" })
  assert.deepEqual([stdout, stderr], ["0\n", ""])
})

test("without a native core its commands say one sentence", () => {
  const { exit, stdout, stderr } = run(["status"], { env: { ...process.env, OPENCODE_ORCHESTRATOR_NATIVE: "/no/such.node" } })
  assert.equal(exit, 1)
  assert.equal(stdout, "")
  assert.match(stderr, /^opencode-orchestrator cannot start its native core for \S+; tried \/no\/such\.node \(no such file\); to fix it, .*\.\n$/)
})

test("a command of the core gets its arguments, place and few variables, and its answer is passed on", (t) => {
  const core = 'exports.cli = async (request) => JSON.stringify({ exit: 1, stdout: request, stderr: "warned" })'
  const { exit, stdout, stderr } = withCore(t, core, ["lint", "a b", "--base", "HEAD"], { env: { SECRET_KEY: "s" } })
  assert.deepEqual([exit, stderr], [1, "warned"])
  const request = JSON.parse(stdout)
  assert.deepEqual(request.args, ["lint", "a b", "--base", "HEAD"])
  assert.deepEqual([request.cwd, request.tty, request.env.HOME], [ROOT, false, process.env.HOME])
  assert.equal(request.env.SECRET_KEY, undefined)
})

test("a core that has more to say is asked again", (t) => {
  const core = `exports.cli = async (request) => {
    const { args } = JSON.parse(request)
    const next = Number(args[1] ?? 0) + 1
    return JSON.stringify({ exit: next, stdout: next + "\\n", ...(next < 3 && { again: { args: ["log", String(next)], after_ms: 1 } }) })
  }`
  const { exit, stdout } = withCore(t, core, ["log"])
  assert.deepEqual([exit, stdout], [3, "1\n2\n3\n"])
})

test("a core that fails is an error in words", (t) => {
  for (const core of ['exports.cli = async () => { throw new Error("lost") }', 'exports.cli = async () => "lost"', "exports.x = 1"]) {
    const { exit, stdout, stderr } = withCore(t, core, ["status"])
    assert.deepEqual([exit, stdout], [1, ""])
    assert.match(stderr, /lost|has no commands/)
    assert.match(stderr, /hint: /)
  }
})

test("only named variables reach the core", () => {
  assert.deepEqual(environment({ HOME: "/h", XDG_DATA_HOME: "/d", OPENAI_API_KEY: "secret" }), { HOME: "/h", XDG_DATA_HOME: "/d" })
})

test("versions are compared by number", () => {
  assert.ok(atLeast([2, 100], [2, 38]))
  assert.ok(atLeast([3], [2, 38]))
  assert.ok(!atLeast([2, 9, 99], [2, 38]))
})

/** A folder with programs that print a version. */
function programs(t, versions) {
  const path = folder(t)
  for (const [name, says] of Object.entries(versions)) {
    writeFileSync(join(path, name), `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 })
  }
  return path
}

/** The findings of `doctor --json`, by check. */
function doctor(path, cwd, PATH) {
  const { exit, stdout } = run(["doctor", "--json"], { cwd, env: { HOME: path, PATH } })
  const { ok, checks } = JSON.parse(stdout)
  assert.equal(ok, exit === 0)
  return Object.fromEntries(checks.map((check) => [check.name, check]))
}

test("doctor finds what is missing, too old or broken, and says what to do", (t) => {
  const { path, project, config } = home(t, { "opencode.json": "{,}" })
  const found = doctor(path, project, programs(t, { git: "git version 2.30.2" }))
  assert.match(found.opencode.message, /not found/)
  assert.match(found.git.message, /2\.30\.2, but 2\.38 is needed/)
  assert.match(found.registered.message, /opencode\.json: line 1, column 2/)
  for (const name of ["opencode", "git", "registered"]) {
    assert.equal(found[name].status, "fail")
    assert.ok(found[name].hint)
  }
  writeFileSync(join(config, "opencode.json"), "{}")
  assert.match(doctor(path, project, "").registered.hint, /opencode-orchestrator install/)
})

test("doctor is content with the tested versions, and names where the plugin is registered", (t) => {
  const { path, project, call, config } = home(t)
  call("install")
  const found = doctor(path, project, programs(t, { git: "git version 2.47.3", opencode: "1.18.33" }))
  assert.equal(found.opencode.status, "ok")
  assert.equal(found.git.status, "ok")
  assert.equal(found.state.status, "ok")
  assert.equal(found.registered.status, "ok")
  assert.ok(found.registered.message.includes(config))
  assert.equal(doctor(path, project, programs(t, { opencode: "1.2.0" })).opencode.status, "warn")
  assert.equal(doctor(path, project, programs(t, { opencode: "garbage" })).opencode.status, "fail")
})

test("doctor reports an entry that does not exist, and a state folder that is a file", (t) => {
  const { path, project, call } = home(t)
  call("install", "--spec", "/gone/opencode-orchestrator")
  const found = doctor(path, project, "")
  assert.match(found.registered.message, /does not exist/)
  assert.equal(found.registered.status, "fail")
  const state = join(path, ".local", "share", "opencode-orchestrator")
  rmSync(state, { recursive: true })
  writeFileSync(state, "")
  assert.match(doctor(path, project, "").state.message, /not a folder/)
})

test("the doctor tells whose command OpenCode has, and reads the prices of models", () => {
  const ours = { model: "orchestrator/mission" }
  const cases = [
    [{ plugin: ["a", "b"], command: { task: ours } }, "task", "ok", /OpenCode loads `a`, `b`; `\/task` starts a mission/],
    [{ plugin: ["a"], command: { task: { template: "x" } } }, "task", "fail", /another plugin's or your own command/],
    [{ plugin: ["a"], command: { task: { template: "x" }, mission: ours } }, "mission", "ok", /`\/mission` starts a mission/],
    [{ plugin: ["a"] }, "task", "fail", /has the entries `a` and loaded no `\/task`/],
    [{}, "task", "fail", /loads no plugin/],
  ]
  assert.match(loaded({ plugin: ["a"] }, "task", "no such module").hint, /it cannot be loaded: no such module; install the package again/)
  for (const [config, name, status, message] of cases) {
    const finding = loaded(config, name)
    assert.equal(finding.status, status)
    assert.match(finding.message, message)
    assert.equal(finding.hint === undefined, status === "ok", "a problem has a hint")
  }
  const known = priced('a/b\n{\n  "id": "b",\n  "url": "x/y",\n  "cost": { "input": 1, "output": 2 }\n}\nc/d/e\n{}\n')
  assert.deepEqual([...known], [["a/b", { input: 1, output: 2 }], ["c/d/e", {}]])
  assert.equal(priced("").size, 0)
  assert.deepEqual(embeddings(undefined, known), [])
  assert.equal(embeddings("a/unlisted", known)[0].status, "ok")
  assert.match(embeddings("c2/d", known)[0].message, /does not know the provider of `c2\/d`/)
})

test("the doctor tells what OpenCode itself says of plugins that it did not load", () => {
  const log = [
    'timestamp=1 level=INFO message=loading path=/x/opencode.json',
    'timestamp=2 level=ERROR run=1 message="failed to load plugin" path=file:///p/bad error="server \\"failed\\" here"',
    "timestamp=3 level=ERROR message=\"failed to install plugin\" pkg=other@1 cause=unreachable",
    "no line of a log",
  ].join("\n")
  const failed = failures(log)
  assert.deepEqual([...failed], [["file:///p/bad", 'server "failed" here'], ["other@1", "unreachable"]])
  const config = { plugin: ["file:///p/bad", ["other@1", {}], "/nowhere/at/all", ROOT], command: { task: { model: "orchestrator/mission" } } }
  assert.equal(loaded(config, "task", undefined, failed).message, `OpenCode loads \`${ROOT}\`; \`/task\` starts a mission`)
  const [finding] = others(config, failed)
  assert.match(finding.message, /`file:\/\/\/p\/bad`: server "failed" here; `other@1`: unreachable; `\/nowhere\/at\/all`: it does not exist/)
  assert.deepEqual(others({ plugin: [ROOT] }, failed), [])
})

test("the command keeps its name unless the user's own file renames it, and texts follow", async (t) => {
  const { path, config, project } = home(t, { "opencode.toml": "[budget]\ncalls = 3\n" })
  const env = { HOME: path }
  assert.equal(await commandName(project, env), "task")
  if (!loadNative().native) return t.skip("not built yet: npm run build")
  writeFileSync(join(config, "opencode.toml"), '[command]\nname = "mission"\n')
  assert.equal(await commandName(project, env), "mission")
  writeFileSync(join(config, "opencode.toml"), '[command]\nname = "Not A Name"\n')
  assert.equal(await commandName(project, env), "task")
  assert.equal(withName("type `/task resume`; /task stays", "mission"), "type `/mission resume`; /task stays")
})

test("the program runs through a symbolic link, as npm installs it", (t) => {
  const link = join(folder(t), "opencode-orchestrator")
  symlinkSync(join(ROOT, "bin", "opencode-orchestrator.js"), link)
  const { status, stdout } = spawnSync(link, ["--version"], { encoding: "utf8" })
  assert.deepEqual([status, stdout], [0, run(["--version"]).stdout])
})
