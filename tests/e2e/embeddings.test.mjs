/** One more voice in the ranking: an embedding model that the user names, here a small real server on loopback. */
import assert from "node:assert/strict"
import { statSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { ROOT, scene, start } from "../harness/index.mjs"
import { constant, noPlugin, printed, project, task } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

/** The requests that the model got. @type {{ key: string | undefined, texts: string[] }[]} */
let asked = []
let broken = false
/** Its vectors have two directions: what is about prices, and everything else. */
const server = createServer(async (request, response) => {
  let text = ""
  for await (const piece of request) text += piece
  const { input, model } = JSON.parse(text)
  asked.push({ key: request.headers.authorization, texts: input })
  if (broken || model !== "tiny") return void response.writeHead(500).end("the model is\nnot there")
  const data = input.map((/** @type {string} */ one, /** @type {number} */ index) => ({ index, embedding: /bargain|tariff/i.test(one) ? [1, 0.1] : [0.1, 1] }))
  response.end(JSON.stringify({ data, usage: { prompt_tokens: 100, total_tokens: 100 } }))
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)))
server.unref()
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address())

const OBJECTIVE = "Bargains everywhere"
const SECRET = `ghp_${"a1B2".repeat(9)}`
const options = {
  skip: noPlugin,
  files: project({ "src/tariff.js": `export const TARIFF = 3;\nconst token = "${SECRET}";\n`, ".env": "PASSWORD=hunter2hunter2\n" }),
  toml: '[context]\nembeddings = "vectors/tiny"\n',
  scenario: { plan: { tasks: [task("one", ["src/one.js"])] }, work: { one: { "src/one.js": constant("ONE", 1) } } },
}

/** Names the server as a provider of the user's. @param {World} world */
const known = (world) =>
  world.configure((config) => {
    config.provider.vectors = { npm: "@ai-sdk/openai-compatible", options: { baseURL: `http://127.0.0.1:${port}/v1`, apiKey: "key-of-vectors" }, models: { tiny: { name: "tiny", cost: { input: 2, output: 0 } } } }
  })

/** @param {World} world @param {string[]} args */
const cli = (world, args) =>
  start(process.execPath, [join(ROOT, "bin", "opencode-orchestrator.js"), ...args], { cwd: world.project, env: world.env, deadline_ms: 30_000 }).done

/** What the newest Searcher was asked. @param {World} world */
const searched = (world) => world.model.roleRequests.findLast((request) => request.role === "searcher" && request.turn === 0)?.prompt_text ?? ""

scene("a file that shares no word with the objective is ranked by its vector, which is asked for once", options, async (world) => {
  known(world)
  asked = []
  const first = await world.task(OBJECTIVE)
  assert.match(searched(world), /src\/tariff\.js \(2 lines\): similar in meaning \(1\.00\)/, printed(first))
  assert.deepEqual([...new Set(asked.map(({ key }) => key))], ["Bearer key-of-vectors"])
  const texts = asked.flatMap(({ texts }) => texts).join("\n")
  assert.ok(texts.includes("src/tariff.js") && texts.includes(OBJECTIVE), texts)
  assert.doesNotMatch(texts, new RegExp(`${SECRET}|hunter2|\\.env`))
  const spent = world.facts("role_spent").filter((fact) => fact.role === "searcher" && fact.tokens.input === 100 && fact.tokens.output === 0)
  assert.deepEqual(spent.map((fact) => fact.cost_usd), asked.map(() => 0.0002), "100 tokens at $2 a million")

  const before = asked.length
  await world.task(OBJECTIVE)
  assert.ok(searched(world).includes("similar in meaning"))
  const again = asked.slice(before).flatMap(({ texts }) => texts)
  assert.ok(!again.some((text) => text.startsWith("src/tariff.js")), "an unchanged file keeps its vector")

  const shown = await cli(world, ["search", OBJECTIVE])
  assert.match(shown.stdout, /src\/tariff\.js[^]*similar in meaning[^]*meaning \d+ %/)
  const other = await cli(world, ["search", "metre"])
  assert.match(other.stdout + other.stderr, /`vectors\/tiny` of `\[context\] embeddings` is not part of this ranking/)
  const path = join(String(world.state), "vectors.bin")
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

scene("a model that fails is named once, and files are ranked without it", options, async (world) => {
  known(world)
  asked = []
  broken = true
  try {
    const text = printed(await world.task(OBJECTIVE))
    const said = text.match(/- `\[context\] embeddings`: [^\n]*/g) ?? []
    assert.equal(said.length, 1, text)
    assert.match(said[0], /127\.0\.0\.1:\d+ answered 500: the model is not there; files are ranked without `vectors\/tiny`/)
    assert.equal(asked.length, 1)
    assert.ok(!searched(world).includes("similar in meaning"))
    assert.equal(world.read("src/one.js"), constant("ONE", 1))
  } finally {
    broken = false
  }
})

scene("a repository that names a model needs trust for it", { ...options, toml: undefined, files: { ...options.files, "opencode.toml": options.toml } }, async (world) => {
  known(world)
  asked = []
  assert.match(printed(await world.task(OBJECTIVE)), /context\.embeddings/)
  assert.equal(asked.length, 0)
})
