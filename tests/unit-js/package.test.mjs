import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { loadNative, PLATFORMS, targets } from "../../plugin/native.js"
import { folder, ROOT } from "./support.mjs"

const read = (file) => JSON.parse(readFileSync(join(ROOT, file), "utf8"))

test("every platform has a package, and its name is the one that the loader looks for", () => {
  assert.deepEqual(readdirSync(join(ROOT, "npm")).sort(), PLATFORMS.toSorted())
  for (const name of PLATFORMS) {
    const { name: packageName, os, cpu, libc, main } = read(`npm/${name}/package.json`)
    assert.equal(packageName, undefined, "the one name is in package.json; packing derives this one from it")
    assert.equal(main, "opencode-orchestrator.node")
    const expected = [os[0], cpu[0], ...(libc ? [libc[0] === "glibc" ? "gnu" : libc[0]] : [])]
    assert.equal(name, expected.join("-"))
    assert.ok(targets(os[0], cpu[0]).includes(name))
  }
})

test("package.json: OpenCode finds the plugin, and both its loaders the same file", () => {
  const manifest = read("package.json")
  assert.equal(manifest.exports["."].default, manifest.exports["./server"].default)
  assert.equal(manifest.exports["."].default, manifest.main)
  assert.deepEqual(Object.keys(manifest.dependencies), ["jsonc-parser"])
})

test("the lockfile names no registry", () => {
  assert.doesNotMatch(readFileSync(join(ROOT, "package-lock.json"), "utf8"), /"resolved"/)
})

test("packed and installed elsewhere, the program finds its native core", { timeout: 240_000 }, (t) => {
  if (loadNative().problem) return t.skip("not built yet: npm run build")
  const [out, prefix] = [folder(t), folder(t)]
  const packed = spawnSync(process.execPath, ["scripts/pack.js", "--profile", "release", "--out", out], { cwd: ROOT, encoding: "utf8" })
  assert.equal(packed.status, 0, packed.stderr)
  const files = packed.stdout.trim().split("\n").filter((line) => line.endsWith(".tgz"))
  assert.equal(files.length, 2, packed.stdout)

  const npm = ["install", "--prefix", prefix, "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--omit=dev", ...files]
  const installed = spawnSync("npm", npm, { cwd: prefix, encoding: "utf8" })
  assert.equal(installed.status, 0, installed.stderr)
  const root = join(prefix, "node_modules", "opencode-orchestrator")
  for (const name of ["crates", "tests", "native", "node_modules", "scripts/lib"]) assert.ok(!existsSync(join(root, name)), name)

  const program = join(prefix, "node_modules", ".bin", "opencode-orchestrator")
  const env = { HOME: prefix, PATH: process.env.PATH }
  const { stdout } = spawnSync(program, ["doctor", "--json"], { cwd: prefix, env, encoding: "utf8" })
  const core = JSON.parse(stdout).checks.find(({ name }) => name === "native core")
  assert.equal(core.status, "ok", core.message)
  const [target] = targets(process.platform, process.arch)
  assert.ok(core.message.includes(join("node_modules", `opencode-orchestrator-${target}`)))

  spawnSync(program, ["install"], { cwd: prefix, env })
  const config = JSON.parse(readFileSync(join(prefix, ".config", "opencode", "opencode.json"), "utf8"))
  assert.deepEqual(config.plugin, [root], "the folder that is there, so that it works without a network")
})
