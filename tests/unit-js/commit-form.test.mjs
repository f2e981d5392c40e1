/** The form of commit messages: one message, a history, and checkouts without a history. */
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import test from "node:test"
import { checkCommits, problemsOf } from "../../scripts/lib/commit-form.js"
import { folder, ROOT } from "./support.mjs"

const GOOD = "checks: parse the output of bun test\n\nBun names a failing test differently from node, so every run was unknown.\n"

test("a message has an area, a short first line, and a body", () => {
  assert.deepEqual(problemsOf(GOOD), [])
  assert.deepEqual(problemsOf(`${GOOD}# On branch main\n`), [], "comments of the editor do not count")
  assert.deepEqual(problemsOf("bin, plugin: say what is wrong\n\nWhy.\n"), [])
  assert.deepEqual(problemsOf("Merge branch 'x'\n"), [])
  assert.match(problemsOf("Fix the parser\n\nWhy.\n").join(), /must be `area: what changes`/)
  assert.match(problemsOf("Checks: parse bun\n\nWhy.\n").join(), /lower case/)
  assert.match(problemsOf(`checks: ${"a".repeat(65)}\n\nWhy.\n`).join(), /73 characters; 72 is the most/)
  assert.match(problemsOf("checks: parse bun.\n\nWhy.\n").join(), /full stop/)
  assert.match(problemsOf("checks: parse bun\nWhy.\n").join(), /second line must be blank/)
  assert.match(problemsOf("checks: parse bun\n").join(), /body that says why/)
  assert.match(problemsOf("checks: parse bun\n\n# only comments\n").join(), /body that says why/)
  assert.equal(problemsOf("x").length, 2)
})

test("the commits since the start are checked, and a checkout without that history is skipped with a reason", (t) => {
  const home = folder(t)
  const git = (/** @type {string} */ at, /** @type {string[]} */ ...args) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", ...args], { cwd: at, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] }).trim()
  const source = join(home, "source")
  mkdirSync(source)
  git(source, "init", "-q")
  git(source, "commit", "-q", "--allow-empty", "-m", "Before the rule")
  const start = git(source, "rev-parse", "HEAD")
  git(source, "commit", "-q", "--allow-empty", "-m", GOOD)
  assert.deepEqual(checkCommits(source, start), { checked: 1, wrong: [] })
  git(source, "commit", "-q", "--allow-empty", "-m", "x")
  const { wrong } = /** @type {{ wrong: string[] }} */ (checkCommits(source, start))
  assert.equal(wrong.length, 2)
  assert.match(wrong[0], /^[0-9a-f]{7,}: `x` must be/)

  git(home, "clone", "-q", "--depth", "1", `file://${source}`, "shallow")
  assert.match(JSON.stringify(checkCommits(join(home, "shallow"), start)), /skipped.*is not in this history/)
  const inner = join(source, "unpacked")
  mkdirSync(inner)
  assert.match(JSON.stringify(checkCommits(inner, start)), /skipped.*not a git checkout/)
  writeFileSync(join(home, "message"), "x\n")
  assert.throws(() => execFileSync(process.execPath, [join(ROOT, "scripts", "commit-form.js"), join(home, "message")], { stdio: "pipe" }), /body that says why/)
})
