/**
 * The model inside the plugin: a request for `orchestrator/mission` never leaves the process. It executes the text
 * after `/task` and streams the progress as the answer. It costs no tokens; Esc fires the signal.
 */
import { withName } from "../command-name.js"
import { runMission } from "../mission.js"
import { AGENT, MODEL, PROVIDER } from "../names.js"
import { drop, take } from "./turns.js"

/**
 * The interval, in milliseconds, at which something is sent even if nothing happens: OpenCode aborts a silent model.
 */
const HEARTBEAT = 20_000
/** How long the answer waits for a mission to stop, in milliseconds. */
const WIND_UP = 1_500

/**
 * @param {ReturnType<typeof import("../engine.js").lazyEngine>} lazy
 * @param {import("../host.js").Host} host
 * @param {string} command the command's name
 * @returns {typeof globalThis.fetch}
 */
export function missionFetch(lazy, host, command) {
  const answer = async (/** @type {any} */ _url, /** @type {RequestInit | undefined} */ request) => {
    const session = new Headers(request?.headers).get("x-session-id") ?? ""
    const turns = take(session, request?.body)
    return stream(request?.signal ?? undefined, async (send, signal) => {
      const say = (/** @type {string} */ line) => send(withName(line, command))
      // Summaries, titles and messages through the API start no mission: only the command does
      if (turns.length === 0) return say("Missions start with `/task`.\n")
      const forget = () => drop(session)
      signal.addEventListener("abort", forget, { once: true })
      const progress = streamsApart(host) ? (/** @type {string} */ line) => void process.stderr.write(withName(line, command)) : say
      for (const [at, { text, answer }] of turns.entries()) {
        if (signal.aborted) return
        if (at > 0) say("\n")
        if (answer === undefined) await runMission(lazy, host, { session, text, say, progress, signal })
        else say(answer)
      }
      // OpenCode may also abort a turn that has ended; what waits behind it is still due
      signal.removeEventListener("abort", forget)
    })
  }
  return /** @type {typeof globalThis.fetch} */ (answer)
}

/**
 * Whether news also goes to standard error while the mission runs: `opencode run` prints an answer only when it is
 * complete. With `--format json` nothing is added.
 * @param {import("../host.js").Host} host
 */
function streamsApart(host) {
  return !host.interactive() && !process.argv.some((word) => word === "--format" || word.startsWith("--format="))
}

/**
 * @param {AbortSignal | undefined} signal
 * @param {(say: (text: string) => void, signal: AbortSignal) => Promise<void>} work
 */
function stream(signal, work) {
  const encoder = new TextEncoder()
  const gone = new AbortController()
  const ended = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal
  /** @type {NodeJS.Timeout | undefined} */
  let heartbeat
  let open = true
  const body = new ReadableStream({
    start(controller) {
      const send = (/** @type {string} */ line) => {
        if (open) controller.enqueue(encoder.encode(line))
      }
      const chunk = (/** @type {object} */ delta, /** @type {string | null} */ reason = null) =>
        send(`data: ${JSON.stringify({ id: "mission", object: "chat.completion.chunk", created: 0, model: MODEL, choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`)
      const end = () => {
        if (!open) return
        chunk({}, "stop")
        send(`data: ${JSON.stringify({ id: "mission", object: "chat.completion.chunk", created: 0, model: MODEL, choices: [], usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } })}\n\n`)
        send("data: [DONE]\n\n")
        close()
      }
      heartbeat = setInterval(() => send(": working\n\n"), HEARTBEAT)
      const close = () => {
        clearInterval(heartbeat)
        if (!open) return
        open = false
        try {
          controller.close()
        } catch {
          // The reader closed the stream first
        }
      }
      signal?.addEventListener("abort", () => setTimeout(close, WIND_UP).unref?.(), { once: true })
      chunk({ role: "assistant", content: "" })
      work((text) => chunk({ content: text }), ended).then(end, (error) => {
        chunk({ content: `\n**The mission ended with an error**: ${error?.message ?? error}\n` })
        end()
      })
    },
    // The reader has closed the stream: nobody would see the mission continue
    cancel() {
      open = false
      clearInterval(heartbeat)
      gone.abort()
    },
  })
  return new Response(body, { headers: { "content-type": "text/event-stream" } })
}

/**
 * Gives an ordinary message the user's own model: after a mission's turn it would inherit the mission model.
 * @param {{ sessionID: string, agent?: string }} message
 * @param {{ message: any }} output
 * @param {import("@opencode-ai/plugin").PluginInput} input
 */
export async function returnModel(message, output, input) {
  const model = output.message?.model
  if (message.agent === AGENT || output.message?.agent === AGENT) return
  if (model?.providerID !== PROVIDER || model?.modelID !== MODEL) return
  const own = await ownModel(message.sessionID, input)
  if (own) output.message.model = own
}

/**
 * The model of the session's last ordinary turn, otherwise the configured one, otherwise the provider's default.
 * @param {string} session
 * @param {import("@opencode-ai/plugin").PluginInput} input
 */
async function ownModel(session, input) {
  const query = { directory: input.directory }
  const { data: messages } = await input.client.session.messages({ path: { id: session }, query })
  for (const { info } of (messages ?? []).toReversed()) {
    const model = /** @type {any} */ (info).model ?? { providerID: /** @type {any} */ (info).providerID, modelID: /** @type {any} */ (info).modelID }
    if (model?.providerID && model.providerID !== PROVIDER) return { providerID: model.providerID, modelID: model.modelID }
  }
  const { data: config } = await input.client.config.get({ query })
  const [providerID, ...rest] = (config?.model ?? "").split("/")
  if (providerID && providerID !== PROVIDER && rest.length > 0) return { providerID, modelID: rest.join("/") }
  const { data: providers } = await input.client.config.providers({ query })
  const first = Object.entries(providers?.default ?? {}).find(([provider]) => provider !== PROVIDER)
  return first ? { providerID: first[0], modelID: first[1] } : undefined
}
