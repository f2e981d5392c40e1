/** Bad and unusual input: a clear sentence, no loss, no half-written file. */
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { changes, scene } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, onlyRoles, printed, project, task } from "./fixtures.mjs"

scene(
  "words that start nothing: an empty objective, one of 100 KB, `stop it`, an unknown id",
  { skip: noPlugin, files: project() },
  async (world) => {
    const before = world.picture()
    const { client } = await world.serve()
    /** @param {string} text */
    const answer = async (text) => {
      const session = await client.session()
      return (await client.command(session, "task", text)).parts.map((/** @type {any} */ part) => part.text ?? "").join("")
    }
    assert.match(await answer(""), /\/task/)
    assert.match(await answer("x".repeat(100 * 1024)), /bytes|long/)
    assert.match(await answer("stop it"), /\/task stop/)
    assert.match(await answer("resume m-zzzzzzzz"), /m-zzzzzzzz/)
    assert.match(await answer("status"), /no mission/i)
    assert.equal(world.missions().length, 0)
    onlyRoles(world)
    assert.deepEqual(changes(before, world.picture()), [])
  },
)

scene(
  "an objective arrives as it was typed: $$, $1, @files and !`commands` mean nothing in it",
  { skip: noPlugin, files: project(), scenario: modules(["one"]) },
  async (world) => {
    const before = world.picture()
    const objective = "say $$5, $1, $ARGUMENTS & @package.json, @build too, and !`touch ran.txt` never"
    const { client } = await world.serve()
    await client.command(await client.session(), "task", objective)
    assert.equal(world.facts("mission_started")[0].objective, objective)
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js"], "no command of it was run")
  },
)

const NAMES = ["src/with space.js", 'src/quote"d.js', "src/naïve-ü.js", "src/new\nline.js", "src/-dash.js", "src/日本.js"]

scene(
  "file names with spaces, quotes, newlines and other letters",
  {
    skip: noPlugin,
    files: project(Object.fromEntries(NAMES.map((name) => [name.replace("src/", "src/old "), constant("OLD", 1)]))),
    scenario: {
      plan: { tasks: [task("names", NAMES)] },
      work: { names: Object.fromEntries(NAMES.map((name) => [name, constant("NAMED", 1)])) },
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add the files")
    assert.equal(result.code, 0, printed(result))
    assert.deepEqual(changes(before, world.picture()).sort(), NAMES.map((name) => `+ ${name}`).sort())
    ended(world, "done")
  },
)

scene(
  "invalid UTF-8, a binary file, CRLF and a missing newline at the end stay byte for byte",
  {
    skip: noPlugin,
    files: project({
      "src/latin1.txt": Buffer.from([0x66, 0xfc, 0xff, 0x0a]),
      "src/image.bin": Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256)),
      "src/crlf.js": "export const A = 1;\r\nexport const B = 1;\r\n",
      "src/bare.js": "export const BARE = 1;",
    }),
    scenario: {
      plan: { tasks: [task("one", ["src/one.js", "src/crlf.js"])] },
      work: { one: { "src/one.js": constant("ONE", 1), "src/crlf.js": [["B = 1", "B = 2"]] } },
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    assert.deepEqual(changes(before, world.picture()), ["~ src/crlf.js", "+ src/one.js"])
    assert.equal(world.read("src/crlf.js"), "export const A = 1;\r\nexport const B = 2;\r\n")
    ended(world, "done")
  },
)

