/** OpenCode 2 as the engine's host: sessions and models through the plugin's context. */
import { realpathSync } from "node:fs"
import { mailboxTools } from "../engine.js"
import { tokensOf, words } from "../host.js"
import { agentOf } from "../names.js"
import { registry } from "../registry.js"
import { allowsAll, rulesOf } from "./rules.js"
import { has } from "./required.js"

/** How often the engine checks for the beginning of a prompt, and the interval, in milliseconds. */
const LOOKS = 100
const BETWEEN = 100

/**
 * @param {import("./setup.js").Context} ctx
 * @returns {import("../host.js").Host}
 */
export function hostOf(ctx) {
  return {
    directory: ctx.location.directory,
    // Clients come and go beside the server: a question waits for them for a while, then it is refused
    interactive: () => true,
    open: (wish) => open(ctx, wish),
    prompt: (wish) => prompt(ctx, wish),
    abort: async ({ session }) => void (await ctx.session.interrupt({ sessionID: session })),
    // OpenCode 2 has no method that ends a location
    release: async () => {},
    models: (names) => modelsOf(ctx, names),
    provider: (id) => providerOf(ctx, id),
    // Server plugins cannot show a toast: important texts are also said in the session
    toast: async () => {},
    refuse: async ({ session, id }, message) => void (await ctx.permission.reply({ sessionID: session, requestID: id, reply: "reject", message })),
  }
}

/**
 * Opens a role's session without a parent, because it would work in its parent's folder.
 * @param {import("./setup.js").Context} ctx
 * @param {import("../host.js").OpenWish} wish
 */
async function open(ctx, { directory, parent, title, role, bash }) {
  const { settings } = registry()
  /** @type {Record<string, any>} */
  const known = { ...settings.get(ctx.location.directory), providers: await providersOf(ctx) }
  settings.set(ctx.location.directory, known)
  const own = known.permissions ?? []
  const permissions = rulesOf(role, mailboxTools(), own)
  // The tool shows OpenCode a different command than the one that ran, so OpenCode's rules cannot check it
  if (bash && allowsAll(own, "shell")) permissions.push({ action: "shell", resource: "*", effect: "allow" })
  const inSession = has(ctx, "session.update")
  const made = await ctx.session.create({
    title,
    agent: agentOf(role),
    location: { directory },
    ...(inSession ? { permissions, metadata: { "opencode-orchestrator": { parent } } } : {}),
  })
  if (!same(made.location?.directory, directory)) {
    throw new Error(`open a session: OpenCode opened it in ${made.location?.directory ?? "no folder"} instead of ${directory}`)
  }
  if (!inSession) await ctx.permission.rules({ sessionID: made.id, permissions })
  return made.id
}

/**
 * The providers of the user's folder, for slots, because slots lack the project's configuration.
 * @param {import("./setup.js").Context} ctx
 */
async function providersOf(ctx) {
  const [providers, models] = await Promise.all([ctx.provider.list(), ctx.model.list()])
  return providers.map((/** @type {any} */ info) => ({ info, models: models.filter((/** @type {any} */ model) => model.providerID === info.id) }))
}

/**
 * A provider as OpenCode knows it. Its key is known only where it is in the configuration.
 * @param {import("./setup.js").Context} ctx
 * @param {string} id
 * @returns {Promise<import("../embeddings.js").Known | undefined>}
 */
async function providerOf(ctx, id) {
  const all = await ctx.provider.list()
  const provider = all.find((/** @type {any} */ info) => info.id === id)
  if (!provider) return undefined
  const { baseURL, apiKey } = provider.settings ?? {}
  return { package: provider.package, url: baseURL, key: apiKey, headers: provider.headers }
}

/**
 * @param {string | undefined} one
 * @param {string} other
 */
function same(one, other) {
  if (one === undefined) return false
  if (one === other) return true
  try {
    return realpathSync(one) === realpathSync(other)
  } catch {
    return false
  }
}

/**
 * @param {import("./setup.js").Context} ctx
 * @param {import("../host.js").PromptWish} wish
 * @returns {Promise<import("../host.js").Turn>}
 */
