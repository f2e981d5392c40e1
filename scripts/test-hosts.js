/**
 * `npm run test:hosts [-- VERSION …] [--write]`: the short end-to-end set (tests/hosts) in several versions of OpenCode, each
 * fetched from npm into `.cache/hosts`. Prints a table; `--write` puts it into docs/COMPATIBILITY.md, with the date.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { replaceBetween } from "./lib/manual.js"
import { fail, root } from "./lib/run.js"
import { core, packages } from "./lib/setup.js"

/**
 * Some older versions, those around 1.18.29 (the first that is documented to accept a plugin as an object), and the
 * newest.
 */
const VERSIONS = ["1.15.13", "1.17.0", "1.17.11", "1.18.3", "1.18.20", "1.18.28", "1.18.29", "1.18.30", "1.18.31", "1.18.32", "1.18.33", "1.18.34"]
/** This version is in the table to show where compatibility ends. */
const TOO_OLD = "1.15.13"
/** The only build of OpenCode 2 on npm is this preview. */
const PREVIEW = { name: "@opencode-ai/cli-linux-x64", version: "1.18.18" }

const words = process.argv.slice(2)
const asked = words.filter((word) => /^\d/.test(word))
const odd = words.find((word) => !/^\d/.test(word) && word !== "--write")
if (odd) fail(`\`${odd}\` is no version; write \`npm run test:hosts -- 1.18.33\``, 2)

await packages()
if (!(await core())) fail("the native core could not be built", 1)
const base = `opencode-${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`
/** @type {string[]} */
const rows = []
let failed = false
for (const version of asked.length > 0 ? asked : VERSIONS) {
  const binary = fetched(base, version)
  if (!binary) {
    rows.push(`| ${version} | not on npm for ${process.platform}-${process.arch} | | |`)
    continue
  }
  const env = { ...process.env, OPENCODE_BIN: binary, OPENCODE_TEST_VERSION: version }
  const { stdout } = spawnSync(process.execPath, ["--test", "--test-reporter=tap", "tests/hosts/short.test.mjs"], { cwd: root, env, encoding: "utf8", maxBuffer: 1e8 })
  const results = [...stdout.matchAll(/^(ok|not ok) \d+ - (.*)$/gm)].map(([, word, name]) => ({ ok: word === "ok", name }))
  const [hi, mission, stop] = ["hi", "a mission", "an abort"].map((start) => (results.find(({ name }) => name.startsWith(start))?.ok ? "yes" : "**no**"))
  if (version !== TOO_OLD && (results.length === 0 || results.some(({ ok }) => !ok))) failed = true
  rows.push(`| ${version} | ${mission} | ${stop} | ${hi} |`)
  console.log(rows.at(-1))
}
const load = spawnSync(process.execPath, ["tests/hosts/load.mjs"], { cwd: root, encoding: "utf8" })
const cost = load.status === 0 ? JSON.parse(load.stdout) : undefined
const preview = fetched(PREVIEW.name, PREVIEW.version)
const seen = preview ? spawnSync(process.execPath, ["tests/hosts/preview.mjs"], { cwd: root, encoding: "utf8", env: { ...process.env, OPENCODE_PREVIEW: preview } }) : undefined
const text = [
  `Run on ${new Date().toISOString().slice(0, 10)}, ${process.platform}-${process.arch}, by \`npm run test:hosts\`.`,
  "",
  "| OpenCode | a mission is delivered, verified | an abort pauses it, and it is resumed | \"hi\" sends the same bytes as without the plugin |",
  "|---|---|---|---|",
  ...rows,
  "",
  cost
    ? `Loading the plugin, in processor time of \`opencode run hi\`, ${cost.pairs} pairs: the least is ${cost.with_ms} ms with it and ${cost.without_ms} ms without, the median of the differences ${cost.median_ms} ms.`
    : "Loading the plugin was not measured.",
  "",
  seen?.status === 0 ? `The preview of OpenCode 2 (\`${PREVIEW.name}\` ${PREVIEW.version}) ${about(JSON.parse(seen.stdout))}` : "The preview of OpenCode 2 was not run.",
  "",
].join("\n")
console.log(`\n${text}`)
if (words.includes("--write")) replaceBetween("COMPATIBILITY.md", "hosts", text)
process.exitCode = failed ? 1 : 0

/** @param {{ loaded?: boolean, refused?: string, domains?: string[] }} seen */
function about({ loaded, refused, domains }) {
  if (loaded) return "loads the plugin."
  const lacks = /it lacks (.*)\. Nothing/.exec(refused ?? "")?.[1].split(", ") ?? []
  return `calls \`setup\`, which registers nothing and names what is lacking: ${lacks.length} of the methods that it needs. That version offers plugins only ${(domains ?? []).map((name) => `\`${name}\``).join(", ")}.`
}

/**
 * The program of a package on npm, in `.cache/hosts`.
 * @param {string} name
 * @param {string} version
 * @returns {string | undefined}
 */
function fetched(name, version) {
  const folder = join(root, ".cache", "hosts", name === base ? version : `${name.split("/").at(-1)}-${version}`)
  const bin = join(folder, "package", "bin")
  if (!existsSync(bin)) {
    mkdirSync(folder, { recursive: true })
    const packed = spawnSync("npm", ["pack", `${name}@${version}`, "--silent"], { cwd: folder, encoding: "utf8", shell: process.platform === "win32" })
    if (packed.status !== 0) return undefined
    spawnSync("tar", ["-xzf", packed.stdout.trim().split("\n").at(-1) ?? ""], { cwd: folder })
  }
  if (!existsSync(bin)) return undefined
  return join(bin, readdirSync(bin)[0])
}
