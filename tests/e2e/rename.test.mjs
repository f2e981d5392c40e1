/** Two plugins own `/task`: the doctor says correctly which one answers, and after ours is renamed both work. */
import assert from "node:assert/strict"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { ROOT, scene } from "../harness/index.mjs"
import { ended, modules, noPlugin, printed, project } from "./fixtures.mjs"

/**
 * Another publisher's plugin with our name on npm, as far as the test needs it.
 * @param {import("../harness/index.mjs").World} world
 */
function rival(world) {
  const folder = join(world.root, "rival")
  mkdirSync(folder)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "opencode-orchestrator", version: "1.7.22", type: "module", main: "index.js" }))
  const hook = 'config.command = { ...config.command, task: { template: "theirs" } }'
  writeFileSync(join(folder, "index.js"), `export default { id: "rival", server: async () => ({ config: async (config) => { ${hook} } }) }\n`)
  return folder
}

/** The doctor's findings, with OpenCode on its PATH. @param {import("../harness/index.mjs").World} world @param {unknown[]} plugin */
function doctor(world, plugin) {
  writeFileSync(join(world.config, "opencode.json"), JSON.stringify({ ...world.hostConfig(), plugin }))
  const PATH = `${join(world.root, "bin")}:${world.env.PATH}`
  const program = join(ROOT, "bin", "opencode-orchestrator.js")
  const { stdout } = spawnSync(process.execPath, [program, "doctor", "--json"], { cwd: world.project, env: { ...world.env, PATH }, encoding: "utf8" })
  return Object.fromEntries(JSON.parse(stdout).checks.map((/** @type {{ name: string }} */ check) => [check.name, check]))
}

const options = { skip: noPlugin, plugin: false, files: project(), scenario: modules(["left"]), timeout_ms: 240_000 }

scene("with another plugin that owns /task, ours is renamed and runs; the doctor says whose is whose", options, async (world) => {
  mkdirSync(join(world.root, "bin"))
  symlinkSync(world.binary, join(world.root, "bin", "opencode"))
  const theirs = rival(world)

  const hidden = doctor(world, [ROOT, theirs])
  assert.equal(hidden.conflict.status, "fail")
  assert.match(hidden.loaded.message, /`\/task` is another plugin's/)
  assert.match(hidden.loaded.hint, /\[command\] name/)
  assert.equal(doctor(world, [theirs, ROOT]).loaded.status, "ok", "the one that is loaded last answers")

  writeFileSync(join(world.config, "opencode.toml"), '[command]\nname = "mission"\n')
  const renamed = doctor(world, [ROOT, theirs])
  assert.equal(renamed.conflict, undefined, "nothing is to be done about it any more")
  assert.match(renamed.loaded.message, /`\/mission` starts a mission/)
  const result = await world.run(["--command", "mission"], { stdin: "Add a module" })
  assert.equal(result.code, 0, printed(result))
  ended(world, "done")
  assert.ok(world.exists("src/left.js"))
  assert.doesNotMatch(printed(result), /`\/task/, "what is to be typed is ours")
})
