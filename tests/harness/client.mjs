/** A small client for OpenCode's HTTP interface: the calls that the tests use, with deadlines. */
import { until } from "./process.mjs"

/** @typedef {{ type: string, properties: any, directory?: string }} HostEvent */

export class Client {
  /**
   * @param {string} url
   * @param {string} directory Where sessions live unless a call says otherwise.
   */
  constructor(url, directory) {
    this.url = url
    this.directory = directory
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{ body?: unknown, directory?: string, deadline_ms?: number }} [options]
   * @returns {Promise<any>}
   */
  async call(method, path, { body, directory = this.directory, deadline_ms = 60_000 } = {}) {
    const target = new URL(path, this.url)
    target.searchParams.set("directory", directory)
    const response = await fetch(target, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(deadline_ms),
    }).catch((error) => {
      throw new Error(`${method} ${path} failed after at most ${deadline_ms} ms: ${error.message}`)
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 2000)}`)
    return text ? JSON.parse(text) : undefined
  }

  /** @param {{ title?: string, directory?: string, parentID?: string }} [options] @returns {Promise<string>} */
  async session({ title = "A test", directory, parentID } = {}) {
    return (await this.call("POST", "/session", { directory, body: { title, parentID } })).id
  }

  /**
   * Runs a command in a session and waits for its answer.
   * @param {string} session
   * @param {string} command
   * @param {string} text
   * @param {{ directory?: string, deadline_ms?: number }} [options]
   */
  command(session, command, text, options = {}) {
    return this.call("POST", `/session/${session}/command`, { ...options, body: { command, arguments: text } })
  }

  /**
   * Sends an ordinary message and waits for its answer.
   * @param {string} session
   * @param {string} text
   * @param {{ agent?: string, model?: { providerID: string, modelID: string }, directory?: string, deadline_ms?: number }} [options]
   */
  prompt(session, text, { agent, model, ...options } = {}) {
    return this.call("POST", `/session/${session}/message`, {
      ...options,
      body: { agent, model, parts: [{ type: "text", text }] },
    })
  }

  /** @param {string} session @param {{ directory?: string }} [options] */
  abort(session, options) {
    return this.call("POST", `/session/${session}/abort`, options)
  }

  /** @param {string} session @returns {Promise<any[]>} */
  messages(session) {
    return this.call("GET", `/session/${session}/message`)
  }

  /** @param {string} session @returns {Promise<any[]>} */
  children(session) {
    return this.call("GET", `/session/${session}/children`)
  }

  /** What each session is doing; idle ones are absent. @param {string} [directory] @returns {Promise<Record<string, { type: string }>>} */
  status(directory) {
    return this.call("GET", "/session/status", { directory })
  }

  /** All events from now on, in all directories. */
  async events() {
    const stream = new Events(`${this.url}/global/event`)
    await stream.ready
    return stream
  }
}

/** A running record of the host's events. */
export class Events {
  /** @param {string} url */
  constructor(url) {
    /** @type {HostEvent[]} */
    this.seen = []
    this.end = new AbortController()
    this.ready = this.open(url)
  }

  /** @param {string} url */
  async open(url) {
    const response = await fetch(url, { signal: this.end.signal })
    if (!response.ok || !response.body) throw new Error(`GET ${url} answered ${response.status}`)
    this.reading = this.read(response.body).catch(() => {})
  }

  /** @param {ReadableStream<Uint8Array>} body */
  async read(body) {
    const decoder = new TextDecoder()
    let rest = ""
    for await (const part of /** @type {any} */ (body)) {
      const blocks = (rest + decoder.decode(part, { stream: true })).split("\n\n")
      rest = blocks.pop() ?? ""
      for (const block of blocks) {
        const data = /^data: ?(.*)$/m.exec(block)?.[1]
        if (!data) continue
        const { payload, directory, ...flat } = JSON.parse(data)
        this.seen.push({ directory, properties: {}, ...(payload ?? flat) })
      }
    }
  }

  /**
   * The first matching event, past or future.
   * @param {(event: HostEvent) => boolean} fits
   * @param {string} what
   * @param {number} [limit_ms]
   */
  find(fits, what, limit_ms = 30_000) {
    return until(
      () => this.seen.find(fits),
      limit_ms,
      () => `${what}; seen: ${[...new Set(this.seen.map((e) => e.type))].join(", ")}`,
    )
  }

  close() {
    this.end.abort()
  }
}

/**
 * The visible text of a message.
 * @param {any} message
 */
export const answerText = (message) =>
  (message?.parts ?? [])
    .filter((/** @type {any} */ part) => part.type === "text" && !part.synthetic)
    .map((/** @type {any} */ part) => part.text)
    .join("\n")
