/** `npm run lint`: formatting and lints of both languages; all of them run, whatever the first ones say. */
import { join } from "node:path"
import { root, run } from "./lib/run.js"
import { packages } from "./lib/setup.js"

packages()

const modules = join(root, "node_modules")
/** @type {[string, string, string[]][]} */
const checks = [
  ["cargo fmt", "cargo", ["fmt", "--all", "--check"]],
  ["clippy", "cargo", ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]],
  ["eslint", process.execPath, [join(modules, "eslint", "bin", "eslint.js"), "--max-warnings=0", "."]],
  ["tsc", process.execPath, [join(modules, "typescript", "bin", "tsc"), "-p", "."]],
]

const failed = checks.filter(([name, program, args]) => {
  console.log(`== ${name}`)
  return !run(program, args)
})
console.log(failed.length === 0 ? "lint: clean" : `lint: ${failed.map(([name]) => name).join(", ")} found something`)
process.exitCode = failed.length === 0 ? 0 : 1
