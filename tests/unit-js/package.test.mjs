/** The packages: their names and entries, and the program after it is packed and installed elsewhere. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { platformPackage } from "../../plugin/identity.js"
import { loadNative, PLATFORMS, targets } from "../../plugin/native.js"
import { folder, ROOT, withGlibc } from "./support.mjs"

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

test("the package has one name and an id of its own; everything else derives from them", () => {
  const { name, pluginId } = read("package.json")
  assert.match(pluginId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.equal(platformPackage("linux-x64-gnu", "@me/missions"), "@me/missions-linux-x64-gnu")
  assert.equal(platformPackage("linux-x64-gnu"), `${name}-linux-x64-gnu`)
})

test("what README links to is in the package", () => {
  const { files } = read("package.json")
  const text = readFileSync(join(ROOT, "README.md"), "utf8")
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link)
  assert.ok(links.length > 5)
  const inPackage = (link) => ["LICENSE", "README.md", "package.json"].includes(link) || files.some((entry) => link === entry || (entry.endsWith("/") && link.startsWith(entry)))
  assert.deepEqual(links.filter((link) => !inPackage(link)), [])
})

test("the lockfile names no registry", () => {
  assert.doesNotMatch(readFileSync(join(ROOT, "package-lock.json"), "utf8"), /"resolved"/)
})

test("a core that needs a newer glibc than its package promises is not packed", { skip: !withGlibc && "this system has no glibc" }, (t) => {
  const { file: built } = loadNative()
  if (!built) return t.skip("not built yet: npm run build")
  const out = folder(t)
  const pack = ["scripts/pack.js", "--core", built, "--triple", "x86_64-unknown-linux-gnu.2.1", "--platform", "linux-x64-gnu", "--out", out]
  const { status, stderr } = spawnSync(process.execPath, pack, { cwd: ROOT, encoding: "utf8" })
  assert.equal(status, 1)
  assert.match(stderr, /the core needs glibc 2\.\d+, and the package is for 2\.1/)
  assert.deepEqual(readdirSync(out), [])
  const build = spawnSync(process.execPath, ["scripts/build.js", "--glibc", "old"], { cwd: ROOT, encoding: "utf8" })
  assert.equal(build.status, 2)
  assert.match(build.stderr, /needs a version, for example/)
})

test("packed and installed elsewhere, the program finds its native core", { timeout: 240_000 }, (t) => {
  const { file: built } = loadNative()
  if (!built) return t.skip("not built yet: npm run build")
  const [out, prefix] = [folder(t), folder(t)]
  const options = ["--core", built, "--out", out, "--repository", "me/missions"]
  const packed = spawnSync(process.execPath, ["scripts/pack.js", ...options], { cwd: ROOT, encoding: "utf8" })
  assert.equal(packed.status, 0, packed.stderr)
  const files = packed.stdout.trim().split("\n").filter((line) => line.endsWith(".tgz"))
  assert.equal(files.length, 2, packed.stdout)
  const contents = (file) => spawnSync("tar", ["-tzf", file], { encoding: "utf8" }).stdout.trim().split("\n").map((name) => name.replace("package/", "")).sort()
  assert.deepEqual(contents(files[0]), ["LICENSE", "opencode-orchestrator.node", "package.json"])
  const folders = ["bin/", "docs/", "plugin/", "prompts/", "rules/"]
  const loose = contents(files[1]).filter((name) => !folders.some((known) => name.startsWith(known)))
  assert.deepEqual(loose, ["CONTRIBUTING.md", "LICENSE", "README.md", "index.d.ts", "index.js", "opencode.schema.json", "package.json", "scripts/postinstall.js", "tui.js"])

  const npm = ["install", "--prefix", prefix, "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--omit=dev", ...files]
  const installed = spawnSync("npm", npm, { cwd: prefix, encoding: "utf8" })
  assert.equal(installed.status, 0, installed.stderr)
  const root = join(prefix, "node_modules", "opencode-orchestrator")
  for (const name of ["crates", "tests", "native", "node_modules", "scripts/lib"]) assert.ok(!existsSync(join(root, name)), name)

  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  assert.equal(manifest.repository.url, "git+https://github.com/me/missions.git")
  assert.deepEqual([manifest.bugs, manifest.homepage], ["https://github.com/me/missions/issues", "https://github.com/me/missions#readme"])
  assert.equal(manifest.published, undefined, "until its owner says so, the name on npm is somebody else's")

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