async function prompt(ctx, { session: sessionID, role, model, variant, text }) {
  const chosen = await refOf(ctx, model, variant)
  if (chosen) await ctx.session.switchModel({ sessionID, model: chosen })
  const { id } = await ctx.session.prompt({ sessionID, text })
  const answers = await turnOf(ctx, sessionID, id, role)
  const info = await ctx.session.get({ sessionID })
  const last = answers.at(-1)
  const texts = (last?.content ?? []).filter((/** @type {any} */ part) => part.type === "text").map((/** @type {any} */ part) => part.text)
  return { tokens: tokensOf(info.tokens), cost_usd: info.cost ?? 0, error: errorOf(last?.error), finish: last?.finish, ...words(texts) }
}

/**
 * The answers to a prompt after its turn has ended. An admitted prompt may not run yet, so the first wait may end
 * early.
 * @param {import("./setup.js").Context} ctx
 * @param {string} sessionID
 * @param {string} id of the prompt
 * @param {string} role
 * @returns {Promise<any[]>}
 */
async function turnOf(ctx, sessionID, id, role) {
  for (let look = 0; look < LOOKS; look += 1) {
    await ctx.session.wait({ sessionID })
    const messages = await ctx.session.context({ sessionID })
    const asked = messages.findIndex((/** @type {any} */ message) => message.id === id)
    const compacted = messages.some((/** @type {any} */ message) => message.type === "compaction")
    const after = asked >= 0 ? messages.slice(asked + 1) : compacted ? messages : []
    const answers = after.filter((/** @type {any} */ message) => message.type === "assistant")
    if (answers.length > 0 || after.some((/** @type {any} */ message) => message.type === "idle")) return answers
    await new Promise((resolve) => setTimeout(resolve, BETWEEN))
  }
  throw new Error(`prompt the ${role}: OpenCode admitted the prompt and did not answer it`)
}

/**
 * The model to ask. The default is the user's, because a slot may have another one.
 * @param {import("./setup.js").Context} ctx
 * @param {string | undefined} model as `provider/model`
 * @param {string | undefined} variant
 */
async function refOf(ctx, model, variant) {
  const slash = model?.indexOf("/") ?? -1
  const named = model && slash > 0 ? { providerID: model.slice(0, slash), id: model.slice(slash + 1) } : await ctx.model.default()
  return named ? { providerID: named.providerID, id: named.id, ...(variant ? { variant } : {}) } : undefined
}

/**
 * Prices in US dollars per million tokens, variants, and the default model.
 * @param {import("./setup.js").Context} ctx
 * @param {string[]} wanted
 * @returns {Promise<import("../host.js").Models>}
 */
async function modelsOf(ctx, wanted) {
  const [all, own] = await Promise.all([ctx.model.list(), ctx.model.default()])
  const models = new Map(all.map((/** @type {any} */ model) => [`${model.providerID}/${model.id}`, model]))
  const chosen = own ? `${own.providerID}/${own.id}` : null
  /** @type {import("../host.js").Models["prices"]} */
  const prices = {}
  /** @type {Record<string, string[]>} */
  const variants = {}
  /** @type {import("../host.js").Models["limits"]} */
  const limits = {}
  for (const name of chosen ? [...wanted, chosen] : wanted) {
    const model = models.get(name)
    if (!model) continue
    variants[name] = model.variants.map((/** @type {any} */ variant) => variant.id)
    if (model.limit) limits[name] = { context: model.limit.context ?? 0, output: model.limit.output ?? 0 }
    // A price with a tier applies to long contexts
    const cost = model.cost.find((/** @type {any} */ cost) => !cost.tier) ?? model.cost[0]
    if (cost) prices[name] = { input: cost.input, output: cost.output, cache_read: cost.cache?.read ?? 0, cache_write: cost.cache?.write ?? 0 }
  }
  return { default: chosen, prices, known: [...models.keys()], variants, limits }
}

/**
 * @param {any} error
 */
function errorOf(error) {
  if (!error) return undefined
  return { name: String(error.type ?? "error"), message: String(error.message ?? ""), status: error.status }
}
