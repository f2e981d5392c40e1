/** The commands that the native core answers, called as users call them, in projects with git. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { test } from "node:test"
import Ajv from "ajv"
import { HERE } from "../../bin/commands.js"
import { loadNative } from "../../plugin/native.js"
import { home, run } from "./support.mjs"

const skip = loadNative().native ? false : "the native core is not built"

/**
 * A project of this home with some files committed.
 * @param {import("node:test").TestContext} t
 * @param {Record<string, string>} files
 */
function project(t, files) {
  const place = home(t)
  const write = (/** @type {string} */ name, /** @type {string} */ text) => {
    mkdirSync(dirname(join(place.project, name)), { recursive: true })
    writeFileSync(join(place.project, name), text)
  }
  const git = (/** @type {string[]} */ ...args) => {
    const settings = ["-c", "user.name=u", "-c", "user.email=u@localhost"]
    const env = { ...process.env, HOME: place.path, GIT_CONFIG_NOSYSTEM: "1" }
    const { status, stdout, stderr } = spawnSync("git", [...settings, ...args], { cwd: place.project, encoding: "utf8", env })
    assert.equal(status, 0, `git ${args.join(" ")}: ${stderr}`)
    return stdout
  }
  git("init", "-q", "-b", "main")
  for (const [name, text] of Object.entries(files)) write(name, text)
  git("add", "-A")
  git("commit", "-q", "--allow-empty", "-m", "begin")
  return { ...place, write, git }
}

/** @param {{ stdout: string }} called */
const findings = ({ stdout }) => JSON.parse(stdout).findings

const BROKEN = "export function f( {\n"

test("lint sees what changed since a revision, and nothing that was there before", { skip }, (t) => {
  const { call, write, git } = project(t, { "old.js": BROKEN, "a.js": "export const a = 1\n", ".gitignore": "ignored.js\n" })
  assert.deepEqual([call("lint").exit, call("lint").stdout], [0, ""])
  write("new.js", BROKEN)
  write("ignored.js", BROKEN)
  const changed = call("lint", "--format", "json")
  assert.equal(changed.exit, 1)
  assert.deepEqual([...new Set(findings(changed).map(({ path }) => path))], ["new.js"])
  const [finding] = findings(changed)
  assert.deepEqual(Object.keys(finding).filter((key) => key !== "note"), ["path", "line", "column", "rule", "severity", "message"])
  assert.deepEqual([finding.line, finding.rule, finding.severity], [1, "syntax-error", "error"])

  git("add", "new.js")
  git("commit", "-q", "-m", "break it")
  assert.equal(call("lint").exit, 0, "HEAD holds it now")
  assert.equal(call("lint", "--base", "HEAD~1").exit, 1)
  assert.equal(call("lint", "a.js", "--base", "HEAD~1").exit, 0, "only what was named")
  const missing = call("lint", "--base", "HEAD~7")
  assert.equal(missing.exit, 2)
  assert.match(missing.stderr, /`HEAD~7` is no revision of this repository\nhint: /)
})

test("lint looks at named files whole, from wherever it is called, ignored or not", { skip }, (t) => {
  const { call, project: root, path, write } = project(t, { "src/old.js": BROKEN, "src/good.js": "export const a = 1\n", ".gitignore": "ignored.js\n" })
  write("ignored.js", BROKEN)
  for (const name of ["src/old.js", "src", ".", "ignored.js", join(root, "src")]) assert.equal(call("lint", name).exit, 1, name)
  const text = call("lint", "src/old.js")
  assert.match(text.stdout, /^src\/old\.js:1:\d+ error syntax-error: .*\n[^]*\d+ errors?, \d+ warnings?\n$/)
  const env = { HOME: path, PATH: process.env.PATH }
  const below = run(["lint", "old.js", "--json"], { cwd: join(root, "src"), env })
  assert.deepEqual([below.exit, findings(below)[0].path], [1, "src/old.js"])
  const outside = run(["lint", join(root, "src", "old.js"), "--json"], { cwd: path, env })
  assert.deepEqual([outside.exit, findings(outside)[0].path], [1, "src/old.js"])
  const likely = call("lint", "src/odl.js")
  assert.equal(likely.exit, 2)
  assert.match(likely.stderr, /no file or folder `src\/odl\.js`; did you mean `src\/old\.js`\?/)
})

test("lint writes SARIF for other programs", { skip }, (t) => {
  const { call, write } = project(t, { "a.js": "export const a = 1\n" })
  write("a.js", BROKEN)
  const { exit, stdout } = call("lint", "--format", "sarif")
  const log = JSON.parse(stdout)
  assert.deepEqual([exit, log.version, log.runs[0].results[0].level], [1, "2.1.0", "error"])
})

