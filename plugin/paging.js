/**
 * Paging of a role's messages: before each request they are passed to the engine, which returns replacements for some
 * parts. A host describes its own messages and inserts the engine's replacements.
 */
import { registry } from "./registry.js"
import { toCore } from "./to-core.js"

/**
 * @typedef {{ id: string, turn: number } & ({ kind: "asked", text: string } | { kind: "said", bytes: number } | { kind: "call", tool: string, input: object, output: string, failed: boolean })} HandedPart
 *   `id`: the same in every request; `turn`: the number of the model's answer to which the part belongs, from 1; tools
 *   and arguments have the engine's names
 * @typedef {{ text?: string, input?: Record<string, string>, output?: string }} Replaced the new content of a part
 * @typedef {{ front: string[], parts: Record<string, Replaced> }} Paged `front`: prompts that the host has dropped, to
 *   insert before the newest
 */

/**
 * @param {string} id the session
 * @param {HandedPart[]} parts
 * @returns {Promise<Paged | undefined>} undefined if nothing changes
 */
export async function page(id, parts) {
  const answer = await registry().sessions.get(id)?.engine.page(id, toCore({ parts }))
  return answer ? JSON.parse(answer) : undefined
}
