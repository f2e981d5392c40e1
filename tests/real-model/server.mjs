/**
 * A real, very small model behind an OpenAI-compatible HTTP interface on the loopback, for
 * `npm run test:real-model`.
 *
 * It answers every request that offers tools with a call of one of them. The model chooses the tool and
 * writes the arguments; a grammar keeps them in the form of the tool's schema. It serves one request at a
 * time, on one thread.
 */
import { createServer } from "node:http"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"

const CONTEXT = 2048
/** The most of a prompt that it reads, in characters: the beginning and the end of its texts. */
const [MOST_FIRST, MOST_LAST] = [1200, 2400]
const MAX_TOKENS = 220
const MAX_BODY = 64 * 1024 * 1024

/**
 * @param {{ runtime: string, weights: string }} places The folder with the runtime's packages, and the model's file.
 */
export async function startRealModel({ runtime, weights }) {
  const entry = createRequire(`${runtime}/package.json`).resolve("node-llama-cpp")
  const { getLlama, LlamaChatSession } = await import(pathToFileURL(entry).href)
  const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: "error" })
  const model = await llama.loadModel({ modelPath: weights })
  const context = await model.createContext({ contextSize: CONTEXT, threads: 1 })
  const sequence = context.getSequence()
  const seen = { requests: 0, calls: /** @type {Record<string, number>} */ ({}), tokens: 0 }

  /** @param {string} text @param {object} [schema] @param {AbortSignal} [signal] */
  async function ask(text, schema, signal) {
    await sequence.clearHistory()
    const session = new LlamaChatSession({ contextSequence: sequence })
    const grammar = schema ? await llama.createGrammarForJsonSchema(schema) : undefined
    const said = await session.prompt(text, { grammar, maxTokens: MAX_TOKENS, temperature: 0.8, signal, stopOnAbortSignal: true })
    session.dispose({ disposeSequence: false })
    return said
  }

  /** @param {any} body @param {AbortSignal} signal */
  async function answer(body, signal) {
    const text = shortened(body.messages ?? [])
    const tools = new Map((body.tools ?? []).map((/** @type {any} */ tool) => [tool.function.name, tool.function.parameters]))
    if (tools.size === 0) return { content: await ask(text, undefined, signal) }
    const chosen = JSON.parse(await ask(text, { type: "object", properties: { tool: { enum: [...tools.keys()] } } }, signal)).tool
    const said = await ask(`${text}\n\nCall the tool ${chosen}.`, simple(tools.get(chosen)), signal)
    seen.calls[chosen] = (seen.calls[chosen] ?? 0) + 1
    // An answer that was cut off is no JSON; OpenCode then says so to the model
    return { call: { name: chosen, arguments: said } }
  }

  let last = Promise.resolve()
  const server = createServer((request, response) => {
    if (request.method !== "POST") return void response.writeHead(404).end()
    /** @type {Buffer[]} */
    const parts = []
    let size = 0
    request.on("data", (part) => {
      size += part.length
      if (size > MAX_BODY) request.destroy()
      else parts.push(part)
    })
    request.on("end", () => {
      const gone = new AbortController()
      response.on("close", () => gone.abort())
      last = last.then(() => reply(JSON.parse(Buffer.concat(parts).toString()), response, gone.signal)).catch((error) => {
        if (!response.headersSent) response.writeHead(500)
        response.end(String(error))
      })
    })
  })

  /** @param {any} body @param {import("node:http").ServerResponse} response @param {AbortSignal} signal */
  async function reply(body, response, signal) {
    if (signal.aborted) return
    seen.requests += 1
    const { content, call } = await answer(body, signal)
    if (signal.aborted) return
    const usage = { prompt_tokens: Math.ceil(JSON.stringify(body).length / 4), completion_tokens: Math.ceil((content ?? call?.arguments ?? "").length / 4) }
    const total = { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens }
    seen.tokens += total.total_tokens
    const calls = call && [{ index: 0, id: `call_${seen.requests}`, type: "function", function: call }]
    const base = { id: `answer-${seen.requests}`, object: "chat.completion.chunk", created: 0, model: body.model }
    const chunk = (/** @type {object} */ more) => response.write(`data: ${JSON.stringify({ ...base, ...more })}\n\n`)
    response.writeHead(200, { "content-type": "text/event-stream" })
    chunk({ choices: [{ index: 0, delta: { role: "assistant", ...(calls ? { tool_calls: calls } : { content }) }, finish_reason: null }] })
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: calls ? "tool_calls" : "stop" }], usage: total })
    response.end("data: [DONE]\n\n")
  }

  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)))
  const address = /** @type {import("node:net").AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    seen,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await llama.dispose()
    },
  }
}

/** The beginning of the first text and the end of the last. @param {any[]} messages */
function shortened(messages) {
  const texts = messages.map(({ content }) => (typeof content === "string" ? content : (content ?? []).map((/** @type {any} */ part) => part.text ?? "").join("\n")))
  return `${(texts.at(0) ?? "").slice(0, MOST_FIRST)}\n\n${(texts.at(-1) ?? "").slice(-MOST_LAST)}`
}

/** The part of a schema that a grammar can enforce. @param {any} schema @returns {any} */
function simple(schema) {
  if (Array.isArray(schema?.enum)) return { enum: schema.enum }
  const some = schema?.anyOf ?? schema?.oneOf
  if (Array.isArray(some)) return simple(some[0])
  switch (schema?.type) {
    case "object": {
      const wanted = Object.entries(schema.properties ?? {}).filter(([name]) => (schema.required ?? []).includes(name))
      return { type: "object", properties: Object.fromEntries(wanted.map(([name, inner]) => [name, simple(inner)])) }
    }
    case "array":
      return { type: "array", items: simple(schema.items), maxItems: 3 }
    case "number":
    case "integer":
    case "boolean":
      return { type: schema.type }
    default:
      return { type: "string" }
  }
}
