/** The turn that `/task` starts in OpenCode 1. */
import { registry } from "../registry.js"

/** The longest title of a session. */
const TITLE = 80
/** The title that OpenCode gives a session without a title. */
const UNTITLED = /^(New|Child) session - \d{4}-/
/** The most turns that may wait for the mission model. */
const MAX_TYPED = 100

/**
 * Puts the typed text into the turn, verbatim, and remembers it: the mission model answers only remembered text.
 * @param {{ command: string, sessionID: string, arguments: string }} command
 * @param {{ parts: any[] }} output
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {string} ours the name of our command
 * @param {(text: string) => Promise<string | undefined>} atOnce executes text that need not wait for the session's
 *   mission
 */
export async function prepareCommand(command, output, input, ours, atOnce) {
  if (command.command !== ours) return
  const { typed, answered } = registry()
  for (const map of [typed, answered]) if (map.size >= MAX_TYPED) map.clear()
  const answer = await atOnce(command.arguments)
  if (answer) answered.set(command.sessionID, answer)
  typed.set(command.sessionID, command.arguments)
  // With an empty text OpenCode would have no message
  output.parts.splice(0, output.parts.length, { type: "text", text: command.arguments.trim() ? command.arguments : `/${ours}` })
  await name(command, input, ours)
}

/**
 * Names a session without a title, so that OpenCode does not ask a model for one.
 * @param {{ sessionID: string, arguments: string }} command
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {string} ours
 */
async function name(command, input, ours) {
  const words = command.arguments.trim().replace(/^"(.*)"$/s, "$1").split("\n")[0].slice(0, TITLE)
  const path = { id: command.sessionID }
  try {
    const { data } = await input.client.session.get({ path })
    if (data && UNTITLED.test(data.title)) await input.client.session.update({ path, body: { title: `/${ours} ${words}`.trim() } })
  } catch {
    // Without our title OpenCode asks a model for one: this costs only a request
  }
}
