/** The permissions that roles have under the user's. */
import assert from "node:assert/strict"
import test from "node:test"
import { allowsAll, limits } from "../../plugin/v1/config.js"

/** @type {[unknown, boolean][]} */
const CASES = [
  [undefined, true],
  ["allow", true],
  ["ask", false],
  [{ edit: "deny" }, true],
  [{ bash: "deny" }, false],
  [{ bash: { "*": "allow" } }, true],
  [{ bash: { "*": "allow", "rm *": "ask" } }, false],
  [{ "*": "ask" }, false],
  [{ "*": "ask", bash: "allow" }, true],
  [{ "ba*": "deny" }, false],
  [{ "b?sh": "ask", bash: "allow" }, false],
  [{ bash: "allow", "*": "deny" }, false],
  [{ "mission_*": "deny", "[": "deny" }, true],
]

for (const [own, free] of CASES) {
  test(`a shell with the permissions ${JSON.stringify(own)}: ${free ? "yes" : "no"}`, () => {
    assert.equal(allowsAll(own, "bash"), free)
  })
}

/** Permissions of the user, and the resulting rules for a role's edits. @type {[unknown, object][]} */
const LIMITS = [
  [undefined, {}],
  ["deny", { "*": "deny" }],
  ["ask", {}],
  [{ edit: "deny" }, { "*": "deny" }],
  [{ "ed*": "deny" }, { "*": "deny" }],
  [{ "?dit": { "*.env": "deny", "src/*": "ask" } }, { "*.env": "deny", "src/*": "ask" }],
  [{ "*": "deny", "ed*": "allow" }, {}],
  [{ edit: "allow", "*": "deny" }, { "*": "deny" }],
  [{ "ed*": { "*.env": "deny" }, edit: { "src/*": "ask" } }, { "*.env": "deny", "src/*": "ask" }],
  [{ "ed*": { "*.env": "deny" }, edit: "allow" }, {}],
  [{ edit: { "*": "deny", "docs/*": "allow" } }, { "*": "deny", "docs/*": "allow" }],
  [{ edit: { "*": "ask", "src/*": "deny" } }, { "src/*": "deny" }],
  [{ "write*": "deny", ed: "deny" }, {}],
]

for (const [own, rules] of LIMITS) {
  test(`edits with the permissions ${JSON.stringify(own)}: ${JSON.stringify(rules)}`, () => {
    assert.deepEqual(Object.entries(limits(own, "edit")), Object.entries(rules))
  })
}
