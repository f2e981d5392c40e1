/** Prepares a fresh checkout: npm packages and the native core. */
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { fail, have, root, run } from "./run.js"

/** Installs the npm packages, unless those of the lockfile are installed. */
export async function packages() {
  if (installed() && openCode()) return
  console.log("installing npm packages")
  const args = ["--no-audit", "--no-fund", "--loglevel=error"]
  // The packages work without their install scripts
  if ((await run("npm", ["ci", "--ignore-scripts", ...args], "installing npm packages")) && openCode()) return
  // A lockfile made on another system may lack this one's optional packages
  console.log("the lockfile does not fit this system; installing without it")
  const without = ["install", "--ignore-scripts", "--no-package-lock", ...args]
  if (!(await run("npm", without, "installing npm packages"))) fail("npm could not install the packages; its message is above")
}

/** Whether node_modules has the packages of the lockfile. */
function installed() {
  const folder = join(root, "node_modules")
  const hidden = join(folder, ".package-lock.json")
  if (!existsSync(hidden)) return false
  const [wanted, found] = [join(root, "package-lock.json"), hidden].map((file) => JSON.parse(readFileSync(file, "utf8")).packages)
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === "") return true
    return found[path] ? found[path].version === version : optional === true
  })
}

/**
 * Builds the native core if needed. The unoptimised profile shares compiled code with the tests; measurements use the
 * published profile.
 * @param {"dev" | "release"} profile
 * @returns {Promise<boolean>} whether it built
 */
export function core(profile = "dev") {
  if (!have("cargo")) fail("cargo is not installed\nhint: install Rust from https://rustup.rs; Cargo.toml names the version")
  return run(process.execPath, ["scripts/build.js", "--profile", profile], "building the native core")
}

/**
 * The program of OpenCode in the development dependencies. Its own package has only a placeholder until an install
 * script runs, which npm does not do here, so the platform's package is used.
 * @returns {string | undefined}
 */
export function openCode() {
  const require = createRequire(join(root, "package.json"))
  const system = process.platform === "win32" ? "windows" : process.platform
  const program = process.platform === "win32" ? "opencode.exe" : "opencode"
  for (const suffix of ["", "-musl", "-baseline", "-baseline-musl"]) {
    try {
      return require.resolve(`opencode-${system}-${process.arch}${suffix}/bin/${program}`)
    } catch {
      // Not the package of this system
    }
  }
  return undefined
}
