/** Options for requests to a role's model: passes `[roles.*] options` to OpenCode 1 as parameters of the request. */
import { registry } from "../registry.js"

/** Options that are parameters of every model, with their names in OpenCode; all others belong to the provider. */
const PARAMETERS = /** @type {Record<string, string>} */ ({ temperature: "temperature", top_p: "topP", top_k: "topK", max_output_tokens: "maxOutputTokens" })

/**
 * @param {{ sessionID: string }} request
 * @param {Record<string, any>} output changed in place
 */
export function requestOptions({ sessionID }, output) {
  const options = registry().sessions.get(sessionID)?.options
  for (const [name, value] of Object.entries(options ?? {})) {
    if (PARAMETERS[name]) output[PARAMETERS[name]] = value
    else output.options = { ...output.options, [name]: value }
  }
}
