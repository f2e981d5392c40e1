/** Tells the user once, when OpenCode starts in a project, about an unfinished mission. */
import { withName } from "./command-name.js"

/**
 * Delays after the start, in milliseconds: a TUI that is still drawing shows no toast, and on a busy machine drawing
 * takes long. The second toast replaces the first.
 */
const AFTER = [2_000, 9_000]
/** How long the toast is shown, in milliseconds. */
const SHOWN = 8_000

/**
 * Returns at once, because OpenCode waits without a limit for a plugin to start.
 * @param {ReturnType<typeof import("./engine.js").lazyEngine>} lazy
 * @param {import("./host.js").Host} host
 * @param {string} command the command's name
 */
export function offerToResume(lazy, host, command) {
  if (!host.interactive()) return
  for (const after of AFTER) {
    const timer = setTimeout(async () => {
      const message = await lazy.get().engine?.unfinished().catch(() => null)
      // A toast draws no Markdown
      if (message) await host.toast(withName(message, command).replaceAll("`", ""), "info", SHOWN)
    }, after)
    timer.unref?.()
  }
}
