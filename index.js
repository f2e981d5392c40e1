/**
 * The plugin that OpenCode loads. Nothing happens when this file is imported: OpenCode imports it twice, and what throws
 * here would take the plugin with it.
 */
import { server } from "./plugin/v1/server.js"

export default { id: "opencode-orchestrator", server }
