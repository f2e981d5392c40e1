/**
 * A scripted model behind an OpenAI-compatible HTTP interface on the loopback.
 *
 * It plays a scenario (scenario.mjs), records every request, and can hold an answer at a named gate until the test
 * releases it.
 */
import { createServer } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { SLOWER } from "../harness/process.mjs"
import { readConversation } from "./conversation.mjs"
import { loadScenario } from "./scenario.mjs"
import { replyTo } from "./script.mjs"
import { completionOf, eventsOf, usageOf } from "./wire.mjs"

/** @typedef {import("./scenario.mjs").Scenario} Scenario */
/** @typedef {import("./script.mjs").Reply} Reply */

/**
 * The record of a request.
 * @typedef {object} RequestRecord
 * @property {number} n From 1, in order of arrival.
 * @property {"role" | "title" | "summary" | "chat"} kind
 * @property {string} [mission]
 * @property {string} [role]
 * @property {string} [task]
 * @property {number} [attempt]
 * @property {string} [part]
 * @property {number} [step] The number of its prompt within the task, coder and fixer together.
 * @property {number} prompt
 * @property {number} turn
 * @property {string} prompt_text
 * @property {string} model
 * @property {string} session
 * @property {string} cwd
 * @property {number} bytes Size of the request's body.
 * @property {string[]} tools Names of the tools that the request offers.
 * @property {{ total_tokens: number }} [usage] The tokens that the answer reported.
 * @property {string} reply The turn of the scenario that answered, such as `answers[0].turns[1]`.
 * @property {string[]} calls Tools that the answer calls.
 * @property {number} started_ms Since the server's start.
 * @property {number} [ended_ms]
 * @property {"answered" | "fault" | "aborted"} [outcome] Aborted: the client hung up first.
 * @property {any} [body] Kept for the last {@link KEPT_BODIES} requests.
 */

const KEPT_BODIES = 400
const KEPT_RECORDS = 20_000
const MAX_BODY = 64 * 1024 * 1024
/** The longest time that an answer is held, even if a test forgets to release it. */
const GATE_LIMIT_MS = 120_000 * SLOWER
const HANG_LIMIT_MS = 600_000

class Gate {
  constructor() {
    /** The number of answers that have reached it. */
    this.arrived = 0
    /** @type {(value?: unknown) => void} */
    this.open = () => {}
    this.opened = new Promise((done) => (this.open = done))
  }
}

export class ModelServer {
  /** @param {Scenario} scenario */
  constructor(scenario) {
    this.scenario = scenario
    /** @type {RequestRecord[]} */
    this.requests = []
    /** Requests that no scenario foresees, in words. A test may require this to be empty. */
    /** @type {string[]} */
    this.problems = []
    /** @type {Map<string, number>} */
    this.strikes = new Map()
    /** Prompts of each task, in order of arrival. */
    /** @type {Map<string, string[]>} */
    this.steps = new Map()
    /** @type {Map<string, Gate>} */
    this.gates = new Map()
    this.count = 0
    this.started = Date.now()
    this.stopping = new AbortController()
    this.http = createServer((request, response) => {
      this.route(request, response).catch((error) => {
        this.problems.push(`a request failed: ${error instanceof Error ? error.message : error}`)
        if (!response.headersSent) response.writeHead(500)
        response.end()
      })
    })
  }

  /**
   * @param {number} [port] 0 picks a free one.
   * @returns {Promise<this>}
   */
  async listen(port = 0) {
    await new Promise((done, fail) => {
      this.http.once("error", fail)
      this.http.listen(port, "127.0.0.1", () => done(undefined))
    })
    return this
  }

  /** The base URL for a provider's configuration. */
  get url() {
    const address = this.http.address()
    if (!address || typeof address === "string") throw new Error("the model server is not listening")
    return `http://127.0.0.1:${address.port}/v1`
  }

  async close() {
    this.stopping.abort()
    for (const gate of this.gates.values()) gate.open()
    this.http.closeAllConnections()
    await new Promise((done) => this.http.close(() => done(undefined)))
  }

  async [Symbol.asyncDispose]() {
    await this.close()
  }

  /** @param {string} name */
  gate(name) {
    let gate = this.gates.get(name)
    if (!gate) this.gates.set(name, (gate = new Gate()))
    return gate
  }

  /**
   * Resolves when `count` answers have been held at this gate.
   * @param {string} name
   * @param {{ count?: number, limit_ms?: number }} [options]
   */
  async reached(name, { count = 1, limit_ms = 60_000 } = {}) {
    const end = Date.now() + limit_ms * SLOWER
    while (this.gate(name).arrived < count) {
      if (Date.now() > end) {
        throw new Error(
          `${this.gate(name).arrived} of ${count} answers came to gate "${name}" within ${limit_ms} ms; requests so far:\n${this.summary()}`,
        )
      }
      await sleep(10)
    }
  }

