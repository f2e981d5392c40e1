/**
 * The tests' own registry on loopback (verdaccio), for the packages that a stranger installs. Packages that are not
 * published there come from the registry in npm's configuration.
 */
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ROOT } from "./opencode.mjs"
import { until } from "./process.mjs"
import { freePort } from "./world.mjs"

/** Tools of this test only, which a developer's `npm ci` need not install. */
const TOOLS = {
  private: true,
  dependencies: { verdaccio: "6.8.0", pnpm: "12.21.0", bun: "1.4.5" },
  // Some mirrors lack a version in the default range
  overrides: { "node-fetch": "2.7.0" },
}
const FOLDER = join(ROOT, ".cache", "registry-tools")
const DEADLINE_MS = 240_000

/**
 * Installs verdaccio, pnpm and bun once.
 * @returns {string | undefined} why this is not possible
 */
export function missingTools() {
  const wanted = JSON.stringify(TOOLS, null, 2)
  const bin = join(FOLDER, "node_modules", ".bin")
  if (existsSync(join(FOLDER, "done")) && ["verdaccio", "pnpm", "bun"].every((name) => existsSync(join(bin, name)))) return undefined
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, "package.json"), wanted)
  const npm = spawnSync("npm", ["install", "--no-audit", "--no-fund"], { cwd: FOLDER, encoding: "utf8", timeout: DEADLINE_MS })
  if (npm.status !== 0) return `npm could not install verdaccio, pnpm and bun: ${npm.stderr.trim().split("\n").at(-1)}`
  writeFileSync(join(FOLDER, "done"), "")
  return undefined
}

/** @param {"verdaccio" | "pnpm" | "bun"} name */
export const tool = (name) => join(FOLDER, "node_modules", ".bin", name)

/**
 * @typedef {{ url: string, npmrc: string, publish: (tarball: string) => void, close: () => Promise<void> }} Registry
 * `npmrc`: a file that makes npm, pnpm, bun and OpenCode use the registry
 */

/** @returns {Promise<Registry>} */
export async function startRegistry() {
  const folder = mkdtempSync(join(tmpdir(), "orchestrator-registry-"))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const upstream = spawnSync("npm", ["config", "get", "registry"], { cwd: folder, encoding: "utf8" }).stdout.trim()
  const config = [
    `storage: ${join(folder, "storage")}`,
    `uplinks: { up: { url: "${upstream}", maxage: 60m } }`,
    "packages:",
    // Packages that are published here never come from elsewhere
    ...["opencode-orchestrator", "opencode-orchestrator-*"].map((name) => `  "${name}": { access: $all, publish: $all }`),
    '  "**": { access: $all, proxy: up }',
    "max_body_size: 100mb",
    "log: { type: stdout, format: json, level: warn }",
    "",
  ]
  writeFileSync(join(folder, "config.yaml"), config.join("\n"))
  const npmrc = join(folder, ".npmrc")
  writeFileSync(npmrc, `registry=${url}\n//127.0.0.1:${port}/:_authToken=anyone\n`)
  const server = spawn(process.execPath, [join(FOLDER, "node_modules", "verdaccio", "bin", "verdaccio"), "--config", join(folder, "config.yaml"), "--listen", `127.0.0.1:${port}`], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  let said = ""
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (/** @type {Buffer} */ text) => (said = (said + text).slice(-4000)))
  const close = async () => {
    server.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 8 })
  }
  try {
    await until(
      () => fetch(`${url}-/ping`, { signal: AbortSignal.timeout(2000) }).then((answer) => answer.ok, () => false),
      60_000,
      () => `the registry to answer; it said:\n${said}`,
    )
  } catch (error) {
    await close()
    throw error
  }
  /** @param {string} tarball */
  const publish = (tarball) => {
    const npm = spawnSync("npm", ["publish", tarball, "--userconfig", npmrc, "--ignore-scripts"], { cwd: folder, encoding: "utf8", timeout: DEADLINE_MS })
    if (npm.status !== 0) throw new Error(`npm could not publish ${tarball}: ${npm.stderr}\nthe registry said:\n${said}`)
  }
  return { url, npmrc, publish, close }
}
