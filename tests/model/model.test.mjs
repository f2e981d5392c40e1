/** The scripted model alone: what it reads from a conversation, and what it answers. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { readdirSync } from "node:fs"
import test from "node:test"
import { fileURLToPath } from "node:url"
import { readHeader } from "./conversation.mjs"
import { loadScenario, problemsOf } from "./scenario.mjs"
import { startModel } from "./server.mjs"

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url))

/** @param {Record<string, unknown>} header @param {string} [text] */
const prompt = (header, text = "Do it.") => ({
  role: "user",
  content: `${Object.entries({ mission: "m-abcd1234", ...header })
    .map(([key, value]) => `${key}: ${value}`)
    .join("\n")}\n\n${text}`,
})
const said = { role: "assistant", content: "said" }
const broken = { role: "assistant", content: "" }
const tool = { role: "tool", tool_call_id: "c", content: "ok" }
const TOOLS = ["write", "edit", "mission_brief", "mission_plan", "mission_work", "mission_review"].map((name) => ({
  type: "function",
  function: { name },
}))

/**
 * The message with which a scenario answers a conversation.
 * @param {import("./scenario.mjs").Scenario} scenario
 * @param {object[]} messages
 * @param {(server: import("./server.mjs").ModelServer, ask: (messages: object[], stream?: boolean) => Promise<Response>) => Promise<void>} [more]
 */
