/**
 * A stranger's machine: the packages packed and published to the test's own registry, an empty home with an OpenCode on
 * the PATH, and a package manager. The tests of a stranger's steps share it.
 */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before } from "node:test"
import { loadNative, PLATFORMS, targets } from "../../plugin/native.js"
import { ROOT } from "../harness/index.mjs"
import { missingTools, startRegistry } from "../harness/registry.mjs"
import { noPlugin } from "./fixtures.mjs"

const { name: NAME, version: VERSION } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
const [HERE] = targets(process.platform, process.arch)
export const skip = noPlugin || missingTools() || false

/** @type {import("../harness/registry.mjs").Registry} */
let registry
/** The folder of the packed packages. @type {string} */
export let packed

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

/** The user's own configuration has comments; the scripted model replaces theirs. */
function written(world) {
  return `// mine, do not touch\n${JSON.stringify(world.hostConfig(), null, 2).replace(/\n}$/, ', // the end\n}')}\n`
}

/** The user's own configuration files, by name. */
export function picture(world) {
  const names = readdirSync(world.config).filter((name) => /^(opencode|tui|config)\./.test(name) || name.includes("backup"))
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(world.config, name), "utf8")]))
}

/**
 * A world whose user has an OpenCode on the PATH, a configuration and a package manager.
 * @param {import("../harness/index.mjs").World} world
 */
export function stranger(world) {
  const bin = join(world.root, "bin")
  mkdirSync(bin)
  symlinkSync(world.binary, join(bin, "opencode"))
  cpSync(registry.npmrc, join(world.home, ".npmrc"))
  // OpenCode reads this file only if no other one exists
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
