/** Recognizes the slots of a mission: in a slot only the user's configuration counts, not the repository's own. */
import { existsSync, realpathSync } from "node:fs"
import { join, sep } from "node:path"
import { dataHome } from "./engine.js"
import { registry } from "./registry.js"

/**
 * The folder itself if it is a slot of a mission: this process opened a session in it, or it is in a place for slots.
 * @param {string} directory
 */
export function slotOf(directory) {
  if (registry().owners.has(directory)) return directory
  const state = join(dataHome(), "opencode-orchestrator") + sep
  const real = existsSync(dataHome()) ? join(realpathSync(dataHome()), "opencode-orchestrator") + sep : state
  // If the state is hidden, slots are in a folder of the user below /var/tmp.
  const places = [state, real, `${sep}var${sep}tmp${sep}opencode-orchestrator-`]
  return places.some((place) => directory.startsWith(place)) && directory.includes(`${sep}slots${sep}`) ? directory : undefined
}