async function ask(scenario, messages, more) {
  const server = await startModel(scenario)
  /** @param {object[]} list */
  const post = (list, stream = false) =>
    fetch(`${server.url}/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "m", stream, messages: list, tools: TOOLS }),
    })
  try {
    if (more) await more(server, post)
    const { choices } = /** @type {any} */ (await (await post(messages)).json())
    const message = choices[0].message
    return {
      text: message.content,
      calls: (message.tool_calls ?? []).map((/** @type {any} */ c) => [c.function.name, JSON.parse(c.function.arguments)]),
    }
  } finally {
    await server.close()
  }
}

const PLAN = { tasks: [{ id: "one", title: "One", instructions: "Do", files: ["src/a.js"], acceptance: ["it is"] }] }

test("the header is read, and nothing else is taken for one", () => {
  assert.deepEqual(readHeader("mission: m-abcd1234\nrole: coder\ntask: one\nattempt: 2\npart: tests\n\nattempt: 9"), {
    mission: "m-abcd1234",
    role: "coder",
    task: "one",
    attempt: 2,
    part: "tests",
  })
  assert.deepEqual(readHeader("mission: m-abcd1234\nrole: searcher\nattempt: 1\nFind"), {
    mission: "m-abcd1234",
    role: "searcher",
    attempt: 1,
  })
  for (const text of [
    "",
    "hello",
    "role: coder",
    "mission: nope\nrole: coder",
    "mission: m-abcd1234\nrole: king",
    "please\nmission: m-abcd1234\nrole: coder",
  ]) {
    assert.equal(readHeader(text), undefined, text)
  }
})

test("every role has an answer of its own", async () => {
  const scenario = {
    plan: PLAN,
    work: { one: { "src/a.js": "x\n", "src/b.js": /** @type {[string, string][]} */ ([["old", "new"]]) } },
  }
  const brief = await ask(scenario, [prompt({ role: "searcher" }, "Look at src/a.js and src/z.js.")])
  assert.deepEqual(
    brief.calls[0][1].files.map((/** @type {any} */ f) => f.path),
    ["src/a.js"],
    "the files of the plan come first",
  )
  assert.deepEqual((await ask({}, [prompt({ role: "searcher" }, "See lib/x.ts.")])).calls[0][1].files[0].path, "lib/x.ts")
  assert.deepEqual((await ask(scenario, [prompt({ role: "planner" })])).calls, [["mission_plan", PLAN]])
  const coder = { role: "coder", task: "one", attempt: 1 }
  assert.deepEqual((await ask(scenario, [prompt(coder)])).calls, [
    ["write", { filePath: "src/a.js", content: "x\n" }],
    ["edit", { filePath: "src/b.js", oldString: "old", newString: "new" }],
  ])
  assert.deepEqual((await ask(scenario, [prompt(coder), said, tool])).calls, [
    ["mission_work", { status: "done", summary: "Did one." }],
  ])
  assert.deepEqual(await ask(scenario, [prompt(coder), broken, said, tool, said, tool]), { text: "Done.", calls: [] })
  const review = await ask(scenario, [
    prompt({ role: "reviewer", task: "one" }, "a1: it is\na2: it was\nab: no\n+a3: in the diff"),
  ])
  assert.deepEqual(review.calls[0][1], {
    verdict: "approve",
    findings: [],
    acceptance: ["a1", "a2"].map((id) => ({ id, met: true, evidence: "seen in the diff" })),
  })
})

test("answers are found by task, attempt, prompt, part and text; the first that fits wins", async () => {
  /** @type {import("./scenario.mjs").Scenario} */
  const scenario = {
    answers: [
      { role: "coder", task: "one", attempt: 2, turns: [{ text: "second attempt" }] },
      { role: "coder", task: "one", prompt: 2, turns: [{ text: "reminded" }] },
      { role: "coder", task: "one", part: "tests", turns: [{ text: "tests" }] },
      { role: "coder", match: "colou?r", turns: [{ text: "matched {{task}} of {{mission}}" }] },
      { role: "coder", turns: [{ text: "any" }], repeat: true },
    ],
  }
  /** @param {Record<string, unknown>} header @param {string} [text] */
  const first = async (header, text) => (await ask(scenario, [prompt({ role: "coder", ...header }, text)])).text
  assert.equal(await first({ task: "one", attempt: 2 }), "second attempt")
  assert.equal(await first({ task: "one", attempt: 1, part: "tests" }), "tests")
  assert.equal(await first({ task: "two", attempt: 1 }, "the color"), "matched two of m-abcd1234")
  assert.equal(await first({ task: "two", attempt: 1 }), "any")
  const twice = prompt({ role: "coder", task: "one", attempt: 1 })
  assert.equal((await ask(scenario, [twice, said, twice])).text, "reminded")
  assert.equal(
    (await ask(scenario, [prompt({ role: "coder", task: "x" }), said, tool, said, tool])).text,
    "any",
    "repeated without end",
  )
})

test("steps count the prompts of a task over sessions and roles", async () => {
  /** @type {import("./scenario.mjs").Scenario} */
  const scenario = {
    answers: [1, 2, 3].map((step) => ({ role: ["coder", "fixer"], step, turns: [{ text: `step ${step}` }] })),
  }
  const server = await startModel(scenario)
  /** @param {string} session @param {object[]} messages */
  const say = async (session, messages) => {
    const response = await fetch(`${server.url}/chat/completions`, {
      method: "POST",
      headers: { "x-session-id": session },
      body: JSON.stringify({ messages }),
    })
    return /** @type {any} */ (await response.json()).choices[0].message.content
  }
  const coder = prompt({ role: "coder", task: "a", attempt: 1 })
  assert.equal(await say("one", [coder]), "step 1")
  assert.equal(await say("one", [coder]), "step 1", "asked again after a failure of the network")
  assert.equal(await say("one", [coder, said, prompt({ role: "fixer", task: "a", attempt: 1 })]), "step 2")
  assert.equal(await say("two", [prompt({ role: "coder", task: "a", attempt: 2 })]), "step 3")
  assert.equal(await say("three", [prompt({ role: "coder", task: "b", attempt: 1 })]), "step 1")
  await server.close()
})

test("a fault happens as often as it says, and costs no place in the script", async () => {
  /** @type {import("./scenario.mjs").Scenario} */
  const scenario = {
    plan: PLAN,
    answers: [{ role: "planner", turns: [{ error: 429, retry_after: 1 }, { error: 500, times: 2 }, { use: "default" }] }],
  }
  const messages = [prompt({ role: "planner" })]
  const last = await ask(scenario, messages, async (server, post) => {
    const limited = await post(messages)
    assert.equal(limited.status, 429)
    assert.equal(limited.headers.get("retry-after"), "1")
    for (const status of [500, 500]) assert.equal((await post(messages)).status, status)
    assert.deepEqual(
      server.requests.map((r) => r.outcome),
      ["fault", "fault", "fault"],
    )
  })
  assert.equal(last.calls[0][0], "mission_plan")
})

test("broken streams break as they should", async () => {
  const messages = [prompt({ role: "coder", task: "a" })]
  const dropped = { answers: [{ role: "coder", turns: [{ drop: true }, { text: "after" }] }] }
  const text = await ask(dropped, messages, async (_, post) => {
    await assert.rejects((await post(messages, true)).text())
  })
  assert.equal(text.text, "after")
  await ask({ answers: [{ role: "coder", turns: [{ garbage: "{nope" }, { text: "after" }] }] }, messages, async (_, post) => {
    assert.match(await (await post(messages, true)).text(), /data: \{nope\n/)
  })
  await ask({ answers: [{ role: "coder", turns: [{ hang: true }, { text: "after" }] }] }, messages, async (server) => {
    const body = JSON.stringify({ stream: true, messages })
    const response = await fetch(`${server.url}/chat/completions`, { method: "POST", body, signal: AbortSignal.timeout(150) })
    await assert.rejects(response.text())
    await new Promise((done) => setTimeout(done, 50))
    assert.equal(server.requests[0].outcome, "aborted")
  })
})

test("a stream puts together to the same answer, with usage at its end", async () => {
  const long = "é".repeat(3000)
  await ask({ work: { one: { "a.txt": long } } }, [prompt({ role: "coder", task: "one" })], async (_, post) => {
    const text = await (await post([prompt({ role: "coder", task: "one" })], true)).text()
    const events = text
      .split("\n\n")
      .filter(Boolean)
      .map((line) => line.slice("data: ".length))
    assert.equal(events.pop(), "[DONE]")
    const chunks = events.map((line) => JSON.parse(line))
    const args = chunks.flatMap((c) => c.choices[0]?.delta.tool_calls ?? []).map((c) => c.function.arguments)
    assert.ok(args.length > 3, "in pieces")
    assert.deepEqual(JSON.parse(args.join("")), { filePath: "a.txt", content: long })
    const { usage } = chunks[chunks.length - 1]
    assert.ok(usage.completion_tokens > 1500 && usage.completion_tokens < 1700, `${usage.completion_tokens}`)
    assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
  })
})

test("gates hold an answer, and the record tells how many were under way", async () => {
  /** @type {import("./scenario.mjs").Scenario} */
  const scenario = { answers: [{ role: "coder", turns: [{ gate: "g", text: "through" }] }] }
  await ask(scenario, [prompt({ role: "coder", task: "z" })], async (server, post) => {
    const both = ["a", "b"].map((task) => post([prompt({ role: "coder", task })]).then((r) => r.text()))
    await server.reached("g", { count: 2 })
    assert.equal(server.requests.length, 2)
    assert.equal(server.peak(), 2)
    server.release("g")
    await Promise.all(both)
    assert.equal(server.peak(), 2)
    assert.deepEqual(server.problems, [])
  })
})

test("a scenario with mistakes is refused with all of them, each with its place", () => {
  const problems = problemsOf({
    plam: {},
    work: { a: { "x.js": 5 } },
    answers: [
      { role: "coder", turns: [{ wirte: {} }, { error: 200 }, { times: 2, text: "x" }] },
      { role: "boss", turns: [] },
      { role: "reviewer", turns: [{ done: "x" }, { use: "default" }, { error: 500, drop: true }], match: "(" },
    ],
  })
  for (const expected of [
    "scenario: unknown key `plam`",
    "scenario.work: must be an object of task id to",
    "answers[0].turns[0]: unknown key `wirte`",
    "answers[0].turns[1].error: must be an HTTP status",
    "answers[0].turns[2].times: only a fault",
    "answers[1].role: must be one or a list of",
    "answers[1].turns: must be a list of at least one",
    "answers[2].match: must be a regular expression",
    "answers[2].turns[0].done: only coder and fixer",
    "answers[2].turns[1].use: must be the last turn",
    "answers[2].turns[2]: one fault a turn, not error and drop",
  ]) {
    assert.ok(
      problems.some((problem) => problem.startsWith(expected)),
      `${expected}\nin\n${problems.join("\n")}`,
    )
  }
  assert.throws(() => loadScenario(here("no-such.json")), /failed to read the scenario .*no-such\.json/)
})

test("the scenarios kept here can be played", () => {
  const names = readdirSync(here("scenarios"))
  assert.ok(names.length > 0)
  for (const name of names) loadScenario(here(`scenarios/${name}`))
})

test("the program prints its address and ends on SIGTERM", async () => {
  const child = execFile(process.execPath, [here("cli.mjs"), here("scenarios/diamond.json"), "--port", "0"])
  const [line] = await once(/** @type {import("node:stream").Readable} */ (child.stdout), "data")
  const answer = await fetch(`${String(line).trim()}/models`)
  assert.equal(/** @type {any} */ (await answer.json()).data[0].id, "scripted")
  child.kill("SIGTERM")
  const [code] = await once(child, "exit")
  assert.equal(code, 0)
})
