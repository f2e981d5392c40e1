/**
 * `npm run bench:lint [-- --rounds N] [--write]`: the speed of `opencode-orchestrator lint`, compared with the ast-grep
 * CLI (the same rule files), oxlint, biome and eslint.
 *
 * All of them lint one folder of published TypeScript, alternating, in one run on the same cores; the medians count.
 * Processor time is shown beside wall time, because other load on the machine hardly changes it. `--write` writes table
 * and plot into docs/.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus, tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { astGrepRules, corpus, tools } from "./lint-inputs.mjs"

const root = fileURLToPath(new URL("../..", import.meta.url))
const given = process.argv.indexOf("--rounds")
const rounds = given > 0 ? Number(process.argv[given + 1]) : 5
if (!Number.isInteger(rounds) || rounds < 1) throw new Error("`--rounds` needs a number from 1")

// Not below the checkout, because some linters skip its ignored files
const cache = join(tmpdir(), "opencode-orchestrator-bench")
mkdirSync(cache, { recursive: true })
const code = corpus(cache)
const { modules, versions } = tools(cache)
const { config, ids } = astGrepRules(root, join(cache, "ast-grep"))
const megabytes = code.bytes / 1e6
console.log(`${code.sizes.length} files, ${megabytes.toFixed(1)} MB of TypeScript; ${rounds} rounds on ${availableParallelism()} cores`)

/** @param {string[]} args @param {string} [input] */
function speed(args, input) {
  const cargo = ["run", "--release", "--quiet", "-p", "bench", "--bin", "lint_speed", "--", ...args]
  const { status, stdout, stderr } = spawnSync("cargo", cargo, { cwd: root, encoding: "utf8", input })
  if (status !== 0) throw new Error(`lint_speed ${args[0]}: ${stderr}`)
  return stdout.trim()
}

const settings = join(code.folder, "opencode.toml")
const others = speed(["rules"]).split("\n").filter((id) => !ids.has(id))
const onlyPatterns = `[guardian.severity]\n${others.map((id) => `${id} = "off"\n`).join("")}`
const eslint = join(cache, "eslint.config.mjs")
const parser = JSON.stringify(join(modules, "@typescript-eslint", "parser", "dist", "index.js"))
const recommended = JSON.stringify(join(modules, "@eslint", "js", "src", "index.js"))
writeFileSync(
  eslint,
  `import parser from ${parser}\nimport js from ${recommended}\n` +
    `export default [{ files: ["**/*.ts", "**/*.tsx"], languageOptions: { parser }, linterOptions: { reportUnusedDisableDirectives: "off" }, rules: js.configs.recommended.rules }]\n`,
)

const ours = [process.execPath, join(root, "bin", "opencode-orchestrator.js"), "lint", ".", "--json"]
const bin = (/** @type {string[]} */ ...parts) => join(modules, ...parts)
/** @type {{ name: string, rules: string, command: string[], settings?: string, slow?: boolean }[]} */
const programs = [
  { name: "opencode-orchestrator lint", rules: `the same ${ids.size} rule files`, command: ours, settings: onlyPatterns },
  {
    name: `ast-grep ${versions["@ast-grep/cli"]}`,
    rules: `the same ${ids.size} rule files`,
    command: [platform("@ast-grep/cli-", "ast-grep"), "scan", "-c", config, "--json=stream", "."],
  },
  { name: "opencode-orchestrator lint, all rules", rules: "all built-in rules, across files too", command: ours },
  { name: `oxlint ${versions.oxlint}`, rules: "its defaults", command: [process.execPath, bin("oxlint", "bin", "oxlint"), "--format=json", "."] },
  {
    name: `biome ${versions["@biomejs/biome"]}`,
    rules: "its defaults",
    command: [process.execPath, bin("@biomejs", "biome", "bin", "biome"), "lint", "--reporter=json", "--max-diagnostics=none", "."],
  },
  {
    name: `eslint ${versions.eslint}`,
    rules: "`js/recommended`, typescript-eslint's parser",
    command: [process.execPath, bin("eslint", "bin", "eslint.js"), "-c", eslint, "--concurrency=auto", "--format=json", "."],
    slow: true,
  },
]

/**
 * The program in the package for this machine, without the script that wraps it.
 * @param {string} prefix
 * @param {string} name
 */
function platform(prefix, name) {
  const suffix = process.platform === "linux" ? "-gnu" : process.platform === "win32" ? "-msvc" : ""
  return bin(`${prefix}${process.platform}-${process.arch}${suffix}`, name)
}

