/**
 * `npm run bench:checks -- [--only npm,pypi,crates] [--package NAME,NAME] [--most N] [--limit SECONDS] [--out FILE]`: measures
 * discovery and comparison on published packages that ship their tests: which checks are found, whether they pass at the release,
 * and whether a fault that is put into a function named by the tests appears as a new failure with a name. It also searches the
 * checks' commands for ones that must not run unasked, and proves that the package's own files are unchanged. The registries'
 * own clients fetch the packages into a temporary folder, alternating between registries. `--out` appends a line for each package
 * to a file, and skips packages that the file already has.
 */
import { spawnSync } from "node:child_process"
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join, relative } from "node:path"
import { packages } from "./checks-packages.mjs"

const PROGRAM = join(import.meta.dirname, "../../bin/opencode-orchestrator.js")
/** @param {string} name */
const option = (name) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}

/** The longest fetch, and the longest run of one package's checks, in milliseconds. */
const FETCH = 120_000
const RUN = 1000 * Number(option("limit") ?? 900)
const MOST_FILES = 2_000

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 * @param {number} timeout
 * @param {Record<string, string>} [env]
 */
function run(program, args, cwd, timeout, env) {
  return spawnSync(program, args, { cwd, timeout, encoding: "utf8", maxBuffer: 1 << 28, env: { ...process.env, ...env } })
}

/** Fetches a package with each registry's client into `place`; returns the folder with the sources. */
const fetchers = {
  /** @param {string} name @param {string} version @param {string} place */
  npm(name, version, place) {
    run("npm", ["pack", "--silent", `${name}@${version}`], place, FETCH)
    return unpacked(place)
  },
  /** @param {string} name @param {string} version @param {string} place */
  pypi(name, version, place) {
    run("python3", ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", `${name}==${version}`], place, FETCH)
    return unpacked(place)
  },
  /** @param {string} name @param {string} version @param {string} place */
  crates(name, version, place) {
    const stub = join(place, "stub")
    mkdirSync(join(stub, "src"), { recursive: true })
    writeFileSync(join(stub, "src/lib.rs"), "")
    writeFileSync(join(stub, "Cargo.toml"), `[package]\nname = "stub"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n${name} = "=${version}"\n`)
    run("cargo", ["fetch", "--quiet"], stub, FETCH)
    const sources = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "registry/src")
    for (const registry of existsSync(sources) ? readdirSync(sources) : []) {
      const from = join(sources, registry, `${name}-${version}`)
      if (existsSync(from)) {
        cpSync(from, join(place, "unpacked"), { recursive: true })
        return join(place, "unpacked")
      }
    }
    return undefined
  },
}

/** @param {string} place */
function unpacked(place) {
  const archive = readdirSync(place).find((name) => /\.(tgz|tar\.gz)$/.test(name))
  if (!archive) return undefined
  const to = join(place, "unpacked")
  mkdirSync(to)
  const done = run("tar", ["-xzf", join(place, archive), "-C", to, "--strip-components=1"], place, FETCH)
  return done.status === 0 ? to : undefined
}

/** @param {string} folder @returns {string[]} */
function files(folder) {
  const found = []
  const open = [folder]
  while (open.length > 0 && found.length < MOST_FILES) {
    const here = /** @type {string} */ (open.pop())
    for (const name of readdirSync(here)) {
      const path = join(here, name)
      if (name === "node_modules" || name.startsWith(".")) continue
      if (statSync(path).isDirectory()) open.push(path)
      else found.push(path)
    }
  }
  return found.sort()
}

/** Words in the scripts of a check that suggest something other than a check. */
const BAIT = /\b(publish|deploy|release|docker|watch|serve|start|playwright|cypress|puppeteer|migrate|push|curl|wget|sudo)\b|--fix\b|--write\b|\brm -rf \//
/** Forms of these words that do no harm. */
const HARMLESS = /--watch=false|--no-watch|--watchAll=false|docker\.json/g

/**
 * The commands that a check of npm runs, found by following its scripts as text: a second opinion, independent of the
 * first.
 * @param {string} folder
 * @param {string} command
 */
