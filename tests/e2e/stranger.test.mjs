/**
 * A stranger's way: the packages are packed and published to a registry of the test's own, installed globally under an empty
 * home, used in the real OpenCode, and taken out again, after which every file is as it was.
 */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before } from "node:test"
import { loadNative, PLATFORMS, targets } from "../../plugin/native.js"
import { ROOT, scene } from "../harness/index.mjs"
import { missingTools, startRegistry, tool } from "../harness/registry.mjs"
import { ended, modules, noPlugin, printed, project } from "./fixtures.mjs"

const { name: NAME, version: VERSION } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
const [HERE] = targets(process.platform, process.arch)
const skip = noPlugin || missingTools() || false

/** @type {import("../harness/registry.mjs").Registry} */
let registry
/** @type {string} */
let packed

before(async () => {
  if (skip) return
  packed = mkdtempSync(join(tmpdir(), "orchestrator-packed-"))
  const args = ["scripts/pack.js", "--out", packed, "--core", loadNative().file ?? "", "--published"]
  const pack = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" })
  assert.equal(pack.status, 0, pack.stderr)
  registry = await startRegistry()
  // The other platforms have packages too, which no package manager installs here
  for (const platform of PLATFORMS.filter((platform) => platform !== HERE)) stub(platform)
  for (const tarball of readdirSync(packed).filter((name) => name.endsWith(".tgz"))) registry.publish(join(packed, tarball))
})

after(async () => {
  await registry?.close()
  if (packed) rmSync(packed, { recursive: true, force: true })
})

/** @param {string} platform */
function stub(platform) {
  const folder = mkdtempSync(join(packed, "stub-"))
  const own = JSON.parse(readFileSync(join(ROOT, "npm", platform, "package.json"), "utf8"))
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: `${NAME}-${platform}`, version: VERSION, ...own }))
  writeFileSync(join(folder, own.main), "")
  const npm = spawnSync("npm", ["pack", "--pack-destination", packed], { cwd: folder, encoding: "utf8" })
  assert.equal(npm.status, 0, npm.stderr)
}

/** The user's own configuration has comments; the scripted model stands in for theirs. */
function written(world) {
  return `// mine, do not touch\n${JSON.stringify(world.hostConfig(), null, 2).replace(/\n}$/, ', // the end\n}')}\n`
}

/** The configuration that belongs to the user, by name. */
function picture(world) {
  const names = readdirSync(world.config).filter((name) => /^(opencode|tui|config)\./.test(name) || name.includes("backup"))
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(world.config, name), "utf8")]))
}

/**
 * A world whose user has an OpenCode on the PATH, a configuration and a package manager.
 * @param {import("../harness/index.mjs").World} world
 */
function stranger(world) {
  const bin = join(world.root, "bin")
  mkdirSync(bin)
  symlinkSync(world.binary, join(bin, "opencode"))
  cpSync(registry.npmrc, join(world.home, ".npmrc"))
  // OpenCode looks for this one only where no other is meant
  rmSync(join(world.config, "opencode.json"))
  writeFileSync(join(world.config, "opencode.jsonc"), written(world))
  const prefix = join(world.root, "prefix")
  mkdirSync(prefix)
  Object.assign(world.env, {
    PATH: [bin, join(prefix, "bin"), join(world.root, "pnpm"), join(world.root, "pnpm", "bin"), join(world.root, "bun", "bin"), process.env.PATH].join(":"),
    npm_config_prefix: prefix,
    npm_config_registry: registry.url,
    PNPM_HOME: join(world.root, "pnpm"),
    BUN_INSTALL: join(world.root, "bun"),
    BUN_CONFIG_REGISTRY: registry.url,
  })
  /** @param {string} program @param {string[]} args */
  const call = (program, ...args) => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: world.project, env: world.env, encoding: "utf8", timeout: 120_000 })
    return { code: status, stdout, stderr, all: `${program} ${args.join(" ")}: ${stdout}${stderr}` }
  }
  return { call, before: picture(world) }
}

/**
 * From an installed package to a configuration without it, with the doctor's word that OpenCode loads it.
 * @param {import("../harness/index.mjs").World} world
 * @param {ReturnType<typeof stranger>} user
 */
function registerAndAsk(world, { call }) {
  const installed = call("opencode-orchestrator", "install")
  assert.equal(installed.code, 0, installed.all)
  assert.doesNotMatch(installed.stdout, /warning/)
  const doctor = call("opencode-orchestrator", "doctor", "--json")
  const checks = JSON.parse(doctor.stdout).checks
  const found = (/** @type {string} */ name) => checks.find((/** @type {{ name: string }} */ check) => check.name === name)
  for (const name of ["native core", "registered", "loaded", "models"]) assert.equal(found(name)?.status, "ok", `${name}: ${doctor.stdout}`)
  assert.match(found("loaded").message, /`\/task` starts a mission/)
}

/**
 * @param {import("../harness/index.mjs").World} world
 * @param {ReturnType<typeof stranger>} user
 */
function takeOut(world, { call, before }) {
  const removed = call("opencode-orchestrator", "uninstall")
  assert.equal(removed.code, 0, removed.all)
  assert.deepEqual(picture(world), before, "every byte is as it was")
}

const options = { skip, plugin: false, files: project(), timeout_ms: 240_000, scenario: modules(["left"]) }

/** How each package manager installs a package for all folders. */
const MANAGERS = {
  npm: () => ["npm", "install", "--global", NAME, "--no-audit", "--no-fund", "--foreground-scripts"],
  pnpm: () => [tool("pnpm"), "add", "--global", NAME],
  bun: () => [tool("bun"), "add", "--global", NAME],
}

for (const [manager, command] of Object.entries(MANAGERS)) {
  scene(`${manager}: installed globally under an empty home, a mission is completed, and nothing is left`, options, async (world) => {
    const user = stranger(world)
    const [program, ...args] = command()
    const got = user.call(program, ...args)
    assert.equal(got.code, 0, got.all)
    registerAndAsk(world, user)
    const result = await world.task("Add a module")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.ok(world.exists("src/left.js"))
    takeOut(world, user)
  })
}

scene("OpenCode's own installer: `opencode plugin NAME --global`", options, async (world) => {
  const user = stranger(world)
  const own = user.call("opencode", "plugin", NAME, "--global")
  assert.equal(own.code, 0, own.all)
  const config = readFileSync(join(world.config, "opencode.jsonc"), "utf8")
  assert.ok(config.includes(`"${NAME}`), config)
  const shown = JSON.parse(user.call("opencode", "debug", "config").stdout)
  assert.equal(shown.command?.task?.model, "orchestrator/mission")

  // The program comes from elsewhere, and knows the entry by what it leads to
  const npm = user.call("npm", "install", "--global", NAME, "--no-audit", "--no-fund", "--ignore-scripts")
  assert.equal(npm.code, 0, npm.all)
  assert.match(user.call("opencode-orchestrator", "install").stdout, /already there/)
  assert.equal(user.call("opencode-orchestrator", "uninstall").code, 0)
  assert.ok(!existsSync(join(world.data, "opencode-orchestrator", "installed")))
  assert.doesNotMatch(readFileSync(join(world.config, "opencode.jsonc"), "utf8"), new RegExp(NAME))
})
