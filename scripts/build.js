/**
 * Builds the native core for development and puts it where `plugin/native.js`
 * looks first: `native/opencode-orchestrator.<platform>.node`.
 *
 * `node scripts/build.js [--profile NAME]`; the default profile is `dev`, which shares compiled code with the
 * tests. Cargo decides what to rebuild, so a second run does nothing.
 *
 * `--glibc 2.17` builds the published core for Linux systems down to that glibc, into `native/glibc-2.17/`. The default
 * profile is then `dist`.
 */
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs"
import { basename, join, relative } from "node:path"
import { parseArgs } from "node:util"
import { targets } from "../plugin/native.js"
import { buildCore } from "./lib/cargo.js"
import { compare, newestGlibc } from "./lib/elf.js"
import { fail, root } from "./lib/run.js"

const { values } = parseArgs({ options: { profile: { type: "string" }, glibc: { type: "string" } } })
const { glibc } = values
const profile = values.profile ?? (glibc ? "dist" : "dev")
if (glibc !== undefined && !/^\d+\.\d+$/.test(glibc)) fail("`--glibc` needs a version, for example `--glibc 2.17`", 2)
if (glibc && process.platform !== "linux") fail("`--glibc` builds for Linux, and only on Linux", 2)

const triple = glibc ? `${process.arch === "arm64" ? "aarch64" : "x86_64"}-unknown-linux-gnu.${glibc}` : undefined
const library = buildCore(profile, triple)
if (glibc) {
  const newest = newestGlibc(library) ?? []
  if (compare(newest, glibc.split(".").map(Number)) > 0) fail(`the core needs glibc ${newest.join(".")}, which is newer than ${glibc}`)
  console.log(`the core needs glibc ${newest.join(".")} or newer`)
}
const folder = glibc ? join(root, "native", `glibc-${glibc}`) : join(root, "native")
const name = glibc ? `linux-${process.arch}-gnu` : targets(process.platform, process.arch)[0]
const file = join(folder, `opencode-orchestrator.${name}.node`)
const shown = relative(root, file)
if (same(library, file)) {
  console.log(`${shown} is up to date`)
} else {
  mkdirSync(folder, { recursive: true })
  sweep(folder, basename(file))
  // A rename, because a process that has mapped the old file would crash if the file changed
  const temporary = `${file}.${process.pid}.tmp`
  copyFileSync(library, temporary)
  const { atime, mtime } = statSync(library)
  utimesSync(temporary, atime, mtime)
  renameSync(temporary, file)
  console.log(`${shown} built (${(statSync(file).size / 1e6).toFixed(1)} MB, ${profile})`)
}

/**
 * @param {string} from
 * @param {string} to
 */
function same(from, to) {
  const a = statSync(from)
  const b = statSync(to, { throwIfNoEntry: false })
  // Times are set as floating-point seconds, which are not exact
  return b !== undefined && a.size === b.size && Math.abs(a.mtimeMs - b.mtimeMs) < 2
}

/**
 * Temporary files that an interrupted build left.
 * @param {string} folder
 * @param {string} name
 */
function sweep(folder, name) {
  for (const entry of readdirSync(folder)) {
    if (entry.startsWith(`${name}.`) && entry.endsWith(".tmp")) rmSync(join(folder, entry), { force: true })
  }
}
