/** The board as signals, for the interfaces of both hosts: what is read, the time, and what is recent. It draws nothing. */
import { createSignal } from "solid-js"
import { watchBoard } from "./board.js"
import { isOpen, news } from "./view.js"

/** How long an ended mission is shown, in milliseconds. */
const KEPT = 30 * 60_000
const TICK = 1_000

/** @typedef {import("./board.js").Seen} Seen */

/**
 * @param {() => string | undefined} folder the project's state folder
 * @param {(told: NonNullable<ReturnType<typeof news>>) => void} tell
 * @param {AbortSignal} signal ends it
 */
export function boardState(folder, tell, signal) {
  const [board, setBoard] = createSignal(/** @type {Seen | undefined} */ (undefined))
  const [now, setNow] = createSignal(Date.now())
  /** @type {Seen | undefined} */
  let last
  const show = (/** @type {Seen | undefined} */ next) => {
    const told = news(last, next)
    last = next
    setNow(Date.now())
    setBoard(() => next)
    if (told) tell(told)
  }
  void watchBoard(folder, show, signal)
  const clock = setInterval(() => {
    // The update of the board has just drawn it
    if (board()?.running && Date.now() - now() >= TICK / 2) setNow(Date.now())
  }, TICK)
  clock.unref?.()
  signal.addEventListener("abort", () => clearInterval(clock), { once: true })
  const recent = () => {
    const seen = board()
    return seen && (isOpen(seen) || now() - seen.written_ms < KEPT) ? seen : undefined
  }
  return { board, now, recent }
}
