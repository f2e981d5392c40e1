/**
 * `install` followed by `uninstall` leaves every configuration unchanged; a file that cannot be edited safely is
 * refused with its place.
 */
import assert from "node:assert/strict"
import fc from "fast-check"
import {
  chmodSync, existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { main } from "../../bin/program.js"
import { install, uninstall } from "../../bin/install/install.js"
import { folder, home, ROOT } from "./support.mjs"

/** Every file and link below a folder, with its content and mode. */
function snapshot(root) {
  const found = {}
  const look = (path, name) => {
    const stat = lstatSync(path)
    if (stat.isSymbolicLink()) found[name] = `-> ${readlinkSync(path)}`
    else if (stat.isDirectory()) for (const entry of readdirSync(path).sort()) look(join(path, entry), `${name}/${entry}`)
    else found[name] = `${(stat.mode & 0o7777).toString(8)} ${readFileSync(path).toString("latin1")}`
  }
  look(root, "")
  return found
}

/** White space and comments at places where a parser allows them. */
const gap = fc
  .array(fc.constantFrom(" ", "\n", "\n  ", "\t", "\r\n", "// c ]},\n", "/* x, */", "// é 💡\r\n"), { maxLength: 3 })
  .map((parts) => parts.join(""))
const scalar = fc.oneof(fc.constantFrom("1", "null", "true", '"a//b"'), fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => JSON.stringify(text)))
const plugins = fc.array(fc.constantFrom('"p"', '["q", {}]', '"other@1.2.3"', '["./x", { "a": [1, ] }]', "3"), { maxLength: 3 })

/** @param {fc.Arbitrary<string[]>} items */
function bracketed(items, open, close) {
  return fc.tuple(items, fc.array(gap, { minLength: 9, maxLength: 9 }), fc.boolean()).map(([all, gaps, trailing]) => {
    const inner = all.map((item, index) => gaps[index % 8] + item + gaps[(index + 1) % 8]).join(",")
    return open + inner + (trailing && all.length > 0 ? "," : "") + gaps[8] + close
  })
}

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    bracketed(fc.array(tie("value"), { maxLength: 3 }), "[", "]"),
    bracketed(fc.array(tie("value").map((text) => `"k": ${text}`), { maxLength: 3 }), "{", "}"),
  ),
})).value

const property = fc.tuple(fc.constantFrom("$schema", "model", "mcp", "provider", "theme"), gap, value).map(([name, space, text]) => `"${name}"${space}:${text}`)
const configuration = fc
  .tuple(fc.array(property, { maxLength: 4 }), fc.option(bracketed(plugins, "[", "]")), fc.nat(4), gap, gap, fc.boolean())
  .chain(([properties, list, at, before, after, bom]) => {
    const all = list === null ? properties : properties.toSpliced(at % (properties.length + 1), 0, `"plugin": ${list}`)
    return bracketed(fc.constant(all), "{", "}").map((text) => `${bom ? "\uFEFF" : ""}${before}${text}${after}`)
  })

/** Realistic texts without content. */
const odd = fc.constantFrom(
  "", "\n", "\uFEFF", "  \t", "{}", "{ }\r\n", "// only a comment\n", "/* a */ {} // b",
  '{"$schema": "https://opencode.ai/config.json"}', '{\n  "$schema": "https://opencode.ai/config.json"\n}\n',
  '{"plugin":[]}', '{"plugin":[ // none\n]}', '{"plugin":["a"],"plugin":["b"]}', '{"a":1,}\r\n',
)

const where = fc.record({
  name: fc.constantFrom("opencode.json", "opencode.jsonc", "config.json"),
  link: fc.constantFrom("none", "file", "chain", "folder", "hard"),
  mode: fc.constantFrom(0o644, 0o600, 0o664, 0o755),
})

