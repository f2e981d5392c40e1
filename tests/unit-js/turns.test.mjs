/** What the user types after `/task` while a session is busy: each text is executed once, in its order. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { drop, remember, take } from "../../plugin/v1/turns.js"

const typed = (/** @type {string} */ text, answer = "") => ({ text, shown: text, ...(answer ? { answer } : {}) })
/** A request in which the user's messages after the last answer are these. @param {...string} texts */
const asks = (...texts) =>
  JSON.stringify({
    messages: [
      { role: "system", content: "s" },
      { role: "user", content: "Add one" },
      { role: "assistant", content: "Paused" },
      ...texts.map((text) => ({ role: "user", content: [{ type: "text", text }] })),
    ],
  })

test("a stop and a resume that are answered in one turn both count: the resume is not lost", () => {
  remember("s", typed("stop", "Mission `m-1` is being stopped."))
  remember("s", typed("resume"))
  assert.deepEqual(take("s", asks("stop", "resume")).map(({ text }) => text), ["stop", "resume"])
  assert.deepEqual(take("s", asks("resume")), [], "each is taken once")
})

test("a text whose message comes with the next request waits for it", () => {
  remember("s", typed("stop", "stopped"))
  remember("s", typed("resume"))
  assert.deepEqual(take("s", asks("stop")).map(({ text }) => text), ["stop"])
  assert.deepEqual(take("s", asks("resume")).map(({ text }) => text), ["resume"])
})

test("a text that only contains another one is not that one", () => {
  remember("s", typed("stop the server when a test fails"))
  remember("s", typed("stop", "stopped"))
  assert.deepEqual(take("s", asks("stop the server when a test fails")).map(({ text }) => text), ["stop the server when a test fails"])
  assert.deepEqual(take("s", asks("stop")).map(({ text }) => text), ["stop"])
  remember("s", typed("status", "first"))
  remember("s", typed("status", "second"))
  assert.deepEqual(take("s", asks("status")).map(({ answer }) => answer), ["first"], "one message, one text")
  const wrapped = "<system-reminder>\nThe user sent the following message:\nstatus\n\nPlease address this message and continue with your tasks.\n</system-reminder>"
  remember("s", typed("resume"))
  assert.deepEqual(take("s", asks(wrapped, "resume")).map(({ text }) => text), ["status", "resume"])
})

test("another session, a dropped text and an unreadable request", () => {
  remember("s", typed("Add two"))
  assert.deepEqual(take("other", asks("Add two")), [])
  drop("s")
  assert.deepEqual(take("s", asks("Add two")), [], "Esc ended the turn it waited behind")
  remember("s", typed("status"))
  remember("s", typed("resume"))
  assert.deepEqual(take("s", "not JSON").map(({ text }) => text), ["status", "resume"])
  remember("s", typed("Add three"))
  assert.deepEqual(take("s", asks("in a form that nobody knows")).map(({ text }) => text), ["Add three"])
})
