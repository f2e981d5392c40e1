/** `npm run bench:uplift -- --model …`, with the scripted model instead of a real one. */
import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test from "node:test"
import { program, releases } from "../bench/uplift/releases.mjs"
import { editsBetween } from "../demo/edits.mjs"
import { ROOT, start } from "../harness/index.mjs"
import { startModel } from "../model/server.mjs"
import { noPlugin, printed, task } from "./fixtures.mjs"

const SETTINGS = "[mission]\nmax_cycles = 1\n[heal]\nfixes = 0\nfresh = 0\nsplits = 0\n"

/**
 * Of three releases the Coder makes one as it was, only claims to make one, and says of one that it cannot.
 * @param {import("../bench/uplift/releases.mjs").Release[]} three
 * @returns {import("../model/scenario.mjs").Scenario}
 */
function scenarioOf(three) {
  const [right, wrong, blocked] = three
  const changed = Object.keys(right.answer).filter((path) => right.answer[path] !== right.files[path])
  const plans = [task("right", changed), task("wrong", ["index.js"]), task("blocked", ["index.js"])]
  return {
    answers: [
      ...[right, wrong, blocked].map(({ title }, i) => ({ role: "planner", match: title, turns: [{ submit: { tasks: [plans[i]] } }] })),
      { role: "coder", task: "blocked", turns: [{ submit: { status: "blocked", summary: "I do not understand it." } }] },
    ],
    work: {
      right: Object.fromEntries(changed.map((path) => [path, editsBetween(right.files[path], right.answer[path])])),
      wrong: { "index.js": [["'use strict'\n", "'use strict'\n\nconst RELEASE = 'made'\n"]] },
    },
  }
}

test("bench:uplift --model: missions are judged by tests they never saw, and their limits kept", { skip: noPlugin, timeout: 580_000 }, async () => {
  const three = releases(["fast-uri"]).slice(0, 3)
  const model = await startModel(scenarioOf(three))
  const root = mkdtempSync(join(tmpdir(), "uplift-model-"))
  const at = (/** @type {string} */ name) => join(root, name)
  try {
    const models = { m: { name: "m", tool_call: true, cost: { input: 1, output: 2 }, limit: { context: 200_000, output: 8192 } } }
    const provider = { fake: { npm: "@ai-sdk/openai-compatible", options: { baseURL: model.url, apiKey: "scripted" }, models } }
    writeFileSync(at("opencode.json"), JSON.stringify({ provider }))
    writeFileSync(at("opencode.toml"), SETTINGS)
    const bench = (/** @type {string[]} */ ...more) => {
      const files = ["--config", at("opencode.json"), "--toml", at("opencode.toml"), "--results", at("results.jsonl")]
      const args = ["tests/bench/uplift-model.mjs", "--model", "fake/m", "--packages", "fast-uri", ...files, ...more]
      // Without the settings and keys of the person who runs this
      const env = { ...process.env, XDG_CONFIG_HOME: root, XDG_DATA_HOME: root, RELEASES_BIN: program(), NODE_TEST_CONTEXT: undefined }
      return start(process.execPath, args, { cwd: ROOT, env, deadline_ms: 300_000 }).done
    }
    const results = () => readFileSync(at("results.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line))

    const asked = await bench("--missions", "3")
    assert.equal(asked.code, 2, printed(asked))
    assert.match(printed(asked), /at most in all: \$2\.00, 3,000,000 tokens, 300 calls/)
    assert.equal(model.requests.length, 0, "nothing is spent before it is agreed to")

    const first = await bench("--missions", "2", "--usd", "2")
    assert.equal(first.code, 0, `${printed(first)}\n${model.summary()}`)
    const [one, two] = results()
    assert.deepEqual([one.title, one.outcome, two.title, two.outcome], [three[0].title, "right", three[1].title, "wrong"], printed(first))
    assert.deepEqual([one.judged.right, two.judged.right], [true, false])
    assert.match(readFileSync(at("results/fast-uri-3.1.1-3.1.2/change.diff"), "utf8"), /^\+const RELEASE = 'made'$/m)
    assert.ok(one.calls >= 4 && one.tokens > 1_000 && one.usd > 0, JSON.stringify(one))

    const before = model.requests.length
    const more = await bench("--missions", "3", "--calls", "60")
    assert.equal(more.code, 0, printed(more))
    assert.deepEqual(results().map(({ outcome }) => outcome), ["right", "wrong", "incomplete"], printed(more))
    assert.match(printed(more), /\| 3 \| 1 \(6 % to 79 %\) \| 1 \(6 % to 79 %\) \| 1 \(6 % to 79 %\) \|/)
    const titles = new Set(model.requests.slice(before).flatMap(({ prompt_text }) => three.map((t) => t.title).filter((t) => prompt_text.includes(t))))
    assert.deepEqual([...titles], [three[2].title], "what has a result is not asked for again")

    const over = await bench("--missions", "4", "--calls", String(one.calls + two.calls + 1))
    assert.match(printed(over), /The limits are reached/)
    assert.equal(results().length, 3)
    assert.deepEqual(model.problems, [])
  } finally {
    await model.close()
    rmSync(root, { recursive: true, force: true })
  }
})
