/** Whether the user's permissions leave a tool wholly free. */
import assert from "node:assert/strict"
import test from "node:test"
import { allowsAll } from "../../plugin/config.js"

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
  [{ "mission_*": "deny", "[": "deny" }, true],
]

for (const [own, free] of CASES) {
  test(`a shell with the permissions ${JSON.stringify(own)}: ${free ? "yes" : "no"}`, () => {
    assert.equal(allowsAll(own, "bash"), free)
  })
}
