/**
 * The tools that build and check the core for other systems: zig, as C compiler and linker, and
 * cargo-zigbuild. Both are on PyPI, so that no C library of another system has to be installed. It must not
 * install anything outside of `.cache/zig`.
 */
import { spawnSync } from "node:child_process"
import { existsSync, rmSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fail, root } from "./run.js"

const PACKAGES = ["ziglang==0.17.1", "cargo-zigbuild==0.24.1"]

/**
 * The environment in which `cargo zigbuild` works. Installed tools are used if both are there; otherwise they are
 * installed into `.cache/zig`.
 * @returns {NodeJS.ProcessEnv}
 */
export function zigEnvironment() {
  if (works("cargo-zigbuild", ["--version"]) && (works("zig", ["version"]) || works("python3", ["-m", "ziglang", "version"]))) return process.env
  const venv = join(root, ".cache", "zig")
  const [bin, python] = process.platform === "win32" ? ["Scripts", "python"] : ["bin", "python3"]
  if (!existsSync(join(venv, bin))) {
    console.log(`installing ${PACKAGES.join(" and ")} from PyPI into .cache/zig`)
    const made = works(python, ["-m", "venv", venv]) && spawnSync(join(venv, bin, python), ["-m", "pip", "install", "--quiet", ...PACKAGES], { stdio: "inherit" }).status === 0
    if (!made) {
      rmSync(venv, { recursive: true, force: true })
      fail(`zig could not be installed\nhint: install Python 3 with venv, or put zig and cargo-zigbuild on the PATH`)
    }
  }
  return { ...process.env, PATH: `${join(venv, bin)}${delimiter}${process.env.PATH}` }
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function works(program, args) {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0
}
