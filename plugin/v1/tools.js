/**
 * The tool hooks of OpenCode 1, which keeps the objects that it passes: they are changed in place.
 */
import { afterCall, beforeCall } from "../calls.js"

/**
 * @param {{ tool: string, sessionID: string, callID: string }} call
 * @param {{ args: any }} output
 */
export async function beforeTool(call, output) {
  const other = await beforeCall(call.sessionID, output, call.tool, output.args)
  if (!other) return
  for (const name of Object.keys(output.args)) delete output.args[name]
  Object.assign(output.args, other)
}

/**
 * @param {{ tool: string, sessionID: string, callID: string, args: any }} call
 * @param {{ output: string }} output
 */
export async function afterTool(call, output) {
  const findings = await afterCall(call.sessionID, output, call.tool, call.args)
  if (findings) output.output = `${output.output ?? ""}${findings}`
}
