/**
 * The host: the interface between the engine and the program around it. Each host (an OpenCode version with an
 * interface of its own) is a folder that implements `Host` and reports events to the files beside this one. Nothing
 * here names a version; a third host needs only another folder.
 */
import { embed } from "./embeddings.js"
import { registry } from "./registry.js"
import { toCore } from "./to-core.js"

/**
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {{ session: string, directory: string }} Place
 * @typedef {{ directory: string, parent?: string, title: string, role: string, bash?: boolean }} OpenWish
 * @typedef {Place & { role: string, model?: string, variant?: string, options?: Record<string, unknown>, text: string }} PromptWish
 * @typedef {{ input: number, output: number, cache_read: number, cache_write: number }} Tokens
 * @typedef {{ tokens: Tokens, cost_usd: number, error?: { name: string, message: string, status?: number }, finish?: string, text: string, bytes: number }} Turn
 * @typedef {{ default: string | null, prices: Record<string, Tokens>, known: string[], variants: Record<string, string[]>, limits: Record<string, { context: number, output: number }> }} Models
 * @typedef {Place & { id: string, action: string, resources: string[] }} Question
 *
 * @typedef {object} Host
 * @property {string} directory the user's folder
 * @property {() => boolean} interactive whether a user can answer a question or read a toast
 * @property {(wish: OpenWish) => Promise<string>} open a session for a role, with its permissions; gives its id
 * @property {(wish: PromptWish) => Promise<Turn>} prompt a role; resolves when its turn has ended
 * @property {(place: Place) => Promise<void>} abort the turn of a session
 * @property {(directory: string) => Promise<void>} release a folder in which no session works any more
 * @property {(names: string[]) => Promise<Models>} models prices and variants of models, and the default model
 * @property {(provider: string, model: string) => Promise<import("./embeddings.js").Known | undefined>} provider where a
 *   provider is, and its key
 * @property {(message: string, variant: "info" | "error", duration?: number) => Promise<void>} toast shows a note; it
 *   is lost if no interface is open
 * @property {(question: Question, message: string) => Promise<void>} refuse a question that a role's tool asked of the user
 */

/**
 * The engine's calls of a host: takes a request as JSON, returns the answer as JSON.
 * @param {Host} host
 * @param {Engine} engine
 * @returns {(request: string) => Promise<string>}
 */
export function callsOf(host, engine) {
  /** @type {Record<string, (request: any) => Promise<unknown>>} */
  const answers = {
    open: (request) => open(host, engine, request),
    prompt: (request) => prompt(host, request),
    models: ({ models }) => host.models(models),
    embed: ({ model, texts }) => embed(model, texts, host.provider),
    abort: (request) => host.abort(request),
    dispose: ({ directory }) => release(host, directory),
  }
  return async (text) => {
    const request = JSON.parse(text)
    const answer = answers[request.op]
    if (!answer) throw new Error(`OpenCode is not asked for \`${request.op}\` in this version`)
    return toCore((await answer(request)) ?? {})
  }
}

/**
 * @param {Host} host
 * @param {Engine} engine
 * @param {OpenWish} wish
 */
async function open(host, engine, wish) {
  const { directory, role, title, bash = false } = wish
  registry().owners.set(directory, host.directory)
  const session = await host.open(wish)
  registry().sessions.set(session, { engine, directory, role, title, bash, interactive: host.interactive() })
  return { session }
}

/**
 * @param {Host} host
 * @param {PromptWish} wish
 */
async function prompt(host, wish) {
  const known = registry().sessions.get(wish.session)
  if (known) known.options = wish.options
  return host.prompt(wish)
}

/**
 * @param {Host} host
 * @param {string} directory
 */
async function release(host, directory) {
  if (directory === host.directory || !host.interactive()) return
  await host.release(directory)
  registry().owners.delete(directory)
}

/** The last characters of a role's text that the engine receives. */
const END = 16_000

/**
 * A role's text in its turn, in the form that the engine expects.
 * @param {string[]} texts
 */
export function words(texts) {
  const said = texts.join("\n")
  return { text: said.slice(-END), bytes: Buffer.byteLength(said) }
}

/**
 * Tokens as the engine counts them: thinking counts as output.
 * @param {any} tokens
 * @returns {Tokens}
 */
export function tokensOf(tokens) {
  return {
    input: tokens?.input ?? 0,
    output: (tokens?.output ?? 0) + (tokens?.reasoning ?? 0),
    cache_read: tokens?.cache?.read ?? 0,
    cache_write: tokens?.cache?.write ?? 0,
  }
}
