/** The hooks of one OpenCode instance: each calls the file that implements it. */
import { existsSync, realpathSync } from "node:fs"
import { join, sep } from "node:path"
import { prepareCommand } from "./command.js"
import { configure } from "./config.js"
import { dataHome, lazyEngine } from "./engine.js"
import { defineMailbox, mailboxes } from "./mailboxes.js"
import { missionFetch, returnModel, stopDeleted } from "./mission-model.js"
import { observe } from "./observe.js"
import { offerToResume } from "./offer.js"
import { answerPermission } from "./permissions.js"
import { registry } from "./registry.js"
import { beforeRequest } from "./requests.js"
import { afterTool, beforeTool } from "./tools.js"

/** How long OpenCode's end waits for a mission, in milliseconds; OpenCode itself waits for at most 5 s. */
const WIND_UP = 4_000

/**
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {Record<string, unknown>} [options]
 * @returns {Promise<import("@opencode-ai/plugin").Hooks>}
 */
export async function server(input, options) {
  const slot = slotOf(input.directory)
  const engine = lazyEngine(input.directory, options)
  const fetch = missionFetch(engine, input)
  if (!slot) offerToResume(engine, input)
  return {
    config: async (config) => configure(config, { fetch, slot, directory: input.directory }),
    tool: mailboxes(),
    "command.execute.before": async (command, output) => prepareCommand(command, output, input),
    "chat.message": async (message, output) => returnModel(message, output, input),
    "tool.definition": async ({ toolID }, output) => defineMailbox(toolID, output),
    "experimental.chat.messages.transform": async (_, output) => beforeRequest(output, input),
    "tool.execute.before": async (call, output) => beforeTool(call, output),
    "tool.execute.after": async (call, output) => afterTool(call, output),
    event: async ({ event }) => {
      observe(event)
      await stopDeleted(event)
      await answerPermission(event, input)
    },
    dispose: async () => {
      await windUp(engine)
    },
  }
}

/**
 * OpenCode ends: the mission is stopped, so that it can be resumed, and has a moment to record that.
 * @param {ReturnType<typeof lazyEngine>} engine
 */
async function windUp(engine) {
  const made = engine.made()
  if (!made) return
  await made.stop("the end of OpenCode")
  const late = new Promise((resolve) => setTimeout(resolve, WIND_UP).unref?.())
  await Promise.race([engine.idle(), late])
}

/**
 * The folder itself if it is a slot of a mission: one in which this process opened a session, or one that lies where slots do.
 * @param {string} directory
 */
function slotOf(directory) {
  if (registry().owners.has(directory)) return directory
  const state = join(dataHome(), "opencode-orchestrator") + sep
  const real = existsSync(dataHome()) ? join(realpathSync(dataHome()), "opencode-orchestrator") + sep : state
  // Where the state is hidden, slots lie in a folder of the user's own below /var/tmp.
  const places = [state, real, `${sep}var${sep}tmp${sep}opencode-orchestrator-`]
  return places.some((place) => directory.startsWith(place)) && directory.includes(`${sep}slots${sep}`) ? directory : undefined
}
