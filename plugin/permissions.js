/**
 * Permission questions of roles: they are refused if the user does not answer in time, so that no role waits without
 * end.
 */
import { registry } from "./registry.js"

/**
 * How long a question of a role waits for the user, in milliseconds. The variable is only for tests, which cannot wait
 * that long; it is not a setting.
 */
const patience = () => Number(process.env.OPENCODE_ORCHESTRATOR_TEST_PATIENCE_MS) || 60_000

/**
 * @param {import("./host.js").Host} host
 * @param {{ id: string, session: string, action: string, resources: string[] }} asked
 */
export async function answerPermission(host, asked) {
  const session = registry().sessions.get(asked.session)
  if (!session || !asked.id) return
  const message = `refused: nobody could allow \`${asked.action}\` for ${asked.resources.join(", ")}. Continue without it.`
  const refuse = async () => {
    try {
      await host.refuse({ ...asked, directory: session.directory }, message)
    } catch {
      // The question was answered meanwhile
    }
  }
  // No user is there to answer
  if (!session.interactive) return refuse()
  const timer = setTimeout(refuse, patience())
  timer.unref?.()
}
