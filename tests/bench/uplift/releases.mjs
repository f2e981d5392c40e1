/** Missions and their judges, from a program of crates/bench. */
import { spawnSync } from "node:child_process"
import { ROOT } from "../../harness/index.mjs"
import { Unusable } from "./mission.mjs"

/**
 * @typedef {object} Release
 * @property {string} title
 * @property {string} objective
 * @property {Record<string, string>} files
 * @property {Record<string, string>} answer the release's own sources, which no mission sees
 * @property {string | null} environment folder with the `node_modules` that its tests need
 */

/** @typedef {{ right: boolean, passed: number | null, failing: string[], end: string }} failing is empty where the run broke off Judged */

/** @type {string | undefined} */
let built

/** The path of the program: `RELEASES_BIN`, or built once. */
export function program() {
  built ??= process.env.RELEASES_BIN
  if (built) return built
  const args = ["build", "--quiet", "-p", "bench", "--bin", "releases", "--message-format=json-render-diagnostics"]
  const { status, stdout, error } = spawnSync("cargo", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 256 << 20, stdio: ["ignore", "pipe", "inherit"] })
  const made = stdout?.split("\n").find((line) => line.includes('"name":"releases"') && line.includes('"executable":"'))
  if (error || status !== 0 || !made) throw new Unusable(`\`cargo ${args.join(" ")}\` failed${error ? `: ${error.message}` : ""}`)
  return (built = String(JSON.parse(made).executable))
}

/** @param {string[]} args */
function sim(args) {
  const { status, stdout, error } = spawnSync(program(), args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "inherit"] })
  if (error || status !== 0) throw new Unusable(`\`releases ${args.join(" ")}\` failed${error ? `: ${error.message}` : ""}`)
  return JSON.parse(stdout)
}

/** @param {string[]} packages empty: all @returns {Release[]} */
export const releases = (packages) => sim(["list", ...(packages.length > 0 ? ["--packages", packages.join(",")] : [])])

/** @param {string} title @param {string} folder @returns {Judged} */
export const judge = (title, folder) => sim(["judge", title, folder])
