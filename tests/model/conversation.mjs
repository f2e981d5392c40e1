/**
 * Reads one chat-completions body: who asks, about which task, and how far the conversation is.
 *
 * Nothing here is remembered. The place in a script follows from the messages alone, so the same conversation gets the
 * same answer after a crash, and parallel sessions cannot disturb each other.
 */

/**
 * @typedef {object} Header The first lines of every prompt that the engine sends to a role.
 * @property {string} mission
 * @property {string} role
 * @property {string} [task]
 * @property {number} attempt
 * @property {string} [part]
 */

/**
 * @typedef {object} Conversation
 * @property {"role" | "title" | "summary" | "chat"} kind
 * @property {Header} [header] Only if `kind` is `role`.
 * @property {string} prompt_text The newest prompt: of the engine, or of the user.
 * @property {number} prompt How many prompts with this very header the conversation holds, from 1.
 * @property {number} prompts How many engine prompts of any kind it holds.
 * @property {number} [step] Which prompt of its task this is; counted by the server.
 * @property {number} turn Assistant turns since the newest prompt, from 0.
 * @property {string} cwd The session's directory in the system prompt, or "".
 * @property {string} file The name of the argument for a file's path in the request's tools.
 * @property {string[]} [written] Files that the role's own calls wrote so far.
 * @property {number} known_bytes Bytes of messages that an earlier request already carried.
 */

const HEADER_LINE = /^(mission|role|task|attempt|part): *(.+?) *$/
const ROLES = new Set(["searcher", "planner", "coder", "reviewer", "fixer"])

/**
 * Text of a message's content, which is a string or a list of parts.
 * @param {unknown} content
 * @returns {string}
 */
export function textOf(content) {
  if (typeof content === "string") return content
  if (!Array.isArray(content)) return ""
  return content.map((part) => (typeof part === "string" ? part : typeof part?.text === "string" ? part.text : "")).join("\n")
}

/**
 * The header of an engine prompt; undefined if the text is not one.
 * @param {string} text
 * @returns {Header | undefined}
 */
export function readHeader(text) {
  /** @type {Record<string, string>} */
  const found = {}
  for (const line of text.trimStart().split(/\r?\n/)) {
    const match = HEADER_LINE.exec(line)
    if (!match || match[1] in found) break
    found[match[1]] = match[2]
  }
  if (!/^m-[a-z0-9]{8}$/.test(found.mission ?? "") || !ROLES.has(found.role)) return undefined
  return {
    mission: found.mission,
    role: found.role,
    ...(found.task ? { task: found.task } : {}),
    attempt: Number.parseInt(found.attempt ?? "1", 10) || 1,
    ...(found.part ? { part: found.part } : {}),
  }
}

/**
 * The engine prompt inside a message: a message may contain several parts, and OpenCode may put its own before ours.
 * @param {any} message
 * @returns {{ header: Header, text: string } | undefined}
 */
function enginePrompt(message) {
  if (message?.role !== "user") return undefined
  const parts = Array.isArray(message.content) ? message.content : [message.content]
  for (const part of parts) {
    const text = textOf([part])
    const header = readHeader(text)
    if (header) return { header, text }
  }
  return undefined
}

/** @param {Header} a @param {Header} b */
const same = (a, b) =>
  a.mission === b.mission && a.role === b.role && a.task === b.task && a.attempt === b.attempt && a.part === b.part

/**
 * @param {any} body A chat-completions request.
 * @returns {Conversation}
 */
export function readConversation(body) {
  const messages = Array.isArray(body?.messages) ? body.messages : []
  const system = messages
    .filter((/** @type {any} */ m) => m?.role === "system" || m?.role === "developer")
    .map((/** @type {any} */ m) => textOf(m.content))
    .join("\n")
  const cwd = /^\s*Working directory: (.+)$/m.exec(system)?.[1]?.trim() ?? ""

  let newest = -1
  let lastUser = -1
  let lastAssistant = -1
  /** @type {{ header: Header, text: string }[]} */
  const prompts = []
  messages.forEach((/** @type {any} */ message, /** @type {number} */ index) => {
    const prompt = enginePrompt(message)
    if (prompt) {
      prompts.push(prompt)
      newest = index
    }
    if (message?.role === "user") lastUser = index
    if (message?.role === "assistant") lastAssistant = index
  })
  const known_bytes = lastAssistant < 0 ? 0 : Buffer.byteLength(JSON.stringify(messages.slice(0, lastAssistant)))
  // A broken stream remains in the conversation as a separate assistant message, right before the answer that replaced
  // it: the two are one turn.
  const turnsAfter = (/** @type {number} */ from) =>
    messages.filter(
      (/** @type {any} */ m, /** @type {number} */ i) =>
        i > from && m?.role === "assistant" && messages[i + 1]?.role !== "assistant",
    ).length

  // OpenCode 2 has renamed it
  const properties = (Array.isArray(body?.tools) ? body.tools : []).find((/** @type {any} */ tool) => tool?.function?.name === "read")?.function.parameters?.properties
  const file = properties && "path" in properties ? "path" : "filePath"
  const auxiliary = auxiliaryKind(system, textOf(messages[lastUser]?.content))
  if (!auxiliary && prompts.length > 0) {
    const { header, text } = prompts[prompts.length - 1]
    return {
      kind: "role",
      header,
      prompt_text: text,
      prompt: prompts.filter((p) => same(p.header, header)).length,
      prompts: prompts.length,
      turn: turnsAfter(newest),
      cwd,
      file,
      written: writtenIn(messages, cwd),
      known_bytes,
    }
  }
  const users = messages.filter((/** @type {any} */ m) => m?.role === "user").length
  return {
    kind: auxiliary ?? "chat",
    prompt_text: textOf(messages[lastUser]?.content),
    prompt: Math.max(1, users),
    prompts: 0,
    turn: turnsAfter(lastUser),
    cwd,
    file,
    known_bytes,
  }
}

/**
 * @param {any[]} messages
 * @param {string} cwd
 * @returns {string[]} Files that calls of tools wrote, moved or deleted, relative to the session's directory.
 */
function writtenIn(messages, cwd) {
  const calls = messages.flatMap((message) => (message?.role === "assistant" ? (message.tool_calls ?? []) : []))
  const paths = calls.flatMap((/** @type {any} */ call) => {
    try {
      const { filePath, from, to } = JSON.parse(call?.function?.arguments ?? "{}")
      return [filePath, from, to].filter((path) => typeof path === "string" && path !== "")
    } catch {
      return []
    }
  })
  return [...new Set(paths.map((path) => (path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path)))]
}

/**
 * Requests that OpenCode makes itself: titles of sessions, and summaries when a context is full.
 * @param {string} system
 * @param {string} user
 * @returns {"title" | "summary" | undefined}
 */
function auxiliaryKind(system, user) {
  if (/title generator/i.test(system) || /^Generate a title for this conversation/m.test(user)) return "title"
  if (/context summarization|summarizing conversations|anchored (context )?summar/i.test(system)) return "summary"
  return undefined
}
