/**
 * A mission on a real published package: acorn 0.8.0 is the repository, and the scripted Coders write the real
 * difference to 0.9.0. acorn has no dependencies and ships its tests.
 */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs"
import { join, relative } from "node:path"
import { promisify } from "node:util"
import { editsBetween } from "./edits.mjs"

/** @typedef {import("../model/scenario.mjs").Scenario} Scenario */

export const NAME = "acorn"
export const FROM = "0.8.0"
export const TO = "0.9.0"
/** A digest of all files of both versions, which proves that the published files run here. */
const DIGEST = "2bc8ec5bd4be34f93644a57f5ee63b52e893d70630250adac2edcabd346b86f8"
const DOWNLOAD_MS = 120_000

export const OBJECTIVE = `Bring ${NAME} from ${FROM} to ${TO}: parse a single expression at an offset (parseExpressionAt), keep default values \
aligned with their parameters, take "of" for a keyword from ECMAScript 6 on only, fix the loose parser's recovery inside object \
literals, and say so in the manual.`

/** The files of each task; together they are the change that the mission must deliver. */
const TASKS = {
  parser: ["acorn.js", "test/tests.js", "test/tests-harmony.js"],
  loose: ["acorn_loose.js"],
  csp: ["acorn_csp.js"],
  docs: ["README.md", "AUTHORS", "util/walk.js"],
}

export const FILES = Object.values(TASKS).flat().sort()

const PLAN = {
  tasks: [
    {
      id: "parser",
      title: "Parse an expression at an offset; align defaults with parameters",
      instructions:
        "In acorn.js export parseExpressionAt(input, pos, options), share the parser's set-up with parse, push null for a parameter without default, and add cases to the tests.",
      files: TASKS.parser,
      acceptance: ["parseExpressionAt parses one expression from an offset", "defaults has an entry for each parameter"],
      edits_tests: "New cases for the new behaviour are added to the two existing test files.",
    },
    {
      id: "loose",
      title: "Recover inside object literals in the loose parser",
      instructions:
        "In acorn_loose.js use the indentation of the literal's own line, and a dummy value for a property without one.",
      files: TASKS.loose,
      acceptance: ["A property without a value gets a dummy identifier"],
    },
    {
      id: "csp",
      title: "Bring the eval-free build up to date",
      instructions: "Make the changes of acorn.js in acorn_csp.js, which is built from it.",
      files: TASKS.csp,
      depends_on: ["parser"],
      acceptance: ["acorn_csp.js exports parseExpressionAt"],
    },
    {
      id: "docs",
      title: "Describe parseExpressionAt",
      instructions: "Document parseExpressionAt in README.md, note in util/walk.js what is deprecated, and add the new authors.",
      files: TASKS.docs,
      depends_on: ["parser"],
      acceptance: ["README.md describes parseExpressionAt"],
    },
  ],
  acceptance: ["The package's own tests pass"],
}

/**
 * Both versions, fetched with npm once and cached.
 * @param {string} cache
 * @returns {Promise<{ before: Record<string, Buffer>, after: Record<string, Buffer> }>}
 */
export async function versions(cache) {
  const folder = join(cache, `${NAME}-${FROM}-${TO}`)
  if (!existsSync(folder)) {
    const partial = `${folder}.${process.pid}.partial`
    rmSync(partial, { recursive: true, force: true })
    mkdirSync(partial, { recursive: true })
    const wanted = [`before@npm:${NAME}@${FROM}`, `after@npm:${NAME}@${TO}`]
    const args = [
      "install",
      "--no-save",
      "--no-package-lock",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--prefix",
      partial,
      ...wanted,
    ]
    await promisify(execFile)("npm", args, { timeout: DOWNLOAD_MS, shell: process.platform === "win32" }).catch((error) => {
      throw new Error(`failed to fetch ${NAME} ${FROM} and ${TO} with npm: ${String(error.stderr || error.message).trim()}`)
    })
    try {
      renameSync(partial, folder)
    } catch (error) {
      // Another test was faster; its copy is equally good.
      rmSync(partial, { recursive: true, force: true })
      if (!existsSync(folder)) throw error
    }
  }
  const both = {
    before: readTree(join(folder, "node_modules", "before")),
    after: readTree(join(folder, "node_modules", "after")),
  }
  const digest = digestOf(both)
  if (digest !== DIGEST)
    throw new Error(
      `${NAME} ${FROM} and ${TO} are not what was published: the digest of ${folder} is ${digest}, expected ${DIGEST}\nhint: remove that folder to fetch it again`,
    )
  return both
}

