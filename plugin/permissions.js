/** Permission questions of roles: the user has some time to answer, then they are refused, so that no role waits without end. */
import { registry } from "./registry.js"

/**
 * How long a question of a role waits for the user, in milliseconds. The variable is for tests, which cannot wait that long; it
 * is no setting.
 */
const patience = () => Number(process.env.OPENCODE_ORCHESTRATOR_TEST_PATIENCE_MS) || 60_000

/**
 * @param {any} event
 * @param {import("@opencode-ai/plugin").PluginInput} input
 */
export async function answerPermission(event, input) {
  if (event?.type !== "permission.asked") return
  const { id, sessionID, permission, patterns } = event.properties ?? {}
  const session = registry().sessions.get(sessionID)
  if (!session || !id) return
  const refuse = async () => {
    const message = `refused: nobody could allow \`${permission}\` for ${(patterns ?? []).join(", ")}. Continue without it.`
    try {
      // With a message the role continues; a bare refusal would end its turn
      await /** @type {any} */ (input.client)._client.post({
        url: "/permission/{requestID}/reply",
        path: { requestID: id },
        query: { directory: input.directory },
        body: { reply: "reject", message },
        headers: { "content-type": "application/json" },
      })
    } catch {
      // answered meanwhile
    }
  }
  // `opencode run` has nobody to ask
  if (!session.interactive) return refuse()
  const timer = setTimeout(refuse, patience())
  timer.unref?.()
}
