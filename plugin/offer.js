/** When OpenCode starts in a project with an unfinished mission, its user is told once. */
import { withName } from "./command-name.js"

/**
 * How long after the start, in milliseconds: a TUI that is still drawing shows no toast, and on a busy machine it draws for
 * long. A second toast takes the place of the first.
 */
const AFTER = [2_000, 9_000]
/** How long it is shown, in milliseconds. */
const SHOWN = 8_000

/**
 * Returns at once: OpenCode waits for a plugin's start without a limit.
 * @param {ReturnType<typeof import("./engine.js").lazyEngine>} lazy
 * @param {import("./host.js").Host} host
 * @param {string} command what it is called
 */
export function offerToResume(lazy, host, command) {
  if (!host.interactive()) return
  for (const after of AFTER) {
    const timer = setTimeout(async () => {
      const message = await lazy.get().engine?.unfinished().catch(() => null)
      if (message) await host.toast(withName(message, command), "info", SHOWN)
    }, after)
    timer.unref?.()
  }
}
