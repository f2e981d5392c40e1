/** The inputs of `npm run bench:lint`: published packages that ship their TypeScript, and the other linters. */
import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { basename, dirname, join, relative } from "node:path"

/** Together more than 20 MB of TypeScript written by people, in several styles. */
const PACKAGES = [
  "ox@1.8.3", "@effect/platform@0.97.2", "viem@2.57.20", "zod@4.6.7",
  "ethers@6.17.0", "ai@6.0.326", "rxjs@7.8.2", "@tanstack/router-core@1.171.39",
]

const TOOLS = {
  "@ast-grep/cli": "0.51.1",
  "@biomejs/biome": "2.6.8",
  "@typescript-eslint/parser": "8.73.0",
  eslint: "9.39.5",
  oxlint: "1.94.0",
  typescript: "5.9.3",
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 */
function must(program, args, cwd) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8", maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed in ${cwd}:\n${stderr}`)
  return stdout
}

/**
 * The folder of TypeScript that all linters read, and its size.
 * @param {string} cache
 */
export function corpus(cache) {
  const folder = join(cache, "corpus")
  const stamp = join(cache, "corpus.txt")
  const wanted = PACKAGES.join("\n")
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    rmSync(folder, { recursive: true, force: true })
    for (const name of PACKAGES) {
      console.log(`fetching ${name}`)
      const unpacked = join(cache, "unpacked")
      rmSync(unpacked, { recursive: true, force: true })
      mkdirSync(unpacked, { recursive: true })
      const file = must("npm", ["pack", "--silent", "--pack-destination", unpacked, name], unpacked).trim().split("\n").pop() ?? ""
      must("tar", ["xzf", basename(file)], unpacked)
      const target = join(folder, name.replace(/^@/, "").replace("/", "-").replace(/@.*/, ""))
      const root = join(unpacked, readdirSync(unpacked).find((entry) => statSync(join(unpacked, entry)).isDirectory()) ?? "package")
      for (const source of files(root)) {
        if (!/\.tsx?$/.test(source) || source.endsWith(".d.ts") || relative(root, source).startsWith("dist")) continue
        const copy = join(target, relative(root, source))
        mkdirSync(dirname(copy), { recursive: true })
        copyFileSync(source, copy)
      }
      copyFileSync(join(root, "package.json"), join(target, "package.json"))
      rmSync(unpacked, { recursive: true, force: true })
    }
    writeFileSync(stamp, wanted)
  }
  const sources = [...files(folder)].filter((file) => /\.tsx?$/.test(file)).sort()
  const sizes = sources.map((file) => ({ file, bytes: statSync(file).size }))
  return { folder, sizes, bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0) }
}

/**
 * Installs the other linters; returns the folder of their packages.
 * @param {string} cache
 */
export function tools(cache) {
  const folder = join(cache, "tools")
  const manifest = JSON.stringify({ private: true, dependencies: TOOLS }, null, 2)
  const file = join(folder, "package.json")
  if (!existsSync(file) || readFileSync(file, "utf8") !== manifest || !existsSync(join(folder, "node_modules", "eslint"))) {
    mkdirSync(folder, { recursive: true })
    console.log(`fetching ${Object.keys(TOOLS).join(", ")}`)
    writeFileSync(file, manifest)
    must("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder)
  }
  return { modules: join(folder, "node_modules"), versions: TOOLS }
}

/**
 * Writes the built-in rules for TypeScript and TSX in the format of the ast-grep CLI; returns their ids.
 * @param {string} root
 * @param {string} folder
 */
export function astGrepRules(root, folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, "rules"), { recursive: true })
  const ids = new Set()
  for (const language of ["javascript", "typescript"]) {
    const rules = join(root, "rules", language)
    for (const name of existsSync(rules) ? readdirSync(rules).filter((name) => name.endsWith(".yml")) : []) {
      const id = basename(name, ".yml")
      ids.add(id)
      const text = readFileSync(join(rules, name), "utf8")
      for (const target of ["TypeScript", "Tsx"]) {
        const rule = text.replace(/^language: .*/m, `language: ${target}`).replace(/^id: .*/m, `id: ${id}-${target.toLowerCase()}`)
        writeFileSync(join(folder, "rules", `${id}-${target}.yml`), rule)
      }
    }
  }
  const config = join(folder, "sgconfig.yml")
  writeFileSync(config, "ruleDirs: [rules]\n")
  return { config, ids }
}

/**
 * @param {string} folder
 * @returns {Generator<string>}
 */
function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* files(path)
    else if (entry.isFile()) yield path
  }
}
