/** How the host for OpenCode 2 translates rules and tools. */
import assert from "node:assert/strict"
import test from "node:test"
import { allowsAll, limits, rulesOf, toolsOf } from "../../plugin/v2/rules.js"
import { fromEngine, toEngine } from "../../plugin/v2/tools.js"

/** @type {(action: string, resource: string, effect: "allow" | "ask" | "deny") => import("../../plugin/v2/rules.js").Rule} */
const rule = (action, resource, effect) => ({ action, resource, effect })
const EVERY = rule("*", "*", "allow")

/** Rules of the user, and the resulting rules for a role's edits. @type {[any[], any[]][]} */
const LIMITS = [
  [[EVERY], []],
  [[EVERY, rule("edit", "*", "deny")], [rule("edit", "*", "deny")]],
  [[EVERY, rule("edit", "*", "ask")], []],
  [[EVERY, rule("ed*", "*.env", "deny"), rule("edit", "src/*", "ask")], [rule("edit", "*.env", "deny"), rule("edit", "src/*", "ask")]],
  [[rule("edit", "*.env", "deny"), EVERY], []],
  [[EVERY, rule("write", "*", "deny")], []],
]

for (const [own, expected] of LIMITS) {
  test(`edits under ${JSON.stringify(own)}`, () => assert.deepEqual(limits(own, "edit"), expected))
}

test("a shell is given only where the user's rules leave all of it", () => {
  assert.equal(allowsAll([EVERY], "shell"), true)
  assert.equal(allowsAll([], "shell"), false, "without a rule OpenCode asks")
  assert.equal(allowsAll([EVERY, rule("shell", "git push *", "ask")], "shell"), false)
  assert.equal(allowsAll([EVERY, rule("shell", "*", "deny")], "shell"), false)
})

test("a role's rules deny everything that it does not need", () => {
  const mailboxes = [{ name: "mission_work", description: "", roles: ["coder"], schema: { properties: {}, required: [] } }]
  assert.deepEqual(toolsOf("coder", mailboxes), ["read", "grep", "glob", "edit", "write", "patch", "mission_work"])
  assert.deepEqual(toolsOf("planner", mailboxes), [])
  const rules = rulesOf("reviewer", mailboxes, [EVERY])
  assert.deepEqual(rules[0], rule("*", "*", "deny"))
  assert.ok(!rules.some(({ action }) => action === "edit" || action === "mission_work"))
})

test("tools and their arguments have the engine's names on the way in, and their own on the way back", () => {
  for (const [tool, input, name, args] of /** @type {[string, any, string, any][]} */ ([
    ["write", { path: "a", content: "b" }, "write", { filePath: "a", content: "b" }],
    ["glob", { pattern: "*", path: "src" }, "glob", { pattern: "*", path: "src" }],
    ["shell", { command: "ls" }, "bash", { command: "ls" }],
    ["patch", { patchText: "x" }, "apply_patch", { patchText: "x" }],
    ["read", "nonsense", "read", "nonsense"],
  ])) {
    assert.deepEqual(toEngine(tool, input), { name, args })
    if (typeof args === "object") assert.deepEqual(fromEngine(tool, args), input)
  }
})
