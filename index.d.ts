import type { Plugin } from "@opencode-ai/plugin"

/** The plugin module: `export default { id, server }`. */
declare const plugin: { id: "opencode-orchestrator"; server: Plugin }
export default plugin