test("SARIF is valid by the published schema, with findings and without", { skip }, (t) => {
  const { call, write } = project(t, { "a.js": "export const a = 1\n", "rules/bad.yml": "id: bad\nlanguage: Nothing\nrule: { kind: x }\n" })
  const require = createRequire(import.meta.url)
  const schema = require.resolve("@microsoft/jest-sarif").replace(/index\.js$/, "schemas/sarif-2.1.0-rtm.5.json")
  // The schema uses draft 4 of JSON Schema
  const ajv = new Ajv({ schemaId: "auto" })
  ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-04.json"))
  const valid = ajv.compile(JSON.parse(readFileSync(schema, "utf8")))
  const check = (/** @type {string[]} */ ...args) => {
    const log = JSON.parse(call("lint", "--format", "sarif", ...args).stdout)
    assert.ok(valid(log), JSON.stringify(valid.errors))
    return log.runs[0]
  }
  assert.equal(check("a.js").results.length, 0)
  write("dir with space/ä#%.js", `${BROKEN}import "./no where"\n// ... rest of the code\nconsole.log(1)\n`)
  write("opencode.toml", '[guardian]\nrules = ["rules/*.yml"]\n')
  const { results, tool, invocations } = check()
  assert.ok(results.length > 0)
  assert.equal(results[0].locations[0].physicalLocation.artifactLocation.uri, "dir%20with%20space/%C3%A4%23%25.js")
  for (const { ruleId, ruleIndex } of results) assert.equal(tool.driver.rules[ruleIndex].id, ruleId)
  assert.match(invocations[0].toolExecutionNotifications[0].message.text, /rules\/bad\.yml/)
  assert.ok(!valid({ version: "2.1.0", runs: [{ results: [] }] }), "what is no log is refused")
})

test("lint --base looks at what the branch did, not at what the base did since", { skip }, (t) => {
  const { call, write, git } = project(t, { "a.js": "export const a = 1\n" })
  git("checkout", "-q", "-b", "feature")
  write("mine.js", "export const mine = 1\n")
  git("add", "-A")
  git("commit", "-q", "-m", "mine")
  git("checkout", "-q", "main")
  write("fixed.js", "export const fixed = 1\n")
  git("add", "-A")
  git("commit", "-q", "-m", "theirs")
  git("checkout", "-q", "feature")
  const called = call("lint", "--base", "main")
  assert.deepEqual([called.exit, called.stderr], [0, "1 file looked at, nothing found\n"])
  write("mine.js", BROKEN)
  assert.deepEqual([call("lint", "--base", "main").exit, call("lint", "--base", "main", "a.js").exit], [1, 0])
  git("checkout", "-q", "-f", "--orphan", "apart")
  git("commit", "-q", "-m", "apart")
  const apart = call("lint", "--base", "main")
  assert.equal(apart.exit, 2)
  assert.match(apart.stderr, /`main` and HEAD have no commit in common\nhint: /)
})

test("before the first commit everything is new", { skip }, (t) => {
  const { call, project: root, write, git } = project(t, {})
  rmSync(join(root, ".git"), { recursive: true })
  git("init", "-q")
  write("a.js", BROKEN)
  assert.equal(call("lint").exit, 1)
})

test("looking changes nothing in the repository and leaves no state behind", { skip }, (t) => {
  const { call, project: root, path, write } = project(t, { "a.js": "export const login = 1\n", "b.js": "export const b = 1\n" })
  write("a.js", "export const login = 2\n")
  const state = () => readdirSync(join(root, ".git")).map((name) => `${name} ${statSync(join(root, ".git", name)).mtimeMs}`)
  const before = [state(), readFileSync(join(root, ".git", "index"), "hex")]
  for (const args of [["lint"], ["lint", "--base", "main"], ["search", "login"], ["status"], ["config", "check"], ["clean"]]) {
    assert.equal(call(...args).exit, 0, args.join(" "))
  }
  assert.deepEqual([state(), readFileSync(join(root, ".git", "index"), "hex")], before)
  assert.ok(!existsSync(join(path, ".local")), "no state folder")
})

test("search and config answer people and programs", { skip }, (t) => {
  const { call, write } = project(t, { "src/login.js": "export function checkPassword(user) { return user }\n" })
  assert.match(call("search", "check", "password").stdout, /^src\/login\.js \(1 line\)/)
  assert.equal(JSON.parse(call("search", "password", "--json").stdout).hits[0].path, "src/login.js")
  write("opencode.toml", "[mission]\nparalel = 2\n")
  const wrong = call("config", "check")
  assert.equal(wrong.exit, 1)
  assert.match(wrong.stderr, /opencode\.toml:2:1: .*paralel[^]*parallel/)
  assert.equal(JSON.parse(call("config", "check", "--json").stdout).ok, false)
  assert.equal(JSON.parse(call("config", "schema").stdout).title, "opencode.toml")
})

test("help lists every command, and what is answered without the core has the options that it says", { skip }, (t) => {
  const { call } = home(t)
  const overview = call("--help")
  assert.equal(overview.exit, 0)
  for (const [name, options] of Object.entries(HERE)) {
    assert.match(overview.stdout, new RegExp(`^  ${name} +\\S`, "m"))
    const { exit, stdout } = call(name, "--help")
    assert.equal(exit, 0, name)
    const told = [...stdout.matchAll(/--([a-z-]+)/g)].map(([, option]) => option).filter((option) => option !== "help")
    assert.deepEqual([...new Set(told)].sort(), Object.keys(options).sort(), name)
  }
  const wrong = call("lint", "--jsno")
  assert.deepEqual([wrong.exit, wrong.stdout], [2, ""])
  assert.match(wrong.stderr, /unexpected argument '--jsno'[^]*'--json'/)
})

test("a mission that does not exist is named", { skip }, (t) => {
  const { call } = home(t)
  assert.deepEqual([call("status").exit, JSON.parse(call("status", "--json").stdout)], [0, { running: null, missions: [] }])
  for (const name of ["status", "stop", "report", "graph", "log"]) {
    const { exit, stderr } = call(name, "m-00000000")
    assert.equal(exit, 2, name)
    assert.match(stderr, /^there is no mission `m-00000000`\nhint: /)
  }
})