/** Writes a text to its place, behind links. */
function put(root, text, { name, link, mode }) {
  const config = join(root, ".config", "opencode")
  const dotfiles = join(root, "dotfiles", "opencode")
  mkdirSync(dotfiles, { recursive: true })
  mkdirSync(dirname(config), { recursive: true })
  if (link === "folder") symlinkSync("../dotfiles/opencode", config)
  else mkdirSync(config)
  const file = join(config, name)
  const real = link === "none" || link === "folder" ? file : join(dotfiles, name)
  writeFileSync(real, text)
  chmodSync(real, mode)
  if (link === "file") symlinkSync(real, file)
  if (link === "hard") linkSync(real, file)
  if (link === "chain") {
    symlinkSync(`dotfiles/opencode/${name}`, join(root, "between"))
    symlinkSync(join(root, "between"), file)
  }
  return file
}

test("whatever the file, install then uninstall is the identity", (t) => {
  let round = 0
  const base = folder(t)
  const holds = (text, place) => {
    const root = join(base, String((round += 1)))
    const file = put(root, text, place)
    const before = snapshot(root)
    const request = { cwd: root, env: { HOME: root } }
    const [step] = install(request)
    assert.equal(step.action, "added")
    assert.equal(lstatSync(file).isSymbolicLink(), place.link === "file" || place.link === "chain", "a link stays one")
    assert.equal(statSync(file).mode & 0o777, place.mode)
    const between = snapshot(root)
    assert.deepEqual(install(request).map(({ action }) => action), ["unchanged", "unchanged"])
    assert.deepEqual(snapshot(root), between, "a second time changes nothing")
    uninstall(request)
    assert.deepEqual(snapshot(root), before)
    assert.ok(!existsSync(join(root, ".local", "share", "opencode-orchestrator")), "nothing is left in the state directory")
  }
  fc.assert(fc.property(fc.oneof({ arbitrary: configuration, weight: 9 }, odd), where, holds), { numRuns: 150 })
})

test("what the user changes between the two stays, and nothing else does", (t) => {
  let round = 0
  const base = folder(t)
  const holds = (text) => {
    const root = join(base, String((round += 1)))
    const file = put(root, text, { name: "opencode.json", link: "none", mode: 0o644 })
    const request = { cwd: root, env: { HOME: root } }
    install(request)
    const installed = readFileSync(file, "utf8")
    writeFileSync(file, `${installed}// mine\n`)
    uninstall(request)
    const left = readFileSync(file, "utf8")
    assert.ok(left.endsWith("// mine\n"))
    assert.ok(!left.includes(JSON.stringify(ROOT)))
    // Everything except white space and commas is unchanged
    const essence = (of) => of.replace(/[\s,]/g, "")
    assert.equal(essence(left.slice(0, -"// mine\n".length)), essence(text))
  }
  fc.assert(fc.property(configuration, holds), { numRuns: 60 })
})

test("a link that leads to no file yet stays a link, and no file is left behind it", (t) => {
  const { path, config } = home(t, { x: "" })
  symlinkSync(join(path, "a"), join(config, "opencode.json"))
  symlinkSync("later/deep/opencode.json", join(path, "a"))
  const before = snapshot(path)
  const request = { cwd: path, env: { HOME: path } }
  assert.equal(install(request)[0].action, "created")
  assert.deepEqual(JSON.parse(readFileSync(join(path, "later/deep/opencode.json"), "utf8")).plugin, [ROOT])
  uninstall(request)
  assert.deepEqual(snapshot(path), before)
  assert.ok(!existsSync(join(path, "later")), "folders that were made for it are gone")
})

test("without a configuration one is made, with its folder, and both are gone afterwards", (t) => {
  const { path } = home(t)
  const request = { cwd: path, env: { HOME: path } }
  install(request)
  uninstall(request)
  assert.ok(!existsSync(join(path, ".config")))
})

test("the one backup lies in the state directory, for its owner's eyes only", (t) => {
  const { path, config, call, list } = home(t, { "opencode.json": '{"provider": {"x": {"options": {"apiKey": "sk-secret"}}}}' })
  call("install")
  call("install", "--spec", "./elsewhere")
  assert.deepEqual(list(), ["opencode.json"], "nothing lies beside the configuration")
  const state = join(path, ".local", "share", "opencode-orchestrator", "installed")
  const records = readdirSync(state)
  assert.equal(records.length, 1)
  assert.equal(statSync(join(state, records[0])).mode & 0o777, 0o600)
  assert.equal(statSync(state).mode & 0o777, 0o700)
  call("uninstall")
  assert.equal(readFileSync(join(config, "opencode.json"), "utf8"), '{"provider": {"x": {"options": {"apiKey": "sk-secret"}}}}')
  assert.ok(!existsSync(state))
})

