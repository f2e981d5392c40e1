/** Building the native core with cargo. */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { fail, root } from "./run.js"
import { zigEnvironment } from "./zig.js"

/**
 * Builds the core and returns its path.
 * @param {string} profile of cargo
 * @param {string} [triple] another platform than this one. `cargo zigbuild` links it, so a version
 * of glibc may follow (`x86_64-unknown-linux-gnu.2.17`), and the system's own linker is not needed
 * @returns {string} path of the library
 */
export function buildCore(profile, triple) {
  const command = triple ? ["zigbuild", "--target", triple] : ["build"]
  const args = [...command, "-p", "node", "--profile", profile, "--message-format=json-render-diagnostics"]
  const cargo = spawnSync("cargo", args, {
    cwd: root,
    env: triple ? forOther(triple) : process.env,
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 256 << 20,
  })
  if (cargo.error) fail(`cannot run cargo: ${cargo.error.message}\nhint: install Rust from https://rustup.rs`)
  if (cargo.status !== 0) fail("the native core did not build; what cargo said is above")
  const library = artifact(cargo.stdout)
  if (!library) fail("cargo built no library for the package `node`; is `crate-type` still `cdylib`?")
  return library
}

/**
 * The environment for another platform.
 * @param {string} triple
 */
function forOther(triple) {
  const env = zigEnvironment()
  // A library that is loaded needs the C library of its loader
  return triple.includes("musl") ? { ...env, RUSTFLAGS: `${env.RUSTFLAGS ?? ""} -C target-feature=-crt-static`.trim() } : env
}

/**
 * The library of `crates/node` among the messages of cargo.
 * @param {string} messages one JSON object a line
 * @returns {string | undefined}
 */
function artifact(messages) {
  for (const line of messages.split("\n")) {
    if (!line.startsWith('{"reason":"compiler-artifact"')) continue
    const message = JSON.parse(line)
    // A dependency may be a cdylib too
    if (message.manifest_path === join(root, "crates", "node", "Cargo.toml") && message.target.kind.includes("cdylib")) {
      return message.filenames.find((/** @type {string} */ name) => /\.(so|dylib|dll)$/.test(name))
    }
  }
  return undefined
}