scene(
  "a symlink that leaves the project is no way out of it",
  {
    skip: noPlugin,
    files: project({ outside: { link: ".." }, "inside.js": { link: "src/metre.js" } }),
    scenario: {
      ...modules(["one"]),
      answers: [{ role: "coder", turns: [{ write: { "outside/escaped.js": "out" } }, { use: "default" }] }],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    assert.equal(existsSync(join(world.root, "escaped.js")), false)
    assert.equal(world.exists("src/one.js"), true)
  },
)

scene(
  "a link inside the project is followed: what is edited by one name is delivered under the other",
  {
    skip: noPlugin,
    files: project({ "NOTES.md": "one\n", "THOUGHTS.md": { link: "NOTES.md" } }),
    scenario: { plan: { tasks: [task("notes", ["THOUGHTS.md"])] }, work: { notes: { "THOUGHTS.md": [["one", "two"]] } } },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Change the notes")
    assert.deepEqual(changes(before, world.picture()), ["~ NOTES.md"], printed(result))
    ended(world, "done")
  },
)

scene(
  "reading and writing by absolute path, through links and into OpenCode's configuration, is refused",
  {
    skip: noPlugin,
    files: project({
      "package.json": `${JSON.stringify({ name: "links", type: "module", scripts: { test: "node test/metre.test.js" } })}\n`,
      out: { link: "/etc" },
      "packages/app/a.js": constant("A", 1),
    }),
    scenario: {
      ...modules(["one"]),
      answers: [
        {
          role: "coder",
          turns: [
            {
              calls: [
                { tool: "read", args: { filePath: "{{cwd}}/out/hostname" } },
                { tool: "read", args: { filePath: "{{cwd}}/../../project" } },
                { tool: "write", args: { filePath: "{{cwd}}/packages/app/.opencode/plugin/x.js", content: "evil" } },
                { tool: "write", args: { filePath: "packages/app/opencode.json", content: "{}" } },
              ],
            },
            { use: "default" },
          ],
        },
      ],
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add one")
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js"], printed(result))
    const second = world.model.roleRequests.find((request) => request.role === "coder" && request.turn === 1)
    const answers = second?.body.messages.filter((/** @type {any} */ message) => message.role === "tool") ?? []
    assert.equal(answers.length, 4)
    for (const answer of answers) assert.match(JSON.stringify(answer.content), /refused/)
  },
)

scene(
  "a state directory that cannot be made: one clear sentence, and nothing changed",
  { skip: noPlugin, files: project(), scenario: modules(["one"]) },
  async (world) => {
    const before = world.picture()
    // A file in the folder's place also stops a superuser.
    writeFileSync(join(world.data, "opencode-orchestrator"), "")
    const result = await world.task("Add one")
    assert.match(printed(result), /opencode-orchestrator/)
    assert.equal(world.model.roleRequests.length, 0)
    assert.deepEqual(changes(before, world.picture()), [])
  },
)

scene(
  "git that is missing: one clear sentence, and nothing changed",
  { skip: noPlugin, files: project(), scenario: modules(["one"]) },
  async (world) => {
    const before = world.picture()
    const empty = join(world.root, "empty-path")
    mkdirSync(empty)
    chmodSync(empty, 0o755)
    const result = await world.task("Add one", { env: { PATH: empty } })
    assert.match(printed(result), /git/i)
    assert.deepEqual(changes(before, world.picture()), [])
  },
)

scene(
  "an opencode.toml with a mistake: file, line and the nearest key, and nothing is started",
  { skip: noPlugin, files: project(), scenario: modules(["one"]), toml: "[mission]\nparalel = 2\n" },
  async (world) => {
    const result = await world.task("Add one")
    assert.match(printed(result), /opencode\.toml:2/)
    assert.match(printed(result), /parallel/)
    assert.equal(world.model.roleRequests.length, 0)
  },
)

scene(
  "options of the plugin's entry count, over the user's opencode.toml",
  {
    skip: noPlugin,
    files: project(),
    scenario: { ...modules(["one", "two", "three"]), latency_ms: { coder: 300 } },
    toml: "[mission]\nparallel = 8\n",
    options: { mission: { parallel: 1 } },
  },
  async (world) => {
    const result = await world.task("Add three")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.equal(
      world.model.peak((request) => request.role === "coder"),
      1,
    )
  },
)

scene(
  "git older than 2.38: one clear sentence that names both versions, and nothing changed",
  { skip: noPlugin, files: project(), scenario: modules(["one"]) },
  async (world) => {
    const before = world.picture()
    const folder = join(world.root, "old-git")
    const real = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim()
    mkdirSync(folder)
    writeFileSync(
      join(folder, "git"),
      `#!/bin/sh\ncase " $* " in *" --version "*|*" version "*) echo "git version 2.30.2"; exit 0;; esac\nexec ${real} "$@"\n`,
    )
    chmodSync(join(folder, "git"), 0o755)
    const result = await world.task("Add one", { env: { PATH: `${folder}:${world.env.PATH}` } })
    assert.match(printed(result), /2\.30/)
    assert.match(printed(result), /2\.38/)
    assert.equal(world.model.roleRequests.length, 0)
    assert.deepEqual(changes(before, world.picture()), [])
  },
)

/** Whether a small file system can be mounted here, which needs a superuser. @param {string} folder */
function smallDisk(folder) {
  try {
    mkdirSync(folder, { recursive: true })
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=600k,mode=0700", "none", folder], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

scene(
  "a full disk: one clear sentence, and nothing changed in the project",
  { skip: noPlugin, files: project({ "src/big.bin": randomBytes(2_000_000) }), scenario: modules(["one"]) },
  async (world, t) => {
    const folder = join(world.data, "opencode-orchestrator")
    if (!smallDisk(folder)) return t.skip("a small file system cannot be mounted here")
    try {
      const before = world.picture()
      const result = await world.task("Add one")
      assert.equal(result.late, false)
      assert.match(printed(result), /space|disk/i)
      assert.deepEqual(changes(before, world.picture()), [])
    } finally {
      execFileSync("umount", ["--lazy", folder])
    }
  },
)