  /**
   * Releases the answers that wait at this gate, and all later ones.
   * @param {string} name
   */
  release(name) {
    this.gate(name).open()
  }

  /** Requests of roles, in order of arrival. */
  get roleRequests() {
    return this.requests.filter((request) => request.kind === "role")
  }

  /** The most simultaneous requests. @param {(r: RequestRecord) => boolean} [which] */
  peak(which = (r) => r.kind === "role") {
    const marks = this.requests.filter(which).flatMap((r) => [
      [r.started_ms, 1],
      [r.ended_ms ?? Infinity, -1],
    ])
    marks.sort((a, b) => a[0] - b[0] || a[1] - b[1])
    let now = 0
    return marks.reduce((most, [, step]) => Math.max(most, (now += step)), 0)
  }

  /** The record as a short table, for messages of failing tests. */
  summary() {
    return this.requests
      .slice(-80)
      .map((r) => {
        const who = [r.role ?? r.kind, r.task, r.part].filter(Boolean).join(" ")
        const place = `attempt ${r.attempt ?? "-"} step ${r.step ?? "-"} prompt ${r.prompt} turn ${r.turn}`
        return `#${r.n} +${r.started_ms}ms ${who}, ${place}: ${r.reply} -> ${r.calls.join(" ") || "text"} [${r.outcome ?? "open"}]`
      })
      .join("\n")
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   */
  async route(request, response) {
    const path = (request.url ?? "/").split("?")[0].replace(/\/+$/, "")
    if (request.method === "POST" && path.endsWith("/chat/completions")) return this.complete(request, response)
    if (request.method === "GET" && path.endsWith("/models"))
      return json(response, 200, { object: "list", data: [{ id: "scripted", object: "model", owned_by: "tests" }] })
    if (request.method === "GET" && path === "/requests")
      return json(
        response,
        200,
        this.requests.map(({ body: _, ...rest }) => rest),
      )
    if (request.method === "POST" && path.startsWith("/release/")) {
      this.release(decodeURIComponent(path.slice("/release/".length)))
      return json(response, 200, {})
    }
    return json(response, 404, { error: { message: `there is no ${request.method} ${path} here`, type: "not_found" } })
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   */
  async complete(request, response) {
    const raw = await readBody(request)
    let body
    try {
      body = JSON.parse(raw)
    } catch {
      this.problems.push("a request's body was no JSON")
      return json(response, 400, { error: { message: "the body is not JSON", type: "invalid_request_error" } })
    }
    const talk = readConversation(body)
    const session = String(request.headers["x-session-id"] ?? "")
    talk.step = this.stepOf(talk, session)
    const reply = replyTo(this.scenario, talk, (key, times) => this.strike(key, times))
    const bytes = Buffer.byteLength(raw)
    /** @type {RequestRecord} */
    const record = {
      n: (this.count += 1),
      kind: talk.kind,
      ...talk.header,
      step: talk.step,
      prompt: talk.prompt,
      turn: talk.turn,
      prompt_text: talk.prompt_text,
      model: String(body.model ?? ""),
      session,
      cwd: talk.cwd,
      bytes,
      tools: (body.tools ?? []).map((/** @type {any} */ tool) => tool?.function?.name ?? "?"),
      reply: reply.name,
      calls: reply.calls.map((call) => call.tool),
      started_ms: Date.now() - this.started,
      body,
    }
    this.remember(record)
    for (const tool of record.calls) {
      if (!record.tools.includes(tool))
        this.problems.push(
          `request #${record.n} (${record.role ?? record.kind} ${record.task ?? ""}) is answered with a call of \`${tool}\`, which it does not offer`,
        )
    }

    // Aborted when the client has gone.
    const gone = new AbortController()
    response.on("close", () => gone.abort())
    const signal = AbortSignal.any([gone.signal, this.stopping.signal])
    const outcome = await this.answer(
      reply,
      body,
      { bytes, known: talk.known_bytes, n: record.n },
      response,
      signal,
      talk.header?.role ?? talk.kind,
    )
    record.outcome = signal.aborted && outcome === "answered" && !response.writableFinished ? "aborted" : outcome
    record.ended_ms = Date.now() - this.started
  }

  /** @param {RequestRecord} record */
  remember(record) {
    this.requests.push(record)
    const old = this.requests[this.requests.length - 1 - KEPT_BODIES]
    if (old) delete old.body
    if (this.requests.length > KEPT_RECORDS) this.requests.shift()
  }

  /**
   * The number of a prompt within its task: coder and fixer count together, in every session and attempt, so that a
   * scenario can say "the third try" without knowing how the engine tries.
   * @param {import("./conversation.mjs").Conversation} talk
   * @param {string} session
   */
  stepOf(talk, session) {
    const { header } = talk
    if (!header) return undefined
    const role = header.role === "fixer" ? "coder" : header.role
    const key = [header.mission, role, header.task, header.part].join("/")
    const prompt = `${session}#${talk.prompts}`
    const seen = this.steps.get(key) ?? []
    if (!seen.includes(prompt)) this.steps.set(key, [...seen, prompt])
    return (this.steps.get(key) ?? []).indexOf(prompt) + 1
  }

  /** @param {string} key @param {number} times */
  strike(key, times) {
    const struck = this.strikes.get(key) ?? 0
    if (struck >= times) return false
    this.strikes.set(key, struck + 1)
    return true
  }

  /**
   * Waits as the scenario says, then answers or plays the fault.
   * @param {Reply} reply
   * @param {any} body
   * @param {{ bytes: number, known: number, n: number }} size
   * @param {import("node:http").ServerResponse} response
   * @param {AbortSignal} signal
   * @param {string} role
   * @returns {Promise<"answered" | "fault" | "aborted">}
   */
  async answer(reply, body, size, response, signal, role) {
    const { latency_ms } = this.scenario
    const latency = typeof latency_ms === "number" ? latency_ms : (latency_ms?.[role] ?? latency_ms?.default ?? 0)
    const wait = reply.delay_ms || (role === "title" || role === "summary" ? 0 : latency)
    if (!(await pause(wait, signal))) return "aborted"
    if (reply.gate !== undefined) {
      const gate = this.gate(reply.gate)
      gate.arrived += 1
      const left = new Promise((done) => signal.addEventListener("abort", done, { once: true }))
      await Promise.race([gate.opened, left, sleep(GATE_LIMIT_MS, undefined, { ref: false, signal }).catch(() => {})])
      if (signal.aborted) return "aborted"
    }

    const id = `${this.started.toString(36)}${size.n}`
    const none = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
    const usage = this.scenario.usage === false ? none : usageOf(size.bytes, this.scenario.usage === "uncached" ? 0 : size.known, reply)
    const about = { id, model: String(body.model ?? "scripted"), usage }
    const { fault } = reply
    const record = this.requests.find(({ n }) => n === size.n)
    if (record && !fault) record.usage = usage
    if (fault?.error !== undefined) {
      /** @type {Record<string, string>} */
      const headers = fault.retry_after === undefined ? {} : { "retry-after": String(fault.retry_after) }
      json(
        response,
        fault.error,
        { error: { message: fault.message ?? `scripted error ${fault.error}`, type: "scripted", code: fault.error } },
        headers,
      )
      return "fault"
    }
    if (body.stream !== true && !fault) {
      json(response, 200, completionOf(reply, about))
      return "answered"
    }
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" })
    const events = eventsOf(fault ? { ...reply, text: reply.text || "I will begin by" } : reply, about)
    if (fault?.hang) {
      response.write(events[0])
      return (await pause(HANG_LIMIT_MS, signal)) ? "fault" : "aborted"
    }
    if (fault?.drop) {
      response.write(events.slice(0, 2).join(""))
      // Give the bytes time to leave, so that the client sees an interruption in the middle.
      await pause(20, signal)
      response.destroy()
      return "fault"
    }
    if (fault?.garbage !== undefined) {
      response.end(`${events[0]}data: ${fault.garbage}\n\ndata: [DONE]\n\n`)
      return "fault"
    }
    for (const text of events) {
      if (signal.aborted) return "aborted"
      response.write(text)
      if (this.scenario.chunk_ms && !(await pause(this.scenario.chunk_ms, signal))) return "aborted"
    }
    response.end()
    return "answered"
  }
}

/**
 * Waits; returns false if the client has gone.
 * @param {number} ms
 * @param {AbortSignal} signal
 */
async function pause(ms, signal) {
  if (ms <= 0) return !signal.aborted
  return sleep(ms, true, { signal }).catch(() => false)
}

/** @param {import("node:http").IncomingMessage} request */
async function readBody(request) {
  /** @type {Buffer[]} */
  const parts = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size > MAX_BODY) throw new Error(`a body of more than ${MAX_BODY} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString("utf8")
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {number} status
 * @param {unknown} value
 * @param {Record<string, string>} [headers]
 */
function json(response, status, value, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(JSON.stringify(value))
}

/**
 * Starts a server that plays a scenario.
 * @param {Scenario | string} scenario An object, or the path of a JSON file.
 * @param {{ port?: number }} [options]
 * @returns {Promise<ModelServer>}
 */
export async function startModel(scenario, { port = 0 } = {}) {
  return new ModelServer(loadScenario(scenario)).listen(port)
}
