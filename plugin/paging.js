/**
 * Messages of a role that go out as pages: they are handed to the engine before each request, and it says what stands in their
 * place. A host describes its own messages and puts the engine's words into them.
 */
import { registry } from "./registry.js"

/**
 * @typedef {{ id: string, turn: number } & ({ kind: "asked", text: string } | { kind: "said", bytes: number } | { kind: "call", tool: string, input: object, output: string, failed: boolean })} HandedPart
 *   `id`: the same in every request; `turn`: the answer of the model that it belongs to, from 1; tools and arguments have the engine's names
 * @typedef {{ text?: string, input?: Record<string, string>, output?: string }} Replaced new words of a part
 * @typedef {{ front: string[], parts: Record<string, Replaced> }} Paged `front`: prompts that the host has lost, to stand before the newest
 */

/**
 * @param {string} id the session
 * @param {HandedPart[]} parts
 * @returns {Promise<Paged | undefined>} nothing where all stays
 */
export async function page(id, parts) {
  const answer = await registry().sessions.get(id)?.engine.page(id, JSON.stringify({ parts }))
  return answer ? JSON.parse(answer) : undefined
}
