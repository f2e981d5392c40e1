/**
 * The plugin that OpenCode loads: OpenCode 1 calls `server`, OpenCode 2 calls `setup`. OpenCode imports this file
 * twice, and an error here would prevent the plugin from loading, so nothing happens at import: each host's files are
 * imported when it calls.
 */
export default {
  id: "opencode-orchestrator",
  /** @type {import("@opencode-ai/plugin").Plugin} */
  server: async (input, options) => (await import("./plugin/v1/server.js")).server(input, options),
  /** @param {Record<string, any>} ctx */
  setup: async (ctx) => (await import("./plugin/v2/setup.js")).setup(ctx),
}
