/** Install and uninstall: what they change in a user's configuration, and what they leave unchanged. */
import assert from "node:assert/strict"
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { install, uninstall } from "../../bin/install/install.js"
import { recognise, specToWrite } from "../../bin/install/spec.js"
import { howToInstall } from "../../plugin/identity.js"
import { loadNative } from "../../plugin/native.js"
import { folder, home, ROOT } from "./support.mjs"

const read = (...parts) => readFileSync(join(...parts), "utf8")
const steps = (answer) => JSON.parse(answer.stdout).steps.map(({ action }) => action)

const USER = `\uFEFF// my settings
{
  "$schema": "https://opencode.ai/config.json",
  "model": "a/b", // the good one
  /* plugins */
  "plugin": [
    "other-plugin@1.2.3", // keep
    ["tuple-plugin", { "x": [1, 2,], }],
  ],
}
`

test("install adds one entry and keeps the rest; uninstall gives back the first bytes", (t) => {
  const { config, call, list } = home(t, { "opencode.jsonc": USER })
  const first = call("install")
  assert.equal(first.exit, 0, first.stderr)
  assert.match(first.stdout, /added `.*`.*as it was: .*\nrestart OpenCode/)
  const installed = read(config, "opencode.jsonc")
  assert.equal(installed, USER.replace("}],\n", `}],\n    ${JSON.stringify(ROOT)},\n`))

  assert.deepEqual(steps(call("install", "--json")), ["unchanged"])
  assert.equal(read(config, "opencode.jsonc"), installed)
  assert.deepEqual(list(), ["opencode.jsonc"])

  assert.deepEqual(steps(call("uninstall", "--json")), ["restored"])
  assert.equal(read(config, "opencode.jsonc"), USER)
  assert.match(call("uninstall").stdout, /nothing to do/)
})

test("what the user added after the installation survives uninstalling", (t) => {
  const { config, call } = home(t, { "opencode.json": '{\n  "a": 1\n}\n' })
  call("install")
  const file = join(config, "opencode.json")
  writeFileSync(file, read(file).replace('"a": 1', '"a": 2'))
  assert.deepEqual(steps(call("uninstall", "--json")), ["removed"])
  assert.equal(read(file), '{\n  "a": 2\n}\n', "the list was ours and goes too")

  writeFileSync(file, `{\n  "plugin": ["x", ${JSON.stringify(ROOT)}]\n}\n`)
  call("uninstall")
  assert.equal(read(file), '{\n  "plugin": ["x"]\n}\n')
})

test("a list that the user had stays, even empty", (t) => {
  const { config, call } = home(t, { "opencode.json": `{"b": 1, "plugin": [${JSON.stringify(ROOT)}]}` })
  call("uninstall")
  assert.equal(read(config, "opencode.json"), '{"b": 1, "plugin": []}')
})

test("without a configuration one is made, and is gone after uninstalling", (t) => {
  const { config, call, list } = home(t)
  assert.deepEqual(steps(call("install", "--json")), ["created"])
  assert.deepEqual(JSON.parse(read(config, "opencode.json")), { $schema: "https://opencode.ai/config.json", plugin: [ROOT] })
  assert.deepEqual(list(), ["opencode.json"])
  assert.deepEqual(steps(call("uninstall", "--json")), ["deleted"])
  assert.ok(!existsSync(config))
})

/** A package in the place where OpenCode's installer would put it. */
function cached(path, spec, manifest) {
  const at = join(path, ".cache", "opencode", "packages", spec, "node_modules", manifest.name)
  mkdirSync(at, { recursive: true })
  writeFileSync(join(at, "package.json"), JSON.stringify(manifest))
}
const OURS = JSON.parse(read(ROOT, "package.json"))
const STRANGER = { name: "opencode-orchestrator", version: "1.7.22" }

test("every form of an entry that is ours counts as installed", (t) => {
  const named = [OURS.name, `${OURS.name}@9.9.9`, `${OURS.name}@latest`]
  for (const spec of [...named, ROOT, join(ROOT, "index.js"), `file://${ROOT}`]) {
    for (const entry of [spec, [spec, { mission: { parallel: 2 } }]]) {
      const text = JSON.stringify({ plugin: ["x", entry] })
      const { path, config, call } = home(t, { "config.json": text })
      if (named.includes(spec)) cached(path, spec === OURS.name ? `${spec}@latest` : spec, OURS)
      assert.deepEqual(steps(call("install", "--json")), ["unchanged"], spec)
      assert.equal(read(config, "config.json"), text)
      call("uninstall")
      assert.equal(read(config, "config.json"), '{"plugin":["x"]}')
    }
  }
})

