/**
 * Replies in the form of the OpenAI chat-completions API: as server-sent events, or in one piece.
 */

/** @typedef {import("./script.mjs").Reply} Reply */

/** Bytes per token: close enough for English and code in budgets. */
const BYTES_PER_TOKEN = 3.9
/** The size of pieces of a text or of a call's arguments, which clients have to join. */
const PIECE = 400
const MAX_PIECES = 24

/** @param {number} bytes */
export const tokensOf = (bytes) => Math.ceil(bytes / BYTES_PER_TOKEN)

/**
 * Usage numbers as a provider would report them.
 * @param {number} requestBytes
 * @param {number} knownBytes Bytes that an earlier request already contained: served from a cache.
 * @param {Reply} reply
 */
export function usageOf(requestBytes, knownBytes, reply) {
  const output = [reply.text, ...reply.calls.flatMap((call) => [call.tool, call.args])].join("")
  const reasoning = tokensOf(Buffer.byteLength(reply.reasoning))
  const prompt_tokens = tokensOf(requestBytes)
  const completion_tokens = Math.max(1, tokensOf(Buffer.byteLength(output))) + reasoning
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    // Providers cache whole blocks of a prefix.
    prompt_tokens_details: { cached_tokens: Math.floor(tokensOf(knownBytes) / 128) * 128 },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }
}

/** @param {string} text */
function pieces(text) {
  const size = Math.max(PIECE, Math.ceil(text.length / MAX_PIECES))
  const out = []
  for (let at = 0; at < text.length; at += size) out.push(text.slice(at, at + size))
  return out
}

/**
 * The deltas of a reply.
 * @param {Reply} reply
 * @param {string} id
 * @returns {object[]}
 */
export function deltasOf(reply, id) {
  /** @type {object[]} */
  const deltas = [{ role: "assistant", content: "" }]
  for (const piece of pieces(reply.reasoning)) deltas.push({ reasoning_content: piece })
  for (const piece of pieces(reply.text)) deltas.push({ content: piece })
  reply.calls.forEach((call, index) => {
    const start = { index, id: `call_${id}_${index}`, type: "function", function: { name: call.tool, arguments: "" } }
    deltas.push({ tool_calls: [start] })
    for (const piece of pieces(call.args)) deltas.push({ tool_calls: [{ index, function: { arguments: piece } }] })
  })
  return deltas
}

/**
 * @param {string} id
 * @param {string} model
 * @param {object} delta
 * @param {string | null} finish
 */
const chunk = (id, model, delta, finish = null) => ({
  id: `chatcmpl-${id}`,
  object: "chat.completion.chunk",
  created: Math.floor(Date.now() / 1000),
  model,
  choices: [{ index: 0, delta, finish_reason: finish }],
})

/** @param {unknown} data */
const event = (data) => `data: ${JSON.stringify(data)}\n\n`

/**
 * The whole answer as events, in order.
 * @param {Reply} reply
 * @param {{ id: string, model: string, usage: object }} about
 * @returns {string[]}
 */
export function eventsOf(reply, { id, model, usage }) {
  const events = deltasOf(reply, id).map((delta) => event(chunk(id, model, delta)))
  events.push(event(chunk(id, model, {}, reply.finish)))
  events.push(event({ ...chunk(id, model, {}), choices: [], usage }))
  events.push("data: [DONE]\n\n")
  return events
}

/**
 * The whole answer in one piece.
 * @param {Reply} reply
 * @param {{ id: string, model: string, usage: object }} about
 */
export function completionOf(reply, { id, model, usage }) {
  return {
    id: `chatcmpl-${id}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [
      {
        index: 0,
        finish_reason: reply.finish,
        message: {
          role: "assistant",
          content: reply.text || null,
          ...(reply.reasoning ? { reasoning_content: reply.reasoning } : {}),
          ...(reply.calls.length > 0
            ? {
                tool_calls: reply.calls.map((call, index) => ({
                  id: `call_${id}_${index}`,
                  type: "function",
                  function: { name: call.tool, arguments: call.args },
                })),
              }
            : {}),
        },
      },
    ],
    usage,
  }
}
