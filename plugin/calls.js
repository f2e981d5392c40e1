/**
 * The host's own tools in the hands of a role: scope before a call, findings after it. Mailboxes: each call goes to the engine,
 * which answers the model. Tools and arguments have the engine's names here; a host translates its own.
 */
import { first, registry } from "./registry.js"

/**
 * Asks the engine for leave. What is thrown here is what the model reads.
 * @param {string} id the session
 * @param {object} call what the host hands to every hook of this call
 * @param {string} tool
 * @param {unknown} args
 * @returns {Promise<any>} other arguments, where the call is to have some
 */
export async function beforeCall(id, call, tool, args) {
  const session = registry().sessions.get(id)
  if (!session || !first(call)) return undefined
  const text = JSON.stringify(args ?? {})
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
 * @returns {Promise<string | null | undefined>} what is appended to the tool's answer
 */
export async function afterCall(id, call, tool, args) {
  const session = registry().sessions.get(id)
  if (!session || !first(call)) return undefined
  return session.engine.afterTool(id, tool, JSON.stringify(args ?? {}))
}

/**
 * @param {string} id
 * @param {string} name of the mailbox
 * @param {unknown} args
 */
export async function callMailbox(id, name, args) {
  const session = registry().sessions.get(id)
  if (!session) return `refused: \`${name}\` is for the roles of a running mission, and this session is none.`
  return session.engine.callTool(id, name, JSON.stringify(args ?? {}))
}

/**
 * One of the engine's own tools with which roles change files. The user may be asked before anything is written.
 * @param {string} id
 * @param {string} tool
 * @param {unknown} args
 * @param {(patterns: string[], shown: { filepath: string, diff: string }) => Promise<unknown>} ask
 * @returns {Promise<{ title: string, output: string, metadata: Record<string, unknown> }>} what is thrown is what the model reads
 */
export async function changeFile(id, tool, args, ask) {
  const session = registry().sessions.get(id)
  if (!session) throw new Error(`refused: \`${tool}\` is here for the roles of a running mission, and this session is none.`)
  const text = JSON.stringify(args ?? {})
  const planned = JSON.parse(await session.engine.changeFile(id, tool, text, false))
  await ask(planned.patterns, { filepath: planned.title, diff: planned.diff })
  const { title, output, metadata } = JSON.parse(await session.engine.changeFile(id, tool, text, true))
  return { title, output, metadata }
}
