import assert from "node:assert/strict"
import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { install, uninstall } from "../../bin/install/install.js"
import { recognise, specToWrite } from "../../bin/install/spec.js"
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

test("install adds one entry, keeps the rest and a backup; uninstall gives back the first bytes", (t) => {
  const { config, call, list } = home(t, { "opencode.jsonc": USER })
  const first = call("install")
  assert.equal(first.exit, 0, first.stderr)
  assert.match(first.stdout, /added `.*`.*backup: .*\nrestart OpenCode/)
  const installed = read(config, "opencode.jsonc")
  assert.equal(installed, USER.replace("}],\n", `}],\n    ${JSON.stringify(ROOT)},\n`))
  const [backup] = list().filter((name) => name.includes("backup"))
  assert.equal(read(config, backup), USER)

  assert.deepEqual(steps(call("install", "--json")), ["unchanged"])
  assert.equal(read(config, "opencode.jsonc"), installed)
  assert.equal(list().length, 2)

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
  const { config, call } = home(t, { "opencode.json": `{"b": 1, "plugin": ["opencode-orchestrator@0.0.1"]}` })
  call("uninstall")
  assert.equal(read(config, "opencode.json"), '{"b": 1, "plugin": []}')
})

test("without a configuration one is made, and is gone after uninstalling", (t) => {
  const { config, call, list } = home(t)
  assert.deepEqual(steps(call("install", "--json")), ["created"])
  assert.deepEqual(JSON.parse(read(config, "opencode.json")), { $schema: "https://opencode.ai/config.json", plugin: [ROOT] })
  assert.deepEqual(steps(call("uninstall", "--json")), ["deleted"])
  assert.deepEqual(list(), [])
})

test("every form of an entry that is ours counts as installed", (t) => {
  const forms = [
    "opencode-orchestrator",
    "opencode-orchestrator@9.9.9",
    "opencode-orchestrator@latest",
    ROOT,
    join(ROOT, "index.js"),
    `file://${ROOT}`,
  ]
  for (const spec of forms.filter((form) => form !== join(ROOT, "index.js") || statSync(form, { throwIfNoEntry: false }))) {
    for (const entry of [spec, [spec, { mission: { parallel: 2 } }]]) {
      const text = JSON.stringify({ plugin: ["x", entry] })
      const { config, call } = home(t, { "config.json": text })
      assert.deepEqual(steps(call("install", "--json")), ["unchanged"], spec)
      assert.equal(read(config, "config.json"), text)
      call("uninstall")
      assert.equal(read(config, "config.json"), '{"plugin":["x"]}')
    }
  }
})

test("names that only look like ours are somebody else's", (t) => {
  const other = folder(t)
  writeFileSync(join(other, "package.json"), '{"name": "other"}')
  for (const spec of ["opencode-orchestrator-extra", "@me/opencode-orchestrator", "x/opencode-orchestrator", other, ".", ""]) {
    assert.equal(recognise(spec, other), undefined, spec)
  }
  assert.equal(recognise("./node_modules/opencode-orchestrator", other), "dead")
})

test("an entry that does not exist is replaced, and its options are kept", (t) => {
  const { config, call } = home(t, { "opencode.json": '{"plugin": [["/gone/opencode-orchestrator", {"a": 1}]]}' })
  assert.deepEqual(steps(call("install", "--json")), ["replaced"])
  assert.equal(read(config, "opencode.json"), `{"plugin": [[${JSON.stringify(ROOT)}, {"a": 1}]]}`)
})

test("--spec writes another entry, also in the place of an older one", (t) => {
  const { config, call } = home(t)
  call("install", "--spec", "opencode-orchestrator@1.0.0")
  assert.deepEqual(JSON.parse(read(config, "opencode.json")).plugin, ["opencode-orchestrator@1.0.0"])
  call("install", "--spec=opencode-orchestrator@2.0.0")
  assert.deepEqual(JSON.parse(read(config, "opencode.json")).plugin, ["opencode-orchestrator@2.0.0"])
})

test("where another entry of ours is there, it stays, and how to replace it is said", (t) => {
  const { call } = home(t, { "opencode.json": '{"plugin": ["opencode-orchestrator"]}' })
  assert.ok(call("install").stdout.includes(`hint: to use \`${ROOT}\` instead, run \`opencode-orchestrator install --spec ${ROOT}\``))
  assert.equal(call("install", "--spec", ROOT).exit, 0)
  assert.doesNotMatch(call("install").stdout, /hint/)
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
  assert.match(call("install").stderr, /is not UTF-8; nothing was changed/)
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

test("a link that leads to no file yet is followed", (t) => {
  const { call, config, path } = home(t, { "x": "" })
  symlinkSync(join(path, "later.json"), join(config, "opencode.json"))
  assert.equal(call("install").exit, 0)
  assert.deepEqual(JSON.parse(read(path, "later.json")).plugin, [ROOT])
  assert.ok(lstatSync(join(config, "opencode.json")).isSymbolicLink())
})

test("an older backup with other content is never overwritten", (t) => {
  const { call, config, list } = home(t, { "opencode.json": "{}" })
  call("install")
  const [name] = list().filter((entry) => entry.includes("backup"))
  writeFileSync(join(config, name), "mine")
  writeFileSync(join(config, "opencode.json"), "{}")
  call("install")
  assert.equal(read(config, name), "mine")
  assert.equal(list().filter((entry) => entry.includes("backup")).length, 2)
})

test("an entry in one file is found, though another would be edited first", (t) => {
  const { call, config } = home(t, { "opencode.json": '{"plugin": ["opencode-orchestrator"]}', "opencode.jsonc": "{}" })
  assert.deepEqual(steps(call("install", "--json")), ["unchanged"])
  assert.equal(read(config, "opencode.jsonc"), "{}")
})

test("--project edits the project's own file and never makes .opencode", (t) => {
  const { call, project } = home(t)
  mkdirSync(join(project, ".git"))
  mkdirSync(join(project, "deep"))
  assert.equal(call("install", "--project").exit, 0)
  assert.deepEqual(JSON.parse(read(project, "opencode.json")).plugin, [ROOT])
  assert.equal(statSync(join(project, ".opencode"), { throwIfNoEntry: false }), undefined)
  const steps = uninstall({ cwd: join(project, "deep"), env: {}, project: true })
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
  const { version } = JSON.parse(read(ROOT, "package.json"))
  for (const cache of ["/h/.npm/_npx/1a/node_modules/x", "/h/pnpm/dlx-12/node_modules/x", "/tmp/bunx-0-x/node_modules/x"]) {
    assert.equal(specToWrite(undefined, cache), `opencode-orchestrator@${version}`)
  }
})