test("a copy that is not needed any more does not stay: the entry was taken out by hand, or could not be written", (t) => {
  const { path, config, call } = home(t, { "opencode.json": '{"key": "sk-secret"}' })
  const state = join(path, ".local", "share", "opencode-orchestrator")
  call("install")
  writeFileSync(join(config, "opencode.json"), '{"key": "sk-other"}')
  assert.match(call("uninstall").stdout, /nothing to do/)
  assert.ok(!existsSync(state))
  if (process.getuid?.() === 0) return // Root may write everywhere
  chmodSync(config, 0o500)
  t.after(() => chmodSync(config, 0o700))
  assert.match(call("install").stderr, /cannot write .*; nothing was changed/)
  assert.ok(!existsSync(state))
})

test("a read-only file is refused, and then nothing is changed at all", (t) => {
  for (const command of ["install", "uninstall"]) {
    const { path, config, call } = home(t, { "opencode.jsonc": `{ "plugin": ["a"${command === "uninstall" ? `, ${JSON.stringify(ROOT)}` : ""}] }` })
    chmodSync(join(config, "opencode.jsonc"), 0o444)
    const before = snapshot(path)
    const { exit, stderr } = call(command)
    assert.equal(exit, 1)
    assert.match(stderr, /opencode\.jsonc is read-only; nothing was changed\nhint: make it writable/)
    assert.deepEqual(snapshot(path), before)
  }
})

test("what cannot be edited safely is refused with line and column", (t) => {
  const cases = [
    ['{\n  "plugin": "x"\n}', /line 2, column 13: `plugin` is a string where OpenCode expects a list/],
    ['{\n  "plugin": [\n', /line 3, column 1: not valid JSONC/],
    ["[]", /line 1, column 1: expected an object, found an array/],
    ['{\r\n  "a": 1\r\n  "b": 2 }', /line 3, column 3: not valid JSONC/],
    [Buffer.from('{\n  "é": "\xff"\n}', "latin1"), /line 2, column 4: not UTF-8/],
  ]
  for (const [text, message] of cases) {
    const { path, config, call } = home(t, { "opencode.json": "" })
    writeFileSync(join(config, "opencode.json"), text)
    const before = snapshot(path)
    const { exit, stderr } = call("install")
    assert.equal(exit, 1)
    assert.match(stderr, message)
    assert.match(stderr, /nothing was changed\nhint: /)
    assert.deepEqual(snapshot(path), before)
  }
})

test("tui.json and tui.jsonc are known, and a project's .opencode too", (t) => {
  const entry = JSON.stringify(ROOT)
  const { path, config, project, call } = home(t, { "tui.json": `{"plugin": [${entry}]}`, "tui.jsonc": `{"plugin": ["a", ${entry}] /* b */}` })
  call("uninstall")
  assert.equal(readFileSync(join(config, "tui.json"), "utf8"), '{"plugin": []}')
  assert.equal(readFileSync(join(config, "tui.jsonc"), "utf8"), '{"plugin": ["a"] /* b */}')

  mkdirSync(join(project, ".git"))
  mkdirSync(join(project, ".opencode"))
  writeFileSync(join(project, ".opencode", "opencode.jsonc"), "{ /* ours */ }\n")
  const before = snapshot(path)
  const answer = JSON.parse(call("install", "--project", "--json").stdout)
  assert.equal(answer.steps[0].file, join(project, ".opencode", "opencode.jsonc"))
  assert.match(answer.notices[0].message, /is a folder of this machine, and .* belongs to the project/)
  call("uninstall", "--project")
  const after = snapshot(path)
  assert.deepEqual(after, before)
})