function comesTo(folder, command) {
  const manifest = join(folder, "package.json")
  const scripts = existsSync(manifest) ? (JSON.parse(readFileSync(manifest, "utf8")).scripts ?? {}) : {}
  const seen = new Set()
  const open = [command]
  let all = ""
  while (open.length > 0) {
    const line = /** @type {string} */ (open.pop())
    all += `${line}\n`
    for (const [, name] of line.matchAll(/(?:npm|pnpm|yarn|bun)(?: run)?(?: -s| --silent)? ([\w:.-]+)/g)) {
      for (const script of [`pre${name}`, name, `post${name}`]) {
        if (!scripts[script] || seen.has(script)) continue
        seen.add(script)
        open.push(scripts[script])
      }
    }
  }
  return all.replace(HARMLESS, "")
}

const languages = {
  npm: { end: /\.(c|m)?js$/, function: /^(?:async )?function\*? ?([A-Za-z_$][\w$]*) ?\([^)]*\) ?\{/gm, broken: "\n  if (Date.now() > 0) throw new Error('planted')" },
  pypi: { end: /\.py$/, function: /^def ([a-z]\w*)\((?:[^()]|\([^()]*\))*\)(?: *-> *[^:\n]+)?:\n/gm, broken: "    raise RuntimeError('planted')\n" },
  crates: { end: /\.rs$/, function: /^ *pub fn ([a-z]\w*)(?:<[^>]*>)?\([^)]*\)(?: *-> *[^{;]+)? *\{/gm, broken: " if std::env::var_os(\"PATH\").is_some() { panic!(\"planted\"); }" },
}

/**
 * Breaks the function of the sources that the tests name most often.
 * @param {keyof typeof languages} registry
 * @param {string} folder
 */
function plant(registry, folder) {
  const language = languages[registry]
  const all = files(folder).filter((path) => language.end.test(path))
  const isTest = (/** @type {string} */ path) => /(^|[/._-])(tests?|spec|__tests__|bench\w*|examples?|docs|fuzz)([/._-]|$)/.test(relative(folder, path))
  // Tests of a crate are also in its sources: from a line on, and in documentation
  const ownTests = (/** @type {string} */ text) => (registry === "crates" && text.includes("#[cfg(test)]") ? text.indexOf("#[cfg(test)]") : text.length)
  const inSources = (/** @type {string} */ text) => (registry === "crates" ? text.slice(ownTests(text)) + (text.match(/^ *\/\/[/!].*$/gm) ?? []).join("\n") : "")
  const tests = all.map((path) => (isTest(path) ? readFileSync(path, "utf8") : inSources(readFileSync(path, "utf8")))).join("\n")
  const candidates = []
  for (const path of all.filter((path) => !isTest(path))) {
    const text = readFileSync(path, "utf8")
    // A crate without the standard library cannot read the environment
    const broken = registry === "crates" && /#!\[.*no_std/.test(readFileSync(join(folder, "src/lib.rs"), "utf8")) ? ' if core::hint::black_box(true) { panic!("planted"); }' : language.broken
    for (const found of text.matchAll(language.function)) {
      const uses = tests.split(new RegExp(`\\b${found[1].replace("$", "\\$")}\\b`)).length - 1
      const isConst = registry === "crates" && /const fn/.test(found[0])
      if (uses > 0 && !isConst && found.index < ownTests(text)) candidates.push({ path, at: found.index + found[0].length, uses, name: found[1], broken })
    }
  }
  candidates.sort((a, b) => b.uses - a.uses || (a.path < b.path ? -1 : 1))
  const chosen = candidates[0]
  if (!chosen) return undefined
  const text = readFileSync(chosen.path, "utf8")
  writeFileSync(chosen.path, text.slice(0, chosen.at) + chosen.broken + text.slice(chosen.at))
  return `${relative(folder, chosen.path)}: ${chosen.name}`
}

/** @param {string} folder @param {string} home */
function tryChecks(folder, home) {
  const env = { XDG_DATA_HOME: join(home, "data"), XDG_CONFIG_HOME: join(home, "config") }
  const done = run(process.execPath, [PROGRAM, "checks", "try", "--json"], folder, RUN, env)
  try {
    return { ...JSON.parse(done.stdout), wrong: undefined }
  } catch {
    return { checks: [], setup: [], wrong: (done.stderr || `exit ${done.status ?? done.signal}`).trim().slice(-300) }
  }
}

/** @param {any} said */
const testsOf = (said) => said.checks.filter((/** @type {any} */ check) => check.kind === "test")

/**
 * @param {keyof typeof fetchers} registry
 * @param {string} name
 * @param {string} version
 */
function measure(registry, name, version) {
  const place = realpathSync(mkdtempSync(join(tmpdir(), "bench-checks-")))
  try {
    const folder = fetchers[registry](name, version, place)
    if (!folder) return { registry, name, version, found: "not fetched" }
    const git = (/** @type {string[]} */ ...args) => run("git", ["-c", "user.name=b", "-c", "user.email=b@localhost", "-c", "commit.gpgsign=false", ...args], folder, FETCH)
    git("init", "-q", ".")
    writeFileSync(join(folder, ".git/info/exclude"), "node_modules\n.venv\ntarget\n")
    git("add", "-A")
    git("commit", "-qm", "release")
    const started = Date.now()
    const status = () => git("status", "--porcelain", "--ignored").stdout.trim()
    const clean = status()
    const before = tryChecks(folder, place)
    const found = testsOf(before)
    const green = found.some((/** @type {any} */ check) => check.verdict === "pass")
    const bait = before.checks.map((/** @type {any} */ check) => check.run).filter((/** @type {string} */ line) => BAIT.test(comesTo(folder, line)))
    const touched = status() === clean ? "" : status()
    const row = { registry, name, version, found: found.map((/** @type {any} */ check) => check.run).join("; ") || "nothing", green, why: "", planted: "", seen: "", bait: bait.join("; "), touched, seconds: 0 }
    const done = () => ({ ...row, seconds: Math.round((Date.now() - started) / 1000) })
    if (before.wrong) row.why = before.wrong
    if (!green) {
      row.why ||= [...before.setup.filter((/** @type {any} */ step) => step.failed).map((/** @type {any} */ step) => step.failed), ...found.map((/** @type {any} */ check) => check.detail)].join("; ").slice(0, 300)
      return done()
    }
    row.planted = plant(registry, folder) ?? ""
    if (!row.planted) return done()
    const known = new Set(found.flatMap((/** @type {any} */ check) => check.failed))
    const again = tryChecks(folder, place)
    const after = testsOf(again)
    const named = after.flatMap((/** @type {any} */ check) => check.failed).filter((/** @type {string} */ test) => !known.has(test))
    const red = after.some((/** @type {any} */ check) => check.verdict !== "pass")
    row.seen = named.length > 0 ? "named" : again.wrong ? "not run" : red ? "failed, no name" : "missed"
    if (row.seen !== "named") row.why = again.wrong ?? after.map((/** @type {any} */ check) => check.detail).join("; ").slice(0, 300)
    return done()
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

const registries = /** @type {(keyof typeof fetchers)[]} */ ((option("only") ?? "npm,pypi,crates").split(","))
const most = Number(option("most") ?? Infinity)
const named = option("package")?.split(",")
const out = option("out")
/** @type {any[]} */
const rows = out && existsSync(out) ? readFileSync(out, "utf8").trim().split("\n").filter(Boolean).map((line) => JSON.parse(line)) : []
const wanted = registries.map((registry) => packages[registry].filter(([name]) => named?.includes(name) ?? true).slice(0, most).map(([name, version]) => ({ registry, name, version })))
// Alternating, so that a run that is ended early has results for each registry
for (const { registry, name, version } of Array.from({ length: Math.max(...wanted.map((list) => list.length)) }, (_, at) => wanted.flatMap((list) => list[at] ?? [])).flat()) {
  if (rows.some((row) => row.registry === registry && row.name === name)) continue
  const row = measure(registry, name, version)
  rows.push(row)
  console.log(JSON.stringify(row))
  if (out) appendFileSync(out, `${JSON.stringify(row)}\n`)
}
console.log("\n| registry | packages | tests found | green at the release | breaks planted | seen, with a name | commands nobody asked for |\n|---|---|---|---|---|---|---|")
for (const registry of registries) {
  const all = rows.filter((row) => row.registry === registry && row.found !== "not fetched")
  const count = (/** @type {(row: any) => unknown} */ counts) => all.filter(counts).length
  console.log(`| ${registry} | ${all.length} | ${count((row) => row.found !== "nothing")} | ${count((row) => row.green)} | ${count((row) => row.planted)} | ${count((row) => row.seen === "named")} | ${count((row) => row.bait || row.touched)} |`)
}
