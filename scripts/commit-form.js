/**
 * `node scripts/commit-form.js [FILE]`: whether a commit message has the form of CONTRIBUTING.md.
 *
 * With a file, as git's hook `commit-msg` calls it, it checks that message; without one, every commit since
 * the rule exists.
 */
import { readFileSync } from "node:fs"
import { checkCommits, problemsOf } from "./lib/commit-form.js"
import { root } from "./lib/run.js"

const [file] = process.argv.slice(2)
const result = file ? { checked: 1, wrong: problemsOf(readFileSync(file, "utf8")) } : checkCommits(root)
if ("skipped" in result) console.log(`commit messages: not checked, because ${result.skipped}`)
else if (result.wrong.length > 0) {
  console.error(`${result.wrong.join("\n")}\nhint: CONTRIBUTING.md, "Commits", has the form and an example; \`git commit --amend\` changes the last message`)
  process.exitCode = 1
} else if (!file) console.log(`commit messages: ${result.checked} checked`)