test("a name proves nothing: another publisher's package of our name is kept, and said", (t) => {
  const spec = "opencode-orchestrator@1.7.22"
  const text = JSON.stringify({ plugin: [spec] })
  const { path, config, call } = home(t, { "opencode.json": text })
  cached(path, spec, STRANGER)
  const first = call("install")
  assert.match(first.stdout, /warning: `opencode-orchestrator@1\.7\.22` in .*opencode\.json is another publisher's plugin, and both define `\/task`/)
  assert.match(first.stdout, /hint: remove `opencode-orchestrator@1\.7\.22` .* or rename our command: `\[command\] name = "mission"`/)
  assert.deepEqual(JSON.parse(read(config, "opencode.json")).plugin, [spec, ROOT])
  const checks = JSON.parse(call("doctor", "--json").stdout).checks
  assert.equal(checks.find(({ name }) => name === "conflict").status, "fail")
  call("uninstall")
  assert.equal(read(config, "opencode.json"), text)
  assert.match(call("uninstall").stdout, /nothing to do/)
})

test("a name that cannot be looked up is left alone, and said", (t) => {
  const text = '{"plugin": ["opencode-orchestrator"]}'
  const { config, call } = home(t, { "opencode.json": text })
  assert.match(call("uninstall").stdout, /nothing to do/)
  assert.match(call("install").stdout, /warning: `opencode-orchestrator` in .* is not installed, so whose plugin it is cannot be told/)
  call("uninstall")
  assert.equal(read(config, "opencode.json"), text)
})

test("no text that is printed leads to a package of a name that is not ours", (t) => {
  const { call } = home(t)
  const texts = [call("install"), call("doctor"), call("--help"), call("uninstall")].map(({ stdout, stderr }) => stdout + stderr)
  const { problem } = loadNative({ root: ROOT, platform: "linux", arch: "x64", env: { OPENCODE_ORCHESTRATOR_NATIVE: "/no/such.node" } })
  for (const text of [...texts, problem, howToInstall()]) assert.doesNotMatch(text, /npm (i|install|exec)\b.*opencode-orchestrator|npx .*opencode-orchestrator/)
  assert.match(howToInstall({ ...OURS, name: "@me/missions", published: true }), /npm install --global --include=optional @me\/missions@/)
})

test("what only looks like ours is somebody else's", (t) => {
  const other = folder(t)
  writeFileSync(join(other, "package.json"), '{"name": "other"}')
  const where = { directory: other, env: { HOME: other } }
  for (const spec of ["opencode-orchestrator-extra", "@me/opencode-orchestrator", "x/opencode-orchestrator", other, ".", ""]) {
    assert.equal(recognise(spec, where), undefined, spec)
  }
  assert.equal(recognise("./node_modules/opencode-orchestrator", where), "unknown")
  assert.equal(recognise("./gone", { ...where, written: "./gone" }), "dead")
})

test("an entry that was written and has gone since is replaced, and its options are kept", (t) => {
  const { path, config, call } = home(t, { "opencode.json": '{"plugin": []}' })
  const old = join(path, "old")
  call("install", "--spec", old)
  const file = join(config, "opencode.json")
  writeFileSync(file, `{"plugin": [[${JSON.stringify(old)}, {"a": 1}]]}`)
  assert.deepEqual(steps(call("install", "--json")), ["replaced"])
  assert.equal(read(file), `{"plugin": [[${JSON.stringify(ROOT)}, {"a": 1}]]}`)
  call("uninstall")
  assert.equal(read(file), '{"plugin": []}')
})

test("--spec writes another entry, also in the place of an older one", (t) => {
  const { config, call } = home(t)
  call("install", "--spec", "opencode-orchestrator@1.0.0")
  assert.deepEqual(JSON.parse(read(config, "opencode.json")).plugin, ["opencode-orchestrator@1.0.0"])
  call("install", "--spec=opencode-orchestrator@2.0.0")
  assert.deepEqual(JSON.parse(read(config, "opencode.json")).plugin, ["opencode-orchestrator@2.0.0"])
})

test("where another entry of ours is there, it stays, and how to replace it is said", (t) => {
  const { call } = home(t, { "opencode.json": `{"plugin": ["file://${ROOT}"]}` })
  assert.ok(call("install").stdout.includes(`hint: to use \`${ROOT}\` instead, run \`opencode-orchestrator install --spec ${ROOT}\``))
  assert.equal(call("install", "--spec", ROOT).exit, 0)
  assert.doesNotMatch(call("install").stdout, /hint/)
})

test("without a command, the program says what to do first until that is done", (t) => {
  const { call } = home(t)
  assert.match(call().stderr, /not registered in OpenCode yet\nhint: run `opencode-orchestrator install`\n$/)
  call("install")
  assert.doesNotMatch(call().stderr, /not registered/)
})

test("--dry-run changes nothing", (t) => {
  const { call, config, list } = home(t, { "opencode.json": "{}" })
  assert.match(call("install", "--dry-run").stdout, /would add/)
  assert.equal(read(config, "opencode.json"), "{}")
  assert.deepEqual(list(), ["opencode.json"])
})

test("a broken configuration is refused with its place, and not touched", (t) => {
  for (const command of ["install", "uninstall"]) {
    const { call, config, list } = home(t, { "opencode.jsonc": '{\n  "a": 1\n  "b": 2\n}\n' })
    const { exit, stderr } = call(command)
    assert.equal(exit, 1)
    assert.match(stderr, /opencode\.jsonc: line 3, column 3: .*nothing was changed\nhint: /)
    assert.equal(read(config, "opencode.jsonc"), '{\n  "a": 1\n  "b": 2\n}\n')
    assert.deepEqual(list(), ["opencode.jsonc"])
  }
})

test("bytes that are not UTF-8 and folders in the way are refused", (t) => {
  const { call, config } = home(t, { "opencode.json": "" })
  writeFileSync(join(config, "opencode.json"), Buffer.from([0x7b, 0xff, 0x7d]))
  assert.match(call("install").stderr, /line 1, column 2: not UTF-8; nothing was changed/)
  rmSync(join(config, "opencode.json"))
  mkdirSync(join(config, "opencode.json"))
  assert.match(call("install").stderr, /is not a regular file; nothing was changed/)
})

test("mode and symbolic links are kept", (t) => {
  const { call, config, path } = home(t, { "x": "" })
  const dotfiles = join(path, "dotfiles")
  mkdirSync(dotfiles)
  const real = join(dotfiles, "opencode.json")
  writeFileSync(real, '{"a": 1}')
  chmodSync(real, 0o600)
  symlinkSync(real, join(config, "opencode.json"))
  assert.deepEqual(steps(call("install", "--json")), ["added"])
  assert.ok(lstatSync(join(config, "opencode.json")).isSymbolicLink())
  assert.equal(statSync(real).mode & 0o777, 0o600)
  assert.deepEqual(JSON.parse(read(real)).plugin, [ROOT])
  call("uninstall")
  assert.equal(read(real), '{"a": 1}')
  assert.equal(statSync(real).mode & 0o777, 0o600)
})

test("an entry in one file is found, though another would be edited first", (t) => {
  const { call, config } = home(t, { "opencode.json": `{"plugin": [${JSON.stringify(ROOT)}]}`, "opencode.jsonc": "{}" })
  assert.deepEqual(steps(call("install", "--json")), ["unchanged"])
  assert.equal(read(config, "opencode.jsonc"), "{}")
})

test("--project edits the project's own file and never makes .opencode", (t) => {
  const { call, path, project } = home(t)
  mkdirSync(join(project, ".git"))
  mkdirSync(join(project, "deep"))
  assert.equal(call("install", "--project").exit, 0)
  assert.deepEqual(JSON.parse(read(project, "opencode.json")).plugin, [ROOT])
  assert.equal(statSync(join(project, ".opencode"), { throwIfNoEntry: false }), undefined)
  const steps = uninstall({ cwd: join(project, "deep"), env: { HOME: path }, project: true })
  assert.deepEqual(steps.map(({ action }) => action), ["deleted"], "found from a folder below")
})

test("--config names the folder", (t) => {
  const directory = folder(t)
  const [step] = install({ cwd: directory, env: {}, config: directory })
  assert.equal(step.file, join(directory, "opencode.json"))
})

test("the entry is a path, relative inside a project, and the package only where the path would pass away", () => {
  assert.equal(specToWrite(), ROOT)
  assert.equal(specToWrite("/p", "/p/node_modules/opencode-orchestrator"), "./node_modules/opencode-orchestrator")
  assert.equal(specToWrite("/p/q", "/p/node_modules/opencode-orchestrator"), "/p/node_modules/opencode-orchestrator")
  for (const cache of ["/h/.npm/_npx/1a/node_modules/x", "/h/pnpm/dlx-12/node_modules/x", "/tmp/bunx-0-x/node_modules/x"]) {
    // The public registry does not have our package under this name yet
    assert.throws(() => specToWrite(undefined, cache), /will be deleted, and this build is on no public registry/)
  }
})

test("the board is registered beside the plugin, and both go again", (t) => {
  const { config, call, list } = home(t, { "tui.json": '{ "theme": "x" } // mine\n' })
  assert.deepEqual(steps(call("install", "--board", "--json")), ["created", "added"])
  assert.deepEqual(list(), ["opencode.json", "tui.json"])
  assert.match(read(config, "tui.json"), /"plugin": \[/)
  call("uninstall")
  assert.deepEqual(list(), ["tui.json"])
  assert.equal(read(config, "tui.json"), '{ "theme": "x" } // mine\n')
})
