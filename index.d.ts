import type { Plugin } from "@opencode-ai/plugin"

/** The plugin module: OpenCode 1 calls `server`, OpenCode 2 calls `setup`. */
declare const plugin: {
  id: "opencode-orchestrator"
  server: Plugin
  /** `ctx` is the `Context` of `@opencode/plugin`; what it returns ends the plugin. */
  setup: (ctx: Record<string, any>) => Promise<() => Promise<void>>
}
export default plugin
