/** Finds the OpenCode that the tests run: the development dependency, or `OPENCODE_BIN`. */
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The repository, which is also the plugin entry under test. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..")
/** The version of the program: the development dependency, or the one that `npm run test:hosts` has fetched. */
export const OPENCODE_VERSION = process.env.OPENCODE_TEST_VERSION ?? "1.18.33"

/**
 * The program itself instead of the package's launcher: npm may not have run its postinstall script, and a signal must
 * reach OpenCode.
 * @returns {string}
 */
export function opencodeBinary() {
  const named = process.env.OPENCODE_BIN
  if (named) {
    if (!existsSync(named)) throw new Error(`OPENCODE_BIN names ${named}, which does not exist`)
    return named
  }
  const require = createRequire(join(ROOT, "package.json"))
  const base = `opencode-${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`
  const names = [base, `${base}-musl`, `${base}-baseline`, `${base}-baseline-musl`]
  for (const name of hasAvx2() ? names : [...names].reverse()) {
    for (const file of ["opencode", "opencode.exe"]) {
      try {
        return require.resolve(`${name}/bin/${file}`)
      } catch {
        // Try the next one.
      }
    }
  }
  throw new Error(
    `opencode-ai ${OPENCODE_VERSION} is not installed for ${process.platform}-${process.arch}\nhint: run \`npm ci\`, or set OPENCODE_BIN to the program`,
  )
}

/** Whether the usual build runs on this processor. */
function hasAvx2() {
  if (process.platform !== "linux" || process.arch !== "x64") return true
  try {
    return /\bavx2\b/.test(readFileSync("/proc/cpuinfo", "utf8"))
  } catch {
    return true
  }
}
