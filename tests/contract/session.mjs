/** A session of the contract host: its inbox, its agent loop against an OpenAI-compatible server, and its messages. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { ContractError, check, result as resultShape } from "./shapes.mjs"
import { asked, carryOut, effectOf, offered } from "./tools.mjs"

const INDEX = "docs/build/plugins/index.mdx"
/** docs/build/plugins/index.mdx, Retry policy: the built-in maximum is a hard limit. */
const ATTEMPTS = 5

export class Session {
  /**
   * @param {import("./host.mjs").ContractHost} host
   * @param {import("./location.mjs").Location} location
   * @param {{ id: string, title?: string, agent?: string, model?: any, permissions?: any[], parentID?: string }} given
   */
  constructor(host, location, { id, title, agent = "build", model, permissions = [], parentID }) {
    Object.assign(this, { parentID })
    this.host = host
    this.location = location
    this.id = id
    this.title = title
    this.agent = agent
    this.model = model
    this.permissions = permissions
    /** @type {any[]} */
    this.messages = []
    /** @type {any[]} */
    this.inbox = []
    this.tokens = { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } }
    this.cost = 0
    /** @type {AbortController | undefined} */
    this.running = undefined
    /** @type {Promise<void>} */
    this.loop = Promise.resolve()
    /** The number of requests that were sent for it. */
    this.requests = 0
    if (parentID === undefined && location.state("agent").get(agent)?.mode === "subagent") {
      throw new ContractError(`the agent ${agent} runs only in a child session`, "docs/agents.mdx, Modes")
    }
  }

  /** packages/schema/src/session.ts, `Info` */
  info() {
    const { id, title = "", agent, model, tokens, cost } = this
    return { id, projectID: "p", title, agent, model, tokens, cost, time: { created: 0, updated: 0 }, location: { directory: this.location.directory } }
  }

  /**
   * "Durably admit one session input and schedule agent-loop execution unless resume is false": packages/protocol/src/groups/session.ts
   * @param {any} input
   */
  admit({ type, text, description, metadata, delivery = "steer", resume, id = this.host.id("msg") }) {
    const payload = { text, description, metadata }
    this.inbox.push({ id, type, payload, delivery })
    // Without `resume: false` a synthetic message also makes the model answer
    if (resume !== false) setImmediate(() => this.wake())
    return { id, sessionID: this.id, timeCreated: Date.now(), type, payload, delivery }
  }

  wake() {
    if (this.running) return
    this.running = new AbortController()
    this.loop = this.run(this.running.signal).finally(() => (this.running = undefined))
  }

  async idle() {
    await this.loop
  }

  /** @param {string} reason */
  async interrupt(reason) {
    const active = this.running !== undefined
    this.running?.abort(reason)
    return { interrupted: active }
  }

  /** @param {AbortSignal} signal */
  async run(signal) {
    const base = { sessionID: this.id }
    this.host.emit("session.execution.started", base)
    let outcome = "succeeded"
    try {
      do {
        for (const { id, type, payload } of this.inbox.splice(0)) this.messages.push({ id, type, text: payload.text, time: { created: Date.now() } })
        while (await this.step(signal)) {
          // The model called tools
        }
      } while (this.inbox.length > 0)
      this.host.emit("session.execution.succeeded", base)
    } catch (error) {
      outcome = signal.aborted ? "interrupted" : "failed"
      if (signal.aborted) this.host.emit("session.execution.interrupted", { ...base, reason: signal.reason })
      else this.host.emit("session.execution.failed", { ...base, error: { type: "unknown", message: String(/** @type {any} */ (error)?.message ?? error) } })
    }
    // packages/schema/src/session-message.ts, `Idle`
    this.messages.push({ id: this.host.id("msg"), type: "idle", outcome, time: { created: Date.now() } })
  }

  /** The rules in effect: the agent's, then the session's. */
  rules() {
    return [...(this.location.state("agent").get(this.agent)?.permissions ?? []), ...this.permissions]
  }

  /**
   * One request and the tools that its answer calls.
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} whether another request follows
   */
  async step(signal) {
    const { host, location } = this
    if (host.options.compacts?.(this)) await this.compact(signal)
    const agent = location.state("agent").get(this.agent)
    if (!agent) throw new Error(`there is no agent ${this.agent}`)
    const model = this.model ?? { providerID: "fake", id: "m" }
    const rules = this.rules()
    const registered = location.state("tool")
    const tools = Object.fromEntries([...registered].filter(([name, tool]) => tool.options?.codemode === false && offered(name, rules)).map(([name, { description, input }]) => [name, { description, input }]))
    // docs/tools.mdx, Execute: the catalogue of Code Mode is described to the model, so a tool in it costs tokens
    const catalogue = [...registered].filter(([name, tool]) => tool.options?.codemode !== false && offered(name, rules))
    const system = [{ type: "text", text: `${agent.system ?? "You are OpenCode."}\n  Working directory: ${location.directory}\n` }]
    // docs/instructions.mdx, AGENTS.md; packages/core/src/instruction-discovery.ts: each file follows a line with its path
    const instructions = join(location.directory, "AGENTS.md")
    if (existsSync(instructions)) system.push({ type: "text", text: `Instructions from: ${instructions}\n${readFileSync(instructions, "utf8")}` })
    if (catalogue.length > 0) system.push({ type: "text", text: catalogue.map(([name, { description }]) => `${name}: ${description}`).join("\n") })
    const event = { sessionID: this.id, agent: this.agent, model, kind: "primary", system, messages: this.toModel(), options: /** @type {any} */ ({}), tools }
    await location.run("session.context", event)
    signal.throwIfAborted()
    const variant = host.known(model, location).variants.find((/** @type {any} */ { id }) => id === model.variant)
    const answer = { id: host.id("msg"), type: "assistant", agent: this.agent, model, content: /** @type {any[]} */ ([]), time: { created: Date.now() } }
    this.messages.push(answer)
    const body = await this.ask(event, { ...variant?.settings, ...event.options }, answer, signal)
    const message = body.choices[0].message
    // packages/schema/src/session-message.ts, Assistant: the reason in the words of packages/schema/src/llm.ts
    const finish = message.tool_calls ? "tool-calls" : body.choices[0].finish_reason
    const { prompt_tokens, completion_tokens } = body.usage
    const tokens = { input: prompt_tokens, output: completion_tokens, reasoning: 0, cache: { read: 0, write: 0 } }
    const cost = (prompt_tokens + 2 * completion_tokens) / 1e6
    if (message.content) {
      answer.content.push({ type: "text", text: message.content })
      host.emit("session.text.delta", { sessionID: this.id, assistantMessageID: answer.id, ordinal: 0, delta: message.content })
    }
    this.cost += cost
    this.tokens = { ...this.tokens, input: this.tokens.input + tokens.input, output: this.tokens.output + tokens.output }
    Object.assign(answer, { tokens, cost, finish })
    host.emit("session.step.ended", { sessionID: this.id, assistantMessageID: answer.id, finish, cost, tokens })
    for (const call of message.tool_calls ?? []) await this.callTool(call, answer, event.tools, registered, signal)
    return (message.tool_calls ?? []).length > 0
  }

  /**
   * docs/build/plugins/index.mdx, Model requests: `compaction` runs for checkpoint summaries; OpenCode appends its prompt after it.
   * @param {AbortSignal} signal
   */
  async compact(signal) {
    const event = { sessionID: this.id, agent: this.agent, model: this.model ?? { providerID: "fake", id: "m" }, kind: "compaction", system: [{ type: "text", text: "Context summarization" }], messages: this.toModel(), options: {}, tools: {}, result: /** @type {any} */ (undefined) }
    await this.location.run("session.compaction", event)
    signal.throwIfAborted()
    let summary = event.result?.summary
    if (summary === undefined) {
      const body = await this.ask(event, event.options, {}, signal)
      summary = body.choices[0].message.content
      const { prompt_tokens, completion_tokens } = body.usage
      this.cost += (prompt_tokens + 2 * completion_tokens) / 1e6
      this.tokens = { ...this.tokens, input: this.tokens.input + prompt_tokens, output: this.tokens.output + completion_tokens }
    }
    // packages/protocol/src/groups/session.ts, session.context: all messages after the last compaction
    this.messages = [{ id: this.host.id("msg"), type: "compaction", status: "completed", reason: "auto", summary, recent: "", time: { created: Date.now() } }]
  }

  /**
   * @param {any} event
   * @param {Record<string, any>} options
   * @param {any} answer
   * @param {AbortSignal} signal
   */
  async ask(event, options, answer, signal) {
    const { temperature, topP, maxTokens, reasoningEffort, ...others } = options
    const parameters = { temperature, top_p: topP, max_tokens: maxTokens, reasoning_effort: reasoningEffort, ...others }
    const tools = Object.entries(event.tools).map(([name, { description, input }]) => ({ type: "function", function: { name, description, parameters: input } }))
    const messages = [...event.system.map(({ text }) => ({ role: "system", content: text })), ...event.messages.flatMap(toWire)]
    for (let attempt = 1; ; attempt += 1) {
      this.requests += 1
      const response = await fetch(`${this.host.options.model}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-session-id": this.id },
        body: JSON.stringify({ model: event.model.id, stream: false, messages, ...(tools.length > 0 ? { tools } : {}), ...parameters }),
        signal,
      })
      if (response.ok) return response.json()
      const error = { type: "provider.error", message: await response.text(), status: response.status }
      const proposed = { retry: attempt < ATTEMPTS && (response.status === 429 || response.status >= 500), delay: 10 }
      const retry = { sessionID: this.id, agent: this.agent, model: event.model, error, attempt: attempt + 1, decision: proposed }
      await this.location.run("session.retry", retry)
      if (!retry.decision.retry || attempt >= ATTEMPTS) {
        answer.error = error
        this.host.emit("session.step.failed", { sessionID: this.id, assistantMessageID: answer.id, error })
        throw new Error(error.message)
      }
      this.host.emit("session.retry.scheduled", { sessionID: this.id, assistantMessageID: answer.id, attempt: attempt + 1, at: Date.now() + 10, error })
    }
  }

  /**
   * @param {any} call
   * @param {any} answer
   * @param {Record<string, any>} given the tools that the request offered
   * @param {Map<string, any>} registered
   * @param {AbortSignal} signal
   */
  async callTool(call, answer, given, registered, signal) {
    const { host, location } = this
    const name = call.function.name
    const part = { type: "tool", id: call.id, name, state: /** @type {any} */ ({ status: "running", input: {} }), time: { created: Date.now() } }
    answer.content.push(part)
    const base = { sessionID: this.id, assistantMessageID: answer.id, callID: call.id }
    host.emit("session.tool.input.started", { ...base, name })
    const about = { tool: name, sessionID: this.id, agent: this.agent, messageID: answer.id, id: call.id }
    let input = {}
    let done
    try {
      if (!(name in given)) throw new Error(`Unknown tool: ${name}`)
      input = JSON.parse(call.function.arguments || "{}")
      host.emit("session.tool.called", { ...base, input, executed: true })
      const before = { ...about, input }
      await location.run("tool.execute.before", before)
      input = before.input
      await this.leave(name, input, part, signal)
      const tool = registered.get(name)
      const context = { sessionID: this.id, agent: this.agent, messageID: answer.id, id: call.id, signal, progress: async () => {} }
      const result = location.fresh("tool").state.has(name) ? carryOut(name, input, location.directory) : await tool.execute(input, context)
      check(resultShape, result, `the result of ${name}`, "packages/schema/src/tool.ts, Result")
      done = { ...about, input, status: "completed", result }
    } catch (error) {
      if (error instanceof ContractError) throw error
      done = { ...about, input, status: "error", error: { message: String(/** @type {any} */ (error)?.message ?? error) } }
    }
    await location.run("tool.execute.after", done)
    signal.throwIfAborted()
    if (done.status === "error") {
      part.state = { status: "error", input, error: { type: "tool", message: done.error.message } }
      host.emit("session.tool.failed", { ...base, error: part.state.error, executed: true })
      return
    }
    check(resultShape, done.result, `the result of ${name} after its hooks`, `${INDEX}, Hooks, Tools`)
    const content = typeof done.result.content === "string" ? [{ type: "text", text: done.result.content }] : (done.result.content ?? [{ type: "text", text: JSON.stringify(done.result.output) }])
    part.state = { status: "completed", input, content }
    host.emit("session.tool.success", { ...base, content, executed: true })
  }

  /**
   * docs/permissions.mdx: any `deny` denies, otherwise any `ask` asks; a configured deny is final and meets no hook.
   * @param {string} name
   * @param {any} input
   * @param {any} part
   * @param {AbortSignal} signal
   */
  async leave(name, input, part, signal) {
    const { action, resources, external } = asked(name, input, this.location.directory)
    const rules = this.rules()
    const effects = [...resources.map((resource) => effectOf(rules, action, resource)), ...(external ? resources.map((path) => effectOf(rules, "external_directory", path)) : [])]
    if (effects.includes("deny")) throw new Error(`permission denied: ${action} for ${resources.join(", ")}`)
    const event = { sessionID: this.id, agent: this.agent, action, resources, effect: effects.includes("ask") ? "ask" : "allow", message: undefined }
    await this.location.run("permission.evaluate", event)
    if (event.effect === "allow") return
    if (event.effect === "deny") throw new Error(event.message ?? "permission denied")
    const id = this.host.id("per")
    const answer = await new Promise((resolve, reject) => {
      this.host.questions.set(id, { session: this, reply: resolve })
      signal.addEventListener("abort", () => reject(new Error("interrupted")), { once: true })
      this.host.emit("permission.v2.asked", { id, sessionID: this.id, action, resources, source: { type: "tool", messageID: part.id, callID: part.id } })
      const user = this.host.options.asks
      if (user) resolve({ reply: user(action) ? "once" : "reject" })
    })
    this.host.questions.delete(id)
    if (answer.reply === "reject") throw new Error(answer.message ?? "the user rejected the call")
  }

  /** packages/ai/src/schema/messages.ts: role and a list of parts */
  toModel() {
    /** @type {any[]} */
    const messages = []
    for (const message of this.messages) {
      if (message.type === "user" || message.type === "synthetic") messages.push({ role: "user", content: [{ type: "text", text: message.text }] })
      if (message.type === "compaction") messages.push({ role: "user", content: [{ type: "text", text: message.summary }] })
      if (message.type !== "assistant" || message.error) continue
      const calls = message.content.filter((/** @type {any} */ part) => part.type === "tool")
      const content = message.content.map((/** @type {any} */ part) => (part.type === "tool" ? { type: "tool-call", id: part.id, name: part.name, input: part.state.input } : part))
      if (content.length > 0) messages.push({ role: "assistant", content })
      for (const { id, name, state } of calls) {
        const value = state.status === "completed" ? state.content.map((/** @type {any} */ part) => part.text).join("\n") : (state.error?.message ?? "")
        messages.push({ role: "tool", content: [{ type: "tool-result", id, name, result: { type: state.status === "completed" ? "text" : "error", value } }] })
      }
    }
    return messages
  }
}

/** @param {any} message */
function toWire({ role, content }) {
  if (role === "tool") return content.map((/** @type {any} */ part) => ({ role, tool_call_id: part.id, content: String(part.result.value) }))
  const calls = content.filter((/** @type {any} */ part) => part.type === "tool-call")
  const texts = content.filter((/** @type {any} */ part) => part.type === "text")
  if (role === "user") return [{ role, content: texts.map((/** @type {any} */ { text }) => ({ type: "text", text })) }]
  const tool_calls = calls.map((/** @type {any} */ { id, name, input }) => ({ id, type: "function", function: { name, arguments: JSON.stringify(input) } }))
  return [{ role, content: texts.map((/** @type {any} */ { text }) => text).join("") || null, ...(tool_calls.length > 0 ? { tool_calls } : {}) }]
}
