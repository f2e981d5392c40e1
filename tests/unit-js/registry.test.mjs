/** A call that reaches the plugin twice is handled once. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { first } from "../../plugin/registry.js"

test("a call is dealt with once, and another with the same id is another call", () => {
  const call = { args: { command: "true" }, callID: "call_0" }
  assert.equal(first(call), true)
  assert.equal(first(call), false, "a second entry of the plugin sees the same object")
  assert.equal(first({ ...call }), true)
})
