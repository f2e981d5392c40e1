/**
 * `npm run check:targets [-- TRIPLE …] [--write]`: `cargo check` of the core for every published platform,
 * with zig as the C compiler. It shows that the core compiles there, not that it runs. It prints a table;
 * `--write` puts its rows into docs/COMPATIBILITY.md and must keep the rows of other targets. It names
 * targets that rustup has not installed, and does not check them.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { readBetween, replaceBetween } from "./lib/manual.js"
import { fail, have, root } from "./lib/run.js"
import { zigEnvironment } from "./lib/zig.js"

/** The targets, each with what the release workflow does for it. */
const TARGETS = {
  "x86_64-unknown-linux-gnu": "tested, packed for glibc 2.17",
  "aarch64-unknown-linux-gnu": "tested, packed for glibc 2.17",
  "x86_64-unknown-linux-musl": "packed",
  "aarch64-unknown-linux-musl": "packed",
  "x86_64-apple-darwin": "tested, packed",
  "aarch64-apple-darwin": "tested, packed",
  "x86_64-pc-windows-gnu": "checked, as x86_64-pc-windows-msvc",
}

const words = process.argv.slice(2)
const write = words.includes("--write")
const asked = words.filter((word) => word !== "--write")
const odd = asked.find((word) => !(word in TARGETS))
if (odd) fail(`\`${odd}\` is no target of ours; there are ${Object.keys(TARGETS).join(", ")}`, 2)
if (!have("rustup")) fail("rustup is not installed\nhint: install Rust from https://rustup.rs")

const installed = new Set(spawnSync("rustup", ["target", "list", "--installed"], { cwd: root, encoding: "utf8" }).stdout.split("\n"))
const env = { ...zigEnvironment() }
env.CARGO_TARGET_DIR ??= join(root, "target", "targets")
// The build script of N-API looks for this library, which only a linker would read
env.LIBNODE_PATH ??= join(env.CARGO_TARGET_DIR, "libnode")
mkdirSync(env.LIBNODE_PATH, { recursive: true })
writeFileSync(join(env.LIBNODE_PATH, "libnode.dll"), "", { flag: "a" })
const today = new Date().toISOString().slice(0, 10)
const before = readBetween("COMPATIBILITY.md", "targets").split("\n")
const rows = []
let failed = false
for (const [triple, workflow] of Object.entries(TARGETS)) {
  const kept = before.find((line) => line.startsWith(`| ${triple} |`))
  if (asked.length > 0 && !asked.includes(triple)) {
    rows.push(kept ?? `| ${triple} | not checked here | ${workflow} |`)
    continue
  }
  const result = installed.has(triple) ? `${checked(triple)}, ${today}` : `not installed: \`rustup target add ${triple}\``
  rows.push(`| ${triple} | ${result} | ${workflow} |`)
  console.log(rows.at(-1))
}
const text = [
  "| target | `npm run check:targets` on linux-x64 | the release workflow |",
  "|---|---|---|",
  ...rows,
  "",
].join("\n")
console.log(`\n${text}`)
if (write) replaceBetween("COMPATIBILITY.md", "targets", text)
process.exitCode = failed ? 1 : 0

/** @param {string} triple */
function checked(triple) {
  const { status, error } = spawnSync("cargo-zigbuild", ["check", "--quiet", "--target", triple, "-p", "node"], { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] })
  if (error) fail(`cargo-zigbuild cannot be run: ${error.message}`)
  if (status !== 0) failed = true
  return status === 0 ? "yes" : "**no**"
}
