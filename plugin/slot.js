/** Which folders are slots of a mission, in which the user's configuration counts and nothing of the repository's own. */
import { existsSync, realpathSync } from "node:fs"
import { join, sep } from "node:path"
import { dataHome } from "./engine.js"
import { registry } from "./registry.js"

/**
 * The folder itself if it is a slot of a mission: one in which this process opened a session, or one that lies where slots do.
 * @param {string} directory
 */
export function slotOf(directory) {
  if (registry().owners.has(directory)) return directory
  const state = join(dataHome(), "opencode-orchestrator") + sep
  const real = existsSync(dataHome()) ? join(realpathSync(dataHome()), "opencode-orchestrator") + sep : state
  // Where the state is hidden, slots lie in a folder of the user's own below /var/tmp.
  const places = [state, real, `${sep}var${sep}tmp${sep}opencode-orchestrator-`]
  return places.some((place) => directory.startsWith(place)) && directory.includes(`${sep}slots${sep}`) ? directory : undefined
}
