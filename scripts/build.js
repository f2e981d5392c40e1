/**
 * Builds the native core for development and puts it where `plugin/native.js`
 * looks first: `native/opencode-orchestrator.<platform>.node`.
 *
 * `node scripts/build.js [--profile NAME]`; the default profile is `dev`, which shares compiled code with the
 * tests. Cargo decides what to rebuild, so a second run does nothing.
 */
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs"
import { basename, join, relative } from "node:path"
import { targets } from "../plugin/native.js"
import { buildCore } from "./lib/cargo.js"
import { fail, root } from "./lib/run.js"

const given = process.argv.indexOf("--profile")
const profile = given > 0 ? process.argv[given + 1] : "dev"
if (!profile) fail("`--profile` needs the name of a cargo profile", 2)

const library = buildCore(profile)
const folder = join(root, "native")
const file = join(folder, `opencode-orchestrator.${targets(process.platform, process.arch)[0]}.node`)
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
