/** OpenCode's own tools in the hands of a role: scope before a call, findings after it. */
import { first, registry } from "./registry.js"

/**
 * What is thrown here is what the model reads.
 * @param {{ tool: string, sessionID: string, callID: string }} call
 * @param {{ args: any }} output
 */
export async function beforeTool(call, output) {
  const session = registry().sessions.get(call.sessionID)
  if (!session || !first(output)) return
  const refusal = await session.engine.beforeTool(call.sessionID, call.tool, JSON.stringify(output.args ?? {}))
  if (refusal) throw new Error(refusal)
  const other = await session.engine.rewriteTool(call.sessionID, call.tool, JSON.stringify(output.args ?? {}))
  if (other) replace(output.args, JSON.parse(other))
}

/**
 * @param {{ tool: string, sessionID: string, callID: string, args: any }} call
 * @param {{ output: string }} output
 */
export async function afterTool(call, output) {
  const session = registry().sessions.get(call.sessionID)
  if (!session || !first(output)) return
  const findings = await session.engine.afterTool(call.sessionID, call.tool, JSON.stringify(call.args ?? {}))
  if (findings) output.output = `${output.output ?? ""}${findings}`
}

/**
 * OpenCode keeps the object that it gave, so it is changed in place.
 * @param {any} args
 * @param {any} other
 */
function replace(args, other) {
  for (const name of Object.keys(args)) delete args[name]
  Object.assign(args, other)
}
