/** The turn that `/task` makes. */
import { COMMAND } from "./names.js"

/** The longest title of a session. */
const TITLE = 80

/**
 * Names the session after the mission, so that OpenCode does not ask a model for a title.
 * @param {{ command: string, sessionID: string, arguments: string }} command
 * @param {import("@opencode-ai/plugin").PluginInput} input
 */
export async function prepareCommand(command, input) {
  if (command.command !== COMMAND) return
  const words = command.arguments.trim().replace(/^"(.*)"$/s, "$1").split("\n")[0].slice(0, TITLE)
  try {
    await input.client.session.update({ path: { id: command.sessionID }, body: { title: `/task ${words}`.trim() } })
  } catch {
    // without a title of ours OpenCode makes one: nothing is lost but a request
  }
}
