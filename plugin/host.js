/** What the engine asks of OpenCode: sessions, prompts, aborts, and to let go of slots. */
import { agentOf } from "./names.js"
import { registry } from "./registry.js"

/**
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {import("./engine.js").Engine} engine
 * @returns {(request: string) => Promise<string>}
 */
export function hostOf(input, engine) {
  /** @type {Record<string, (request: any) => Promise<unknown>>} */
  const answers = {
    open: (request) => open(input, engine, request),
    prompt: (request) => prompt(input, request),
    abort: ({ session, directory }) => input.client.session.abort({ path: { id: session }, query: { directory } }),
    dispose: (request) => dispose(input, request),
  }
  return async (text) => {
    const request = JSON.parse(text)
    const answer = answers[request.op]
    if (!answer) throw new Error(`OpenCode is not asked for \`${request.op}\` in this version`)
    const value = await answer(request)
    return JSON.stringify(["abort", "dispose"].includes(request.op) || value === undefined ? {} : value)
  }
}

/**
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {import("./engine.js").Engine} engine
 * @param {{ directory: string, parent?: string, title: string, role: string }} request
 */
async function open(input, engine, { directory, parent, title }) {
  registry().owners.set(directory, input.directory)
  const made = await input.client.session.create({ query: { directory }, body: { parentID: parent, title } })
  const session = checked(made, "open a session").id
  registry().sessions.set(session, { engine, directory, interactive: isInteractive() })
  return { session }
}

/**
 * Ends the instance that OpenCode keeps booted for a slot. `opencode run` ends with the turn, and its instances with it.
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {{ directory: string }} request
 */
async function dispose(input, { directory }) {
  if (directory === input.directory || !isInteractive()) return
  await input.client.instance.dispose({ query: { directory } })
  registry().owners.delete(directory)
}

/**
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {{ session: string, directory: string, role: string, model?: string, text: string }} request
 */
async function prompt(input, { session, directory, role, model, text }) {
  const slash = model?.indexOf("/") ?? -1
  const chosen = model && slash > 0 ? { providerID: model.slice(0, slash), modelID: model.slice(slash + 1) } : undefined
  const answer = await input.client.session.prompt({
    path: { id: session },
    query: { directory },
    body: { agent: agentOf(role), model: chosen, parts: [{ type: "text", text }] },
  })
  const { info, parts } = checked(answer, `prompt the ${role}`)
  const totals = await spent(input, session, directory)
  const words = (parts ?? []).filter((/** @type {any} */ part) => part.type === "text").map((/** @type {any} */ part) => part.text)
  return { ...totals, error: errorOf(info?.error), text: words.join("\n").slice(0, 4000) }
}

/**
 * `info.tokens` of a prompt covers its last message only, so all of the session's messages are summed.
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {string} session
 * @param {string} directory
 */
async function spent(input, session, directory) {
  const tokens = { input: 0, output: 0, cache_read: 0, cache_write: 0 }
  let cost_usd = 0
  const answer = await input.client.session.messages({ path: { id: session }, query: { directory } })
  for (const { info } of answer.data ?? []) {
    if (info.role !== "assistant") continue
    tokens.input += info.tokens?.input ?? 0
    tokens.output += (info.tokens?.output ?? 0) + (info.tokens?.reasoning ?? 0)
    tokens.cache_read += info.tokens?.cache?.read ?? 0
    tokens.cache_write += info.tokens?.cache?.write ?? 0
    cost_usd += info.cost ?? 0
  }
  return { tokens, cost_usd }
}

/** @param {any} error */
function errorOf(error) {
  if (!error) return undefined
  return {
    name: String(error.name ?? "error"),
    message: String(error.data?.message ?? error.message ?? ""),
    status: error.data?.statusCode ?? error.data?.status,
  }
}

/**
 * @template T
 * @param {{ data?: T, error?: any, response?: Response }} answer
 * @param {string} what
 * @returns {T}
 */
function checked(answer, what) {
  if (answer.data) return answer.data
  const said = answer.error?.data?.message ?? answer.error?.message ?? answer.error?.name
  throw new Error(`${what}: ${said ?? `HTTP ${answer.response?.status ?? "?"}`}`)
}

/** `opencode run` ends with the turn and has nobody who could answer. */
export function isInteractive() {
  return process.argv.slice(2).find((word) => !word.startsWith("-")) !== "run"
}
