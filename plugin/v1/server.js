/** The hooks of one instance of OpenCode 1: each calls the file that implements it. */
import { commandName } from "../command-name.js"
import { lazyEngine } from "../engine.js"
import { COMMAND } from "../names.js"
import { atOnce, windUp } from "../mission.js"
import { offerToResume } from "../offer.js"
import { slotOf } from "../slot.js"
import { prepareCommand } from "./command.js"
import { areOwn, configure } from "./config.js"
import { onEvent } from "./events.js"
import { defineFileTool, fileTools } from "./file-tools.js"
import { hostOf } from "./host.js"
import { defineMailbox, mailboxes } from "./mailboxes.js"
import { missionFetch, returnModel } from "./mission-model.js"
import { requestOptions } from "./request-options.js"
import { onRequest, onSystem } from "./requests.js"
import { afterTool, beforeTool } from "./tools.js"

/**
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {Record<string, unknown>} [options]
 * @returns {Promise<import("@opencode-ai/plugin").Hooks>}
 */
export async function server(input, options) {
  const slot = slotOf(input.directory)
  const host = hostOf(input)
  const known = { own: false, interactive: host.interactive(), fileTools: true }
  const engine = lazyEngine(input.directory, options, known, slotFiles())
  // No user types a command in a slot
  const command = slot ? COMMAND : await commandName(input.directory)
  const fetch = missionFetch(engine, host, command)
  if (!slot) offerToResume(engine, host, command)
  return {
    config: async (config) => {
      known.own = areOwn(config, options)
      configure(config, { fetch, slot, directory: input.directory, command })
    },
    tool: { ...mailboxes(), ...(slot ? fileTools() : {}) },
    "command.execute.before": async (typed, output) => prepareCommand(typed, output, input, command, (text) => atOnce(engine, host, typed.sessionID, text)),
    "chat.message": async (message, output) => returnModel(message, output, input),
    "chat.params": async (request, output) => requestOptions(request, output),
    "tool.definition": async ({ toolID }, output) => {
      defineMailbox(toolID, output)
      if (slot) defineFileTool(toolID, output)
    },
    "experimental.chat.system.transform": async ({ sessionID }, output) => onSystem(sessionID, output),
    "experimental.chat.messages.transform": async (_, output) => onRequest(output, host),
    "tool.execute.before": async (call, output) => beforeTool(call, output),
    "tool.execute.after": async (call, output) => afterTool(call, output),
    event: async ({ event }) => onEvent(event, host),
    dispose: async () => windUp(engine),
  }
}

/**
 * The configuration that replaces the project's own in a slot: it names only this plugin. Providers, models and
 * permissions come from the user's instance through the config hook, so that no key is written anywhere.
 */
function slotFiles() {
  const entry = new URL("../../index.js", import.meta.url).href
  return { "opencode.json": { plugin: [entry], share: "disabled", autoupdate: false, snapshot: false } }
}