/** @param {string} root @returns {Record<string, Buffer>} */
function readTree(root) {
  /** @type {Record<string, Buffer>} */
  const files = {}
  /** @param {string} folder */
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const full = join(folder, entry.name)
      if (entry.isDirectory()) walk(full)
      else files[relative(root, full).replaceAll("\\", "/")] = readFileSync(full)
    }
  }
  walk(root)
  return files
}

/** @param {Record<string, Record<string, Buffer>>} trees */
function digestOf(trees) {
  const hash = createHash("sha256")
  for (const [tree, files] of Object.entries(trees)) {
    for (const path of Object.keys(files).sort())
      hash.update(`${tree}/${path}\n`).update(createHash("sha256").update(files[path]).digest())
  }
  return hash.digest("hex")
}

/**
 * The Coders' edits: the real ones of each task, and two wrong first attempts.
 * @param {Record<string, Buffer>} before
 * @param {Record<string, Buffer>} after
 * @returns {Scenario}
 */
export function scenarioOf(before, after) {
  /** @param {string} path */
  const edits = (path) => editsBetween(before[path].toString("utf8"), after[path].toString("utf8"))
  const work = Object.fromEntries(
    Object.entries(TASKS).map(([id, files]) => [id, Object.fromEntries(files.map((path) => [path, edits(path)]))]),
  )

  // The parser's first attempt forgets the alignment of defaults: its own new tests fail.
  const parser = work.parser["acorn.js"]
  const forgotten = parser.findIndex(([, fresh]) => fresh.includes("hasDefaults = true"))
  // The loose parser's first attempt loses a brace.
  const [first, ...rest] = work.loose["acorn_loose.js"]
  const brace = "{ indent = curIndent; line = curLineStart; }"
  if (forgotten < 0 || !first[1].includes(brace))
    throw new Error(`the difference between ${NAME} ${FROM} and ${TO} is not as expected`)
  const broken = first[1].replace(brace, brace.slice(0, -1))

  return {
    name: `${NAME} ${FROM} to ${TO}`,
    brief: {
      summary:
        "acorn.js is the parser, acorn_csp.js the same without eval, acorn_loose.js the error-tolerant parser; test/ holds their cases.",
      files: FILES.map((path) => ({ path, why: "the objective is about it" })),
      conventions: ["ES5, no dependencies"],
    },
    plan: PLAN,
    work,
    answers: [
      {
        role: ["coder", "fixer"],
        task: "parser",
        step: 1,
        turns: [
          { edit: { ...work.parser, "acorn.js": parser.filter((_, i) => i !== forgotten) } },
          { done: "Added parseExpressionAt and its tests." },
        ],
      },
      {
        role: "fixer",
        task: "parser",
        step: 2,
        turns: [{ edit: { "acorn.js": [parser[forgotten]] } }, { done: "Aligned the defaults." }],
      },
      {
        role: ["coder", "fixer"],
        task: "loose",
        step: 1,
        turns: [{ edit: { "acorn_loose.js": [[first[0], broken], ...rest] } }, { done: "Fixed the recovery." }],
      },
      {
        role: "fixer",
        task: "loose",
        step: 2,
        turns: [{ edit: { "acorn_loose.js": [[broken, first[1]]] } }, { done: "Closed the brace." }],
      },
    ],
  }
}