/** A realistic configuration: known keys, comments in the places of examples, one style throughout. */
const shaped = fc
  .record({
    eol: fc.constantFrom("\n", "\n", "\n", "\r\n"),
    unit: fc.constantFrom("  ", "  ", "\t", "    "),
    bom: fc.constantFrom("", "", "", "\uFEFF"),
    head: fc.constantFrom("", "", "// OpenCode, shared over my machines\n", "/*\n * managed by stow\n */\n"),
    parts: fc.shuffledSubarray([
      '"$schema": "https://opencode.ai/config.json"',
      '"model": "anthropic/some-model"',
      '"theme": "tokyonight", // the dark one',
      '"provider": {\n~"local": {\n~~"npm": "@ai-sdk/openai-compatible",\n~~"options": { "baseURL": "http://127.0.0.1:1234/v1", "apiKey": "{env:KEY}" }\n~}\n}',
      '"mcp": {\n~// "off": {},\n~"files": { "type": "local", "command": ["npx", "-y", "x"], "enabled": false, },\n}',
      '"permission": { "bash": { "git push*": "ask", "*": "allow" } }',
      '"plugin": [\n~"opencode-skills@1.0.0",\n~// "old-plugin",\n~["./mine.js", { "deep": { "list": [1, 2] } }],\n]',
      '"plugin": ["a", "b"]',
      '"keybinds": { "leader": "ctrl+x" }',
      '"agent": {\n~"reviewer": { "prompt": "{file:./p.md}", "tools": { "write": false } }\n}',
    ]),
    trailing: fc.boolean(),
    end: fc.constantFrom("\n", "", "\n\n", "\n// vim: ft=jsonc\n"),
    folder: fc.constantFrom("user", "user", "project", ".opencode"),
  })
  .map(({ eol, unit, bom, head, parts, trailing, end, folder }) => {
    const lines = parts.map((part) => {
      const [, code, comment = ""] = /^(.*?),?( \/\/.*)?$/s.exec(part)
      return { code: code.replaceAll("~", unit).replaceAll("\n", `\n${unit}`), comment }
    })
    const inner = lines.map(({ code, comment }, at) => unit + code + (at < lines.length - 1 || trailing ? "," : "") + comment).join("\n")
    const text = bom + `${head}{\n${inner}${lines.length > 0 ? "\n" : ""}}${end}`.replaceAll("\n", eol)
    return { text, folder }
  })

test("200 configurations as people have them, through the commands themselves", async (t) => {
  const base = folder(t)
  const [cwd, HOME, DATA] = [process.cwd(), process.env.HOME, process.env.XDG_DATA_HOME]
  t.after(() => {
    process.chdir(cwd)
    process.env.HOME = HOME
    if (DATA !== undefined) process.env.XDG_DATA_HOME = DATA
  })
  delete process.env.XDG_DATA_HOME
  delete process.env.XDG_CONFIG_HOME
  let round = 0
  for (const { text, folder: where } of fc.sample(shaped, { numRuns: 200, seed: 16 })) {
    const root = join(base, String((round += 1)))
    const project = join(root, "project")
    mkdirSync(join(project, ".git"), { recursive: true })
    const at = { user: join(root, ".config", "opencode"), project, ".opencode": join(project, ".opencode") }[where]
    mkdirSync(at, { recursive: true })
    writeFileSync(join(at, round % 2 ? "opencode.json" : "opencode.jsonc"), text)
    const before = snapshot(root)
    process.env.HOME = root
    process.chdir(project)
    const options = where === "user" ? ["--json"] : ["--json", "--project"]
    const installed = JSON.parse((await main(["install", ...options])).stdout)
    const added = installed.steps.map(({ action }) => action)
    assert.ok(added.length === 2 && added[0] === "added" && ["added", "created"].includes(added[1]), text)
    assert.ok(readFileSync(installed.steps[0].file, "utf8").includes(JSON.stringify(ROOT)), text)
    const removed = JSON.parse((await main(["uninstall", ...options])).stdout)
    assert.ok(removed.steps.every(({ action }) => ["restored", "deleted"].includes(action)), text)
    assert.deepEqual(snapshot(root), before)
  }
})