/** @type {Map<string, { wall: number, cpu: number }[]>} */
const times = new Map(programs.map(({ name }) => [name, []]))
for (let round = 0; round < rounds; round += 1) {
  for (const program of programs) {
    if (program.slow && round >= Math.ceil(rounds / 3)) continue
    writeFileSync(settings, program.settings ?? "")
    const script = 'TIMEFORMAT="%R %U %S"; time { "$@" >"$OUT" 2>"$OUT.err"; echo "status $?" >&2; }'
    const out = join(cache, "output")
    const { stderr, status } = spawnSync("bash", ["-c", script, "bench", ...program.command], {
      cwd: code.folder, encoding: "utf8", env: { ...process.env, OUT: out },
    })
    const [, exit] = stderr.match(/status (\d+)/) ?? []
    if (status !== 0 || exit === undefined || Number(exit) > 1) {
      throw new Error(`${program.name} ended with ${exit}: ${readFileSync(`${out}.err`, "utf8").slice(0, 2000)}`)
    }
    const [wall, user, system] = stderr.trim().split("\n").pop()?.split(" ").map(Number) ?? []
    times.get(program.name)?.push({ wall, cpu: user + system })
    console.log(`  ${program.name}: ${wall.toFixed(2)} s, ${(user + system).toFixed(2)} s of processor`)
  }
}
rmSync(settings, { force: true })

const median = (/** @type {number[]} */ values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
const rows = programs.map(({ name, rules }) => {
  const all = times.get(name) ?? []
  return { name, rules, wall: median(all.map(({ wall }) => wall)), cpu: median(all.map(({ cpu }) => cpu)), rounds: all.length }
})
const unit = rows.find(({ name }) => name.startsWith("ast-grep")) ?? rows[0]
const table = [
  "| program | rules | wall, s | processor, s | MB/s of processor | processor time, ast-grep = 1 |",
  "|---|---|---|---|---|---|",
  ...rows.map(({ name, rules, wall, cpu }) => `| ${name} | ${rules} | ${wall.toFixed(1)} | ${cpu.toFixed(1)} | ${(megabytes / cpu).toFixed(1)} | ${(cpu / unit.cpu).toFixed(2)} |`),
].join("\n")

const near = code.sizes.reduce((best, one) => (Math.abs(one.bytes - 10_240) < Math.abs(best.bytes - 10_240) ? one : best))
const edit = JSON.parse(speed(["edit", near.file]))
const ms = (/** @type {number | null} */ value) => `${value?.toFixed(2) ?? "unknown"} ms`
const told = (/** @type {Record<string, number>} */ times) =>
  `median ${ms(times.median_ms)}, 95th percentile ${ms(times.p95_ms)}; of processor time ${ms(times.processor_median_ms)} and ${ms(times.processor_p95_ms)} (${times.edits} edits)`
const words = [
  `${code.sizes.length.toLocaleString("en")} files, ${megabytes.toFixed(1)} MB of TypeScript from ${new Set(code.sizes.map(({ file }) => relative(code.folder, file).split("/")[0])).size} packages; ` +
    `medians of ${rounds} rounds in turns (eslint: ${rows[rows.length - 1].rounds}), ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}.`,
  `A file of ${(edit.bytes / 1024).toFixed(1)} KB, linted again after an edit with all rules: ${told(edit.sound)}. Edits that leave it broken, whose errors are looked for: ${told(edit.broken)}.`,
]
console.log(`\n${words[0]}\n\n${table}\n\n${words[1]}`)

if (process.argv.includes("--write")) {
  const values = rows.map(({ name, cpu }) => `${name}\t${cpu}`).join("\n")
  writeFileSync(join(root, "docs", "lint-speed.svg"), `${speed(["bars", `Linting ${megabytes.toFixed(0)} MB of TypeScript`, "seconds of processor time, less is better"], values)}\n`)
  const page = join(root, "docs", "LINT.md")
  const text = readFileSync(page, "utf8")
  const [begin, end] = ["<!-- bench:lint begin -->", "<!-- bench:lint end -->"]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/LINT.md has no place for the table: ${begin} … ${end}`)
  const whole = `${begin}\n${words[0]}\n\n${table}\n\n![processor time of each](lint-speed.svg)\n\n${words[1]}\n`
  writeFileSync(page, text.slice(0, from) + whole + text.slice(to))
}
