/** What the plugin asks of an embedding model, against a real server on loopback. */
import assert from "node:assert/strict"
import { createServer } from "node:http"
import test from "node:test"
import { embed } from "../../plugin/embeddings.js"

/**
 * A server that gives each request to `answer`, and its address.
 * @param {import("node:test").TestContext} t
 * @param {(request: import("node:http").IncomingMessage, body: any, response: import("node:http").ServerResponse) => void} answer
 */
async function serve(t, answer) {
  const server = createServer(async (request, response) => {
    let text = ""
    for await (const piece of request) text += piece
    answer(request, JSON.parse(text), response)
  })
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)))
  t.after(() => server.close())
  return `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`
}

/** @param {unknown} value */
const json = (value) => (/** @type {any} */ _request, /** @type {any} */ _body, /** @type {import("node:http").ServerResponse} */ response) => void response.end(JSON.stringify(value))
const PACKAGE = "@ai-sdk/openai-compatible"
/** @param {import("../../plugin/embeddings.js").Known} known */
const asked = (known, texts = ["a", "b"]) => embed("p/some/model", texts, async (provider, model) => (assert.deepEqual([provider, model], ["p", "some/model"]), known))

test("texts go to the provider's own address with its key and headers, and vectors come back in their order", async (t) => {
  /** @type {any} */
  let seen
  const base = await serve(t, (request, body, response) => {
    seen = { method: request.method, url: request.url, key: request.headers.authorization, own: request.headers["x-own"], body }
    response.end(JSON.stringify({ data: [{ index: 1, embedding: [0, 1] }, { index: 0, embedding: [1, 0] }], usage: { prompt_tokens: 7, total_tokens: 9 } }))
  })
  const answer = await asked({ package: PACKAGE, url: `${base}/v1/`, key: "k", headers: { "x-own": "1" } })
  assert.deepEqual(answer, { vectors: [[1, 0], [0, 1]], tokens: 7 })
  assert.deepEqual(seen, { method: "POST", url: "/v1/embeddings", key: "Bearer k", own: "1", body: { model: "some/model", input: ["a", "b"], encoding_format: "float" } })
  await asked({ package: "@opencode/ai/providers/openai-compatible", url: base })
  assert.equal(seen.key, undefined)
})

const ANSWERS = /** @type {[string, unknown][]} */ ([
  ["no list", {}],
  ["too few vectors", { data: [{ embedding: [1] }] }],
  ["too many", { data: [{ embedding: [1] }, { embedding: [1] }, { embedding: [1] }] }],
  ["two with one number", { data: [{ index: 0, embedding: [1] }, { index: 0, embedding: [1] }] }],
  ["a vector of text", { data: [{ embedding: ["1"] }, { embedding: [1] }] }],
  ["an empty vector", { data: [{ embedding: [] }, { embedding: [1] }] }],
  ["a number that is none", { data: [{ index: 1e9, embedding: [1] }, { index: "0", embedding: [1] }] }],
])
for (const [name, value] of ANSWERS) {
  test(`an answer with ${name} is refused`, async (t) => {
    const url = await serve(t, json(value))
    await assert.rejects(asked({ package: PACKAGE, url }), /answered with something else than 2 vectors/)
  })
}

test("an error of the provider says its status, and no key goes to another server", async (t) => {
  const full = await serve(t, (_request, _body, response) => void response.writeHead(429).end(`{"error":"slow\n down"}${"x".repeat(500)}`))
  await assert.rejects(asked({ package: PACKAGE, url: full }), (/** @type {Error} */ error) => /answered 429: \{"error":"slow down"\}x+$/.test(error.message) && error.message.length < 300)
  let reached = 0
  const other = await serve(t, (_request, _body, response) => void (reached++, response.end("{}")))
  const moved = await serve(t, (_request, _body, response) => void response.writeHead(307, { location: `${other}/embeddings` }).end())
  await assert.rejects(asked({ package: PACKAGE, url: moved, key: "k" }), /could not be asked/)
  assert.equal(reached, 0)
  const text = await serve(t, (_request, _body, response) => void response.end("<html>"))
  await assert.rejects(asked({ package: PACKAGE, url: text }), /something else than 2 vectors/)
  await assert.rejects(asked({ package: PACKAGE, url: "http://127.0.0.1:1" }), /127\.0\.0\.1:1 could not be asked/)
})

test("a provider without this interface, without an address, or that is missing is named", async () => {
  await assert.rejects(asked({ package: "@ai-sdk/anthropic", url: "http://127.0.0.1:1" }), /provider `p` \(@ai-sdk\/anthropic\) has no interface/)
  await assert.rejects(asked({ package: PACKAGE }), /no address of the provider `p`.*options\.baseURL/)
  await assert.rejects(embed("p/m", ["a"], async () => undefined), /no provider `p`.*opencode\.json/)
})
