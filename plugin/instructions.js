/**
 * Files of instructions in the system text of a role's requests: a host gives the texts, and the engine says which of them it cuts
 * to what concerns the task. Other sessions are not touched.
 */
import { registry } from "./registry.js"
import { toCore } from "./to-core.js"

/** How hosts begin a file of instructions. */
const HEADER = "Instructions from: "

/**
 * @param {string} id the session
 * @param {string[]} texts
 * @returns {Promise<string[] | undefined>} nothing where all stays
 */
export async function cutInstructions(id, texts) {
  const session = registry().sessions.get(id)
  if (!session || !texts.some((text) => text.includes(HEADER))) return undefined
  const answer = await session.engine.cutInstructions(id, toCore(texts))
  return answer ? JSON.parse(answer) : undefined
}
