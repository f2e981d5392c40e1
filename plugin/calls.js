/**
 * Calls of roles: permission before a host tool runs, findings after it. A mailbox call goes to the engine, which
 * answers the model. Tools and arguments have the engine's names here; each host translates its own.
 */
import { first, registry } from "./registry.js"
import { toCore } from "./to-core.js"

/**
 * Asks the engine for permission. The model reads the message of a thrown error.
 * @param {string} id the session
 * @param {object} call the object that the host passes to every hook of this call
 * @param {string} tool
 * @param {unknown} args
 * @returns {Promise<any>} other arguments, if the call needs them
 */
export async function beforeCall(id, call, tool, args) {
  const session = registry().sessions.get(id)
  if (!session || !first(call)) return undefined
  const text = toCore(args ?? {})
  const refusal = await session.engine.beforeTool(id, tool, text)
  if (refusal) throw new Error(refusal)
  const other = await session.engine.rewriteTool(id, tool, text)
  return other ? JSON.parse(other) : undefined
}

/**
 * @param {string} id
 * @param {object} call
 * @param {string} tool
 * @param {unknown} args
 * @returns {Promise<string | null | undefined>} the text to append to the tool's answer
 */
export async function afterCall(id, call, tool, args) {
  const session = registry().sessions.get(id)
  if (!session || !first(call)) return undefined
  return session.engine.afterTool(id, tool, toCore(args ?? {}))
}

/**
 * @param {string} id
 * @param {string} name of the mailbox
 * @param {unknown} args
 */
export async function callMailbox(id, name, args) {
  const session = registry().sessions.get(id)
  if (!session) return `refused: \`${name}\` is for the roles of a running mission, and this session is none.`
  return session.engine.callTool(id, name, toCore(args ?? {}))
}

/**
 * Executes one of the engine's own tools with which roles change files. It may ask the user before it writes anything.
 * @param {string} id
 * @param {string} tool
 * @param {unknown} args
 * @param {(patterns: string[], shown: { filepath: string, diff: string }) => Promise<unknown>} ask
 * @returns {Promise<{ title: string, output: string, metadata: Record<string, unknown> }>} the model reads the message
 *   of a thrown error
 */
export async function changeFile(id, tool, args, ask) {
  const session = registry().sessions.get(id)
  if (!session) throw new Error(`refused: \`${tool}\` is here for the roles of a running mission, and this session is none.`)
  const text = toCore(args ?? {})
  const planned = JSON.parse(await session.engine.changeFile(id, tool, text, false))
  await ask(planned.patterns, { filepath: planned.title, diff: planned.diff })
  const { title, output, metadata } = JSON.parse(await session.engine.changeFile(id, tool, text, true))
  return { title, output, metadata }
}
