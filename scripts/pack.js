/**
 * Makes the published packages: the main one, and one with the native core of a platform.
 *
 * `node scripts/pack.js --out DIR [--profile NAME | --core FILE] [--platform NAME --triple TRIPLE]`
 * `[--published --repository OWNER/NAME]`
 *
 * Without `--triple` the core is built for this machine; `--core` uses an existing one. A triple with a version of glibc
 * (`x86_64-unknown-linux-gnu.2.17`) is an error if the core needs a newer one. The main package is the same on each
 * platform and for each triple. `--published` says that the name on the public registry is ours, so that texts may name
 * it. Nothing is uploaded.
 */
import { spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { callCore } from "../bin/core.js"
import { manifest, platformPackage, PRODUCT } from "../plugin/identity.js"
import { PLATFORMS, targets } from "../plugin/native.js"
import { buildCore } from "./lib/cargo.js"
import { compare, newestGlibc } from "./lib/elf.js"
import { fail, root } from "./lib/run.js"

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    profile: { type: "string", default: "dist" },
    platform: { type: "string", default: targets(process.platform, process.arch)[0] },
    triple: { type: "string" },
    core: { type: "string" },
    published: { type: "boolean", default: false },
    repository: { type: "string" },
  },
})
/** The largest package of a platform that is published, unpacked, in bytes. The goal is 14 MB; this bound keeps a miss
 * from growing (docs/COMPATIBILITY.md). */
const MAX_PLATFORM = 30e6
const platform = values.platform
if (!values.out) fail("`--out` has to name the folder for the packages", 2)
if (!PLATFORMS.includes(platform)) fail(`there is no package for ${platform}; there are ${PLATFORMS.join(", ")}`, 2)
const out = resolve(values.out)
mkdirSync(out, { recursive: true })

const { name: ownName, version } = manifest()
const library = values.core ?? buildCore(values.profile, values.triple)
const origin = values.repository ? links(`https://github.com/${values.repository}`) : {}
const stage = mkdtempSync(join(tmpdir(), "orchestrator-pack-"))
try {
  console.log(packCore())
  console.log(await packMain())
} finally {
  rmSync(stage, { recursive: true, force: true })
}

/** @returns {string} path of the package with the core */
function packCore() {
  const folder = join(stage, "core")
  mkdirSync(folder)
  const glibc = /gnu\.(\d+\.\d+)$/.exec(values.triple ?? "")?.[1]
  const newest = glibc ? newestGlibc(library) : undefined
  if (glibc && newest && compare(newest, glibc.split(".").map(Number)) > 0) fail(`the core needs glibc ${newest.join(".")}, and the package is for ${glibc}`)
  copyFileSync(library, join(folder, `${PRODUCT}.node`))
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"))
  const own = read(join(root, "npm", platform, "package.json"))
  write(join(folder, "package.json"), { name: platformPackage(platform), version, ...own, ...origin })
  const size = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  if (!values.core && values.profile === "dist" && size > MAX_PLATFORM) fail(`the package has ${size} bytes unpacked, and at most ${MAX_PLATFORM} are published`)
  return pack(folder, out)
}

/** @returns {Promise<string>} path of the main package */
async function packMain() {
  const unpacked = spawnSync("tar", ["-xzf", pack(root, stage), "-C", stage], { stdio: "inherit" })
  if (unpacked.status !== 0) fail("tar could not unpack what npm packed")
  const folder = join(stage, "package")
  const packed = read(join(folder, "package.json"))
  delete packed.devDependencies
  packed.scripts = { postinstall: packed.scripts.postinstall }
  // Only here, because a checkout has its own build
  packed.optionalDependencies = Object.fromEntries(PLATFORMS.map((name) => [platformPackage(name, ownName), version]))
  write(join(folder, "package.json"), { ...packed, ...origin, ...(values.published && { published: true }) })
  await addSchema(folder)
  return pack(folder, out)
}

/**
 * Adds the schema with which editors complete opencode.toml.
 * @param {string} folder
 */
async function addSchema(folder) {
  const env = values.triple ? process.env : { OPENCODE_ORCHESTRATOR_NATIVE: join(stage, "core", `${PRODUCT}.node`) }
  const { exit, stdout, stderr } = await callCore(["config", "schema"], { env })
  if (exit !== 0 || !stdout) return console.warn(`packed without opencode.schema.json: ${stderr?.trim()}`)
  writeFileSync(join(folder, "opencode.schema.json"), stdout)
}

/**
 * @param {string} folder
 * @param {string} destination
 * @returns {string} path of the tarball
 */
function pack(folder, destination) {
  const npm = spawnSync("npm", ["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", destination], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    shell: process.platform === "win32",
  })
  if (npm.status !== 0) fail(`npm could not pack ${folder}`)
  const answer = JSON.parse(npm.stdout)
  // A list up to npm 11, an object by name since then
  const [first] = Array.isArray(answer) ? answer : Object.values(answer)
  return join(destination, first.filename)
}

/** @param {string} url of the repository */
function links(url) {
  return { repository: { type: "git", url: `git+${url}.git` }, bugs: `${url}/issues`, homepage: `${url}#readme` }
}

/** @param {string} file */
function read(file) {
  return JSON.parse(readFileSync(file, "utf8"))
}

/**
 * @param {string} file
 * @param {object} value
 */
function write(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}
