/** The turn that `/task` starts in OpenCode 1. */
import { first } from "../registry.js"
import { remember } from "./turns.js"

/** The longest title of a session. */
const TITLE = 80
/** The title that OpenCode gives a session without a title. */
const UNTITLED = /^(New|Child) session - \d{4}-/
/** The most words of a text that is no mission yet, such as `status` or a typing mistake: a mission may name the session later. */
const MOST_CONTROL_WORDS = 2

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
  if (command.command !== ours || !first(output)) return
  const answer = await atOnce(command.arguments)
  // With an empty text OpenCode would have no message
  const shown = command.arguments.trim() ? command.arguments : `/${ours}`
  remember(command.sessionID, { text: command.arguments, shown, answer })
  output.parts.splice(0, output.parts.length, { type: "text", text: shown })
  await name(command, input, ours)
}

/**
 * Names a session without a title, or with the title of a control word, so that OpenCode does not ask a model for one.
 * @param {{ sessionID: string, arguments: string }} command
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {string} ours
 */
async function name(command, input, ours) {
  const words = command.arguments.trim().replace(/^"(.*)"$/s, "$1").split("\n")[0].slice(0, TITLE)
  const path = { id: command.sessionID }
  try {
    const { data } = await input.client.session.get({ path })
    const [first, ...rest] = data?.title.split(" ") ?? []
    const controls = first === `/${ours}` && rest.length <= MOST_CONTROL_WORDS && words.split(" ").length > MOST_CONTROL_WORDS
    if (data && (UNTITLED.test(data.title) || controls)) await input.client.session.update({ path, body: { title: `/${ours} ${words}`.trim() } })
  } catch {
    // Without our title OpenCode asks a model for one: this costs only a request
  }
}
