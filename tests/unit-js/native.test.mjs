/** How the binary is found, and the message if there is none. */
import assert from "node:assert/strict"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { loadNative, PLATFORMS, targets } from "../../plugin/native.js"
import { folder } from "./support.mjs"

const [TARGET] = targets(process.platform, process.arch)
const BUILT = join("native", `opencode-orchestrator.${TARGET}.node`)

/**
 * A package with some files, and a function that loads its core.
 */
function pack(t, files) {
  const root = folder(t)
  for (const [name, text] of Object.entries({ "package.json": '{"version": "1.0.0"}', ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  /** @param {object} [more] */
  return (more) => loadNative({ root, env: {}, ...more })
}

/** The problem, which must be one sentence in one line. */
function problem(result) {
  assert.equal(result.native, undefined)
  assert.match(result.problem, /^opencode-orchestrator cannot start its native core for [^\n]+; to fix it, [^\n]+\.$/)
  return result.problem
}

test("a checkout without a build says which file and `npm run build`", (t) => {
  const said = problem(pack(t, { "crates/x": "" })())
  assert.ok(said.includes(`${BUILT} (not built)`))
  assert.match(said, /run `npm run build` in /)
})

test("an installed package without its platform's package says which, and what to install", (t) => {
  const said = problem(pack(t, {})())
  assert.ok(said.includes(`package opencode-orchestrator-${TARGET} (not installed)`))
  assert.match(said, /install the package again from where you got it .*, with `--include=optional`/)
})

test("a file that is no addon is named with what the system says", (t) => {
  const said = problem(pack(t, { "crates/x": "", [BUILT]: "not an addon" })())
  assert.match(said, /\.node \(cannot be loaded: .+\)/)
})

test("a binary of another version is not used", (t) => {
  const name = `node_modules/opencode-orchestrator-${TARGET}`
  const files = { [`${name}/package.json`]: '{"version": "0.9.0"}', [`${name}/opencode-orchestrator.node`]: "" }
  assert.match(problem(pack(t, files)()), /\(version 0\.9\.0, but this package is 1\.0\.0\)/)
  const said = problem(pack(t, {})({ env: override(t, 'exports.version = () => "0.8.0"') }))
  assert.match(said, /built for version 0\.8\.0, but this package is 1\.0\.0/)
})

/** Sets the variable that names a module which replaces the addon: only finding it matters here. */
function override(t, text) {
  const file = join(folder(t), "addon.cjs")
  writeFileSync(file, text)
  return { OPENCODE_ORCHESTRATOR_NATIVE: file }
}

test("the variable comes first, and nothing else is tried when it is wrong", (t) => {
  const load = pack(t, { "crates/x": "" })
  const { native, file } = load({ env: override(t, 'exports.version = () => "1.0.0"; exports.x = 1') })
  assert.equal(native?.x, 1)
  assert.match(file, /addon\.cjs$/)
  assert.match(problem(load({ env: { OPENCODE_ORCHESTRATOR_NATIVE: import.meta.filename } })), /the name does not end in \.node/)
  const said = problem(load({ env: { OPENCODE_ORCHESTRATOR_NATIVE: "/no/such.node" } }))
  assert.match(said, /tried \/no\/such\.node \(no such file\); to fix it, correct or unset `OPENCODE_ORCHESTRATOR_NATIVE`/)
})

test("an addon that throws, or whose version throws, is a problem and not an exception", (t) => {
  const load = pack(t, {})
  assert.match(problem(load({ env: override(t, 'throw new Error("GLIBC_2.99 not found\\nmore")') })), /cannot be loaded: GLIBC_2\.99 not found\)/)
  assert.match(problem(load({ env: override(t, 'exports.version = () => { throw "x" }') })), /cannot read its version: x/)
  assert.match(problem(load({ env: override(t, "module.exports = null") })), /is not a native core/)
})

test("a platform that nothing is built for is told so", (t) => {
  const said = problem(pack(t, {})({ platform: "sunos", arch: "sparc" }))
  assert.match(said, /native core for sunos-sparc/)
  for (const name of PLATFORMS) assert.ok(said.includes(name))
})

test("Linux has two C libraries, other systems one build", () => {
  assert.deepEqual(targets("linux", "x64").toSorted(), ["linux-x64-gnu", "linux-x64-musl"])
  assert.deepEqual(targets("darwin", "arm64"), ["darwin-arm64"])
})

test("the build of this checkout loads where there is one", (t) => {
  const { native, problem } = loadNative()
  if (problem?.includes("(not built)")) return t.skip("not built yet: npm run build")
  assert.equal(problem, undefined)
  assert.equal(typeof native, "object")
  assert.equal(loadNative().native, native, "loaded once")
})
