/** The hooks of one OpenCode instance: each a line into the file that holds it. */
import { sep } from "node:path"
import { prepareCommand } from "./command.js"
import { configure } from "./config.js"
import { lazyEngine } from "./engine.js"
import { mailboxes } from "./mailboxes.js"
import { missionFetch, returnModel } from "./mission-model.js"
import { answerPermission } from "./permissions.js"
import { afterTool, beforeTool } from "./tools.js"

/**
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {Record<string, unknown>} [options]
 * @returns {Promise<import("@opencode-ai/plugin").Hooks>}
 */
export async function server(input, options) {
  const slot = slotOf(input.directory)
  const engine = lazyEngine(input.directory, options)
  const fetch = missionFetch(engine, input)
  return {
    config: async (config) => configure(config, { fetch, slot, directory: input.directory }),
    tool: mailboxes(),
    "command.execute.before": async (command) => prepareCommand(command, input),
    "chat.message": async (message, output) => returnModel(message, output, input),
    "tool.execute.before": async (call, output) => beforeTool(call, output),
    "tool.execute.after": async (call, output) => afterTool(call, output),
    event: async ({ event }) => answerPermission(event, input),
    dispose: async () => {
      const made = engine.made()
      if (made) await made.stop("the end of OpenCode")
    },
  }
}

/**
 * The folder itself if it is a slot of a mission.
 * @param {string} directory
 */
function slotOf(directory) {
  const marks = [`${sep}opencode-orchestrator${sep}`, `${sep}slots${sep}`]
  return marks.every((mark) => directory.includes(mark)) ? directory : undefined
}
