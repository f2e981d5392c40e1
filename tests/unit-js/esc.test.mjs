/** Esc ends a mission's turn: the host shows nothing more of it, so a note has its last line. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { runMission } from "../../plugin/mission.js"

test("after Esc a note says how the mission ended, without Markdown", async () => {
  /** @type {string[]} */
  const notes = []
  /** @type {string[]} */
  const stopped = []
  const host = { toast: async (/** @type {string} */ message) => void notes.push(message) }
  const engine = {
    stopIn: async (/** @type {string} */ session) => void stopped.push(session),
    command: async (/** @type {string} */ _text, /** @type {string} */ _session, /** @type {unknown} */ _calls, /** @type {(text: string) => void} */ say) => {
      say("- `one` started\n")
      esc.abort()
      say("\nYour files are as they were.\n\n‖ Paused after 0 of 1 tasks: stopped by Esc. `/task resume m-1` continues it\n")
    },
  }
  const lazy = { get: () => ({ engine, problem: "" }), during: (/** @type {Promise<void>} */ work) => work, busy: () => false, idle: async () => {} }
  const esc = new AbortController()
  const asked = { session: "s", text: "Add one", say: () => {}, signal: esc.signal }
  await runMission(/** @type {any} */ (lazy), /** @type {any} */ (host), asked)
  assert.deepEqual(stopped, ["s"])
  assert.deepEqual(notes, ["‖ Paused after 0 of 1 tasks: stopped by Esc. /task resume m-1 continues it"])
})
