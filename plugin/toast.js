/** A note in the corner of OpenCode's terminal interface. */

/**
 * @param {import("@opencode-ai/plugin").PluginInput} input
 * @param {string} message
 * @param {"info" | "error"} variant
 * @param {number} [duration] in milliseconds
 */
export async function toast(input, message, variant, duration) {
  try {
    await input.client.tui.showToast({ body: { title: "opencode-orchestrator", message, variant, duration } })
  } catch {
    // without a TUI nobody would see it: what matters is said elsewhere too
  }
}
