/** OpenCode 1 as the engine's host: sessions, prompts, models and toasts through its client. */
import { tokensOf, words } from "../host.js"
import { agentOf } from "../names.js"
import { allowsAll } from "./config.js"
import { registry } from "../registry.js"

/** @typedef {import("@opencode-ai/plugin").PluginInput} Input */

/**
 * @param {Input} input
 * @returns {import("../host.js").Host}
 */
export function hostOf(input) {
  const { client, directory } = input
  return {
    directory,
    interactive: isInteractive,
    open: (wish) => open(input, wish),
    prompt: (wish) => prompt(input, wish),
    abort: async ({ session, directory }) => void (await client.session.abort({ path: { id: session }, query: { directory } })),
    release: async (directory) => void (await client.instance.dispose({ query: { directory } })),
    models: (names) => modelsOf(input, names),
    provider: (id, model) => providerOf(input, id, model),
    toast: (message, variant, duration) => toast(input, message, variant, duration),
    refuse: (question, message) => refuse(input, question, message),
  }
}

/**
 * @param {Input} input
 * @param {import("../host.js").OpenWish} wish
 */
async function open(input, { directory, parent, title, bash }) {
  const body = /** @type {any} */ ({ parentID: parent, title, ...shell(input.directory, bash) })
  const made = await input.client.session.create({ query: { directory }, body })
  return checked(made, "open a session").id
}

/**
 * A shell for a session whose agent has none. The tool shows OpenCode a different command than the one that ran, so
 * OpenCode's rules cannot check it: if the user denies commands or asks about some, a role has no shell.
 * @param {string} directory
 * @param {boolean | undefined} wanted
 */
function shell(directory, wanted) {
  const own = registry().settings.get(directory)?.permission
  return wanted && allowsAll(own, "bash") ? { permission: [{ permission: "bash", pattern: "*", action: "allow" }] } : {}
}

/**
 * @param {Input} input
 * @param {import("../host.js").PromptWish} wish
 * @returns {Promise<import("../host.js").Turn>}
 */
async function prompt(input, { session, directory, role, model, variant, text }) {
  const slash = model?.indexOf("/") ?? -1
  const chosen = model && slash > 0 ? { providerID: model.slice(0, slash), modelID: model.slice(slash + 1) } : undefined
  const answer = await input.client.session.prompt({
    path: { id: session },
    query: { directory },
    body: /** @type {any} */ ({ agent: agentOf(role), model: chosen, variant, parts: [{ type: "text", text }] }),
  })
  const { info, parts } = checked(answer, `prompt the ${role}`)
  const totals = await spent(input, session, directory)
  const texts = (parts ?? []).filter((/** @type {any} */ part) => part.type === "text").map((/** @type {any} */ part) => part.text)
  return { ...totals, error: errorOf(info?.error), finish: info?.finish, ...words(texts) }
}

/**
 * Prices in US dollars per million tokens, variants, and the default model.
 * @param {Input} input
 * @param {string[]} wanted
 * @returns {Promise<import("../host.js").Models>}
 */
async function modelsOf(input, wanted) {
  const query = { directory: input.directory }
  const [config, known] = await Promise.all([input.client.config.get({ query }), input.client.config.providers({ query })])
  const chosen = config.data?.model
  /** @type {import("../host.js").Models["prices"]} */
  const prices = {}
  /** @type {Record<string, string[]>} */
  const variants = {}
  /** @type {import("../host.js").Models["limits"]} */
  const limits = {}
  for (const name of chosen ? [...wanted, chosen] : wanted) {
    const slash = name.indexOf("/")
    const provider = known.data?.providers.find(({ id }) => id === name.slice(0, slash))
    const model = /** @type {any} */ (provider?.models[name.slice(slash + 1)])
    if (model) variants[name] = Object.keys(model.variants ?? {})
    if (model?.limit) limits[name] = { context: model.limit.context ?? 0, output: model.limit.output ?? 0 }
    if (!model?.cost) continue
    const { input: read, output, cache = {} } = model.cost
    prices[name] = { input: read ?? 0, output: output ?? 0, cache_read: cache.read ?? 0, cache_write: cache.write ?? 0 }
  }
  const all = (known.data?.providers ?? []).flatMap(({ id, models }) => Object.keys(models ?? {}).map((model) => `${id}/${model}`))
  return { default: chosen ?? null, prices, known: all, variants, limits }
}

/**
 * A provider as OpenCode knows it. A model that it does not list is reached like the others of the provider.
 * @param {Input} input
 * @param {string} id
 * @param {string} name of the model
 * @returns {Promise<import("../embeddings.js").Known | undefined>}
 */
async function providerOf(input, id, name) {
  const { data } = await input.client.config.providers({ query: { directory: input.directory } })
  const provider = /** @type {any} */ (data?.providers.find((provider) => provider.id === id))
  if (!provider) return undefined
  const model = provider.models?.[name] ?? Object.values(provider.models ?? {})[0]
  const { baseURL, apiKey, headers } = provider.options ?? {}
  return { package: model?.api?.npm, url: baseURL || model?.api?.url, key: apiKey ?? provider.key, headers }
}

/**
 * `info.tokens` of a prompt covers its last message only, so all of the session's messages are summed.
 * @param {Input} input
 * @param {string} session
 * @param {string} directory
 */
async function spent(input, session, directory) {
  const tokens = tokensOf(undefined)
  let cost_usd = 0
  const answer = await input.client.session.messages({ path: { id: session }, query: { directory } })
  for (const { info } of answer.data ?? []) {
    if (info.role !== "assistant") continue
    for (const [kind, count] of Object.entries(tokensOf(info.tokens))) tokens[/** @type {keyof typeof tokens} */ (kind)] += count
    cost_usd += info.cost ?? 0
  }
  return { tokens, cost_usd }
}

/**
 * @param {Input} input
 * @param {string} message
 * @param {"info" | "error"} variant
 * @param {number} [duration] in milliseconds
 */
async function toast(input, message, variant, duration) {
  try {
    await input.client.tui.showToast({ body: { title: "opencode-orchestrator", message, variant, duration } })
  } catch {
    // Without a TUI the toast fails; important texts are also said elsewhere
  }
}

/**
 * A refusal with a message lets the role continue; one without would end its turn.
 * @param {Input} input
 * @param {import("../host.js").Question} question
 * @param {string} message
 */
async function refuse(input, { id }, message) {
  await /** @type {any} */ (input.client)._client.post({
    url: "/permission/{requestID}/reply",
    path: { requestID: id },
    query: { directory: input.directory },
    body: { reply: "reject", message },
    headers: { "content-type": "application/json" },
  })
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

/** Whether a user can answer: `opencode run` ends with the turn, so nobody could. */
function isInteractive() {
  return process.argv.slice(2).find((word) => !word.startsWith("-")) !== "run"
}
