/** Permission questions of roles: somebody may answer them for a while, nobody waits for ever. */
import { registry } from "./registry.js"

/** How long a question of a role waits for the user, in milliseconds. */
const PATIENCE = 60_000

/**
 * @param {any} event
 * @param {import("@opencode-ai/plugin").PluginInput} input
 */
export async function answerPermission(event, input) {
  if (event?.type !== "permission.asked" && event?.type !== "permission.updated") return
  const { id, sessionID } = event.properties ?? {}
  const session = registry().sessions.get(sessionID)
  if (!session || !id) return
  const refuse = async () => {
    try {
      await input.client.postSessionIdPermissionsPermissionId({
        path: { id: sessionID, permissionID: id },
        query: { directory: input.directory },
        body: { response: "reject" },
      })
    } catch {
      // answered meanwhile
    }
  }
  // `opencode run` has nobody to ask
  if (!session.interactive) return refuse()
  const timer = setTimeout(refuse, PATIENCE)
  timer.unref?.()
}
