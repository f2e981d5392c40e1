/** What the engine asks of OpenCode: open sessions, prompt, abort, and release slots. */
import { allowsAll } from "./config.js"
import { agentOf } from "./names.js"
import { tokensOf } from "./observe.js"
import { registry } from "./registry.js"

/** Characters of a role's last words that the engine is given: their end. */
const END = 16_000

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
    models: ({ models }) => modelsOf(input, models),
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
 * @param {{ directory: string, parent?: string, title: string, role: string, bash?: boolean }} request
 */
async function open(input, engine, { directory, parent, title, bash }) {
  registry().owners.set(directory, input.directory)
  const body = /** @type {any} */ ({ parentID: parent, title, ...shell(input.directory, bash) })
  const made = await input.client.session.create({ query: { directory }, body })
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
 * A shell for a session whose agent has none. The tool shows OpenCode another command than the one that ran, so its rules
 * cannot be asked of it: where the user refuses commands or wants to be asked about some, a role has none.
 * @param {string} directory
 * @param {boolean | undefined} wanted
 */
function shell(directory, wanted) {
  const own = registry().settings.get(directory)?.permission
  return wanted && allowsAll(own, "bash") ? { permission: [{ permission: "bash", pattern: "*", action: "allow" }] } : {}
}

/**
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {{ session: string, directory: string, role: string, model?: string, text: string }} request
 */
async function prompt(input, { session, directory, role, model, text }) {
  const slash = model?.indexOf("/") ?? -1
  const chosen = model && slash > 0 ? { providerID: model.slice(0, slash), modelID: model.slice(slash + 1) } : undefined
  const known = registry().sessions.get(session)
  if (known) known.prompt = text
  const answer = await input.client.session.prompt({
    path: { id: session },
    query: { directory },
    body: { agent: agentOf(role), model: chosen, parts: [{ type: "text", text }] },
  })
  const { info, parts } = checked(answer, `prompt the ${role}`)
  const totals = await spent(input, session, directory)
  const words = (parts ?? []).filter((/** @type {any} */ part) => part.type === "text").map((/** @type {any} */ part) => part.text)
  const said = words.join("\n")
  return { ...totals, error: errorOf(info?.error), text: said.slice(-END), bytes: Buffer.byteLength(said) }
}

/**
 * Prices in US dollars for a million tokens, and the model that is asked where none is named.
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {string[]} wanted
 */
async function modelsOf(input, wanted) {
  const query = { directory: input.directory }
  const [config, known] = await Promise.all([input.client.config.get({ query }), input.client.config.providers({ query })])
  const chosen = config.data?.model
  /** @type {Record<string, Record<string, number>>} */
  const prices = {}
  for (const name of chosen ? [...wanted, chosen] : wanted) {
    const slash = name.indexOf("/")
    const provider = known.data?.providers.find(({ id }) => id === name.slice(0, slash))
    const cost = provider?.models[name.slice(slash + 1)]?.cost
    if (!cost) continue
    const cache = /** @type {any} */ (cost).cache ?? {}
    prices[name] = { input: cost.input ?? 0, output: cost.output ?? 0, cache_read: cache.read ?? 0, cache_write: cache.write ?? 0 }
  }
  const all = (known.data?.providers ?? []).flatMap(({ id, models }) => Object.keys(models ?? {}).map((model) => `${id}/${model}`))
  return { default: chosen ?? null, prices, known: all }
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
    for (const [kind, count] of Object.entries(tokensOf(info.tokens))) tokens[/** @type {keyof typeof tokens} */ (kind)] += count
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
