/**
 * Asks an embedding model through the interface of OpenAI, which many providers share: `POST <base>/embeddings`. OpenCode
 * has no such request, so it is sent from here, to the place and with the key that OpenCode has for the provider.
 */

/**
 * @typedef {object} Known what a host knows of a provider
 * @property {string} [package] the package with which OpenCode speaks to it
 * @property {string} [url] its base URL
 * @property {string} [key]
 * @property {Record<string, string>} [headers]
 *
 * @typedef {{ vectors: number[][], tokens: number }} Embedded
 */

/** The longest wait for an answer, in milliseconds, and the longest answer, in bytes. */
const DEADLINE = 20_000
const MOST = 64 << 20
/** The characters that a message shows of a provider's error. */
const SHOWN = 200

/** Packages whose providers have this interface, with the base URL that the package has built in. */
const PLACES = /** @type {[RegExp, string | undefined][]} */ ([
  [/openai-compatible$/, undefined],
  [/(^|\/)openai$/, "https://api.openai.com/v1"],
  [/(^|\/)mistral$/, "https://api.mistral.ai/v1"],
  [/openrouter/, "https://openrouter.ai/api/v1"],
])

/**
 * @param {string} name as `provider/model`
 * @param {string[]} texts
 * @param {(provider: string, model: string) => Promise<Known | undefined>} known
 * @returns {Promise<Embedded>}
 */
export async function embed(name, texts, known) {
  const slash = name.indexOf("/")
  const [provider, model] = [name.slice(0, slash), name.slice(slash + 1)]
  const found = await known(provider, model)
  if (!found) throw new Error(`OpenCode has no provider \`${provider}\`; add it to \`provider\` in opencode.json, or log in to it`)
  const place = PLACES.find(([packages]) => packages.test(found.package ?? ""))
  if (!place) throw new Error(`the provider \`${provider}\` (${found.package ?? "of an unknown package"}) has no interface for embeddings that is known here; name one that speaks OpenAI's`)
  const url = (found.url || place[1])?.replace(/\/+$/, "")
  if (!url) throw new Error(`OpenCode knows no address of the provider \`${provider}\`; set \`options.baseURL\` in opencode.json`)
  return ask(`${url}/embeddings`, model, texts, found)
}

/**
 * @param {string} url
 * @param {string} model
 * @param {string[]} texts
 * @param {Known} known
 */
async function ask(url, model, texts, { key, headers }) {
  const signal = AbortSignal.timeout(DEADLINE)
  let response
  let text
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers },
      body: JSON.stringify({ model, input: texts, encoding_format: "float" }),
      // The key is for this server alone
      redirect: "error",
      signal,
    })
    text = await textOf(response)
  } catch (error) {
    if (signal.aborted) throw new Error(`${hostOf(url)} did not answer within ${DEADLINE / 1000} s`, { cause: error })
    throw new Error(`${hostOf(url)} could not be asked: ${causeOf(error)}`, { cause: error })
  }
  if (!response.ok) throw new Error(`${hostOf(url)} answered ${response.status}: ${text.replace(/\s+/g, " ").slice(0, SHOWN)}`)
  return vectorsOf(text, texts.length, url)
}

/**
 * The text of an answer that is not too long.
 * @param {Response} response
 */
async function textOf(response) {
  const decoder = new TextDecoder()
  let [text, bytes] = ["", 0]
  for await (const piece of /** @type {any} */ (response.body ?? [])) {
    bytes += piece.byteLength
    if (bytes > MOST) throw new Error(`its answer is longer than ${MOST >> 20} MB`)
    text += decoder.decode(piece, { stream: true })
  }
  return text + decoder.decode()
}

/**
 * @param {string} text
 * @param {number} wanted
 * @param {string} url
 * @returns {Embedded}
 */
function vectorsOf(text, wanted, url) {
  const wrong = () => new Error(`${hostOf(url)} answered with something else than ${wanted} vectors`)
  let answer
  try {
    answer = JSON.parse(text)
  } catch {
    throw wrong()
  }
  /** @type {number[][]} */
  const vectors = []
  for (const [place, one] of (Array.isArray(answer?.data) ? answer.data : []).entries()) {
    const { index = place, embedding } = one ?? {}
    const usable = Array.isArray(embedding) && embedding.length > 0 && embedding.every(Number.isFinite)
    if (!usable || !Number.isInteger(index) || index < 0 || index >= wanted || vectors[index]) throw wrong()
    vectors[index] = embedding
  }
  if (vectors.length !== wanted || Object.keys(vectors).length !== wanted) throw wrong()
  const { prompt_tokens, total_tokens } = answer.usage ?? {}
  const tokens = [prompt_tokens, total_tokens].find((count) => Number.isSafeInteger(count) && count > 0) ?? 0
  return { vectors, tokens }
}

/** @param {string} url */
function hostOf(url) {
  try {
    return new URL(url).host
  } catch {
    return "the provider"
  }
}

/** @param {any} error */
function causeOf(error) {
  return String(error?.cause?.message || error?.cause?.code || error?.message || error)
}
