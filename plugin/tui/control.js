/**
 * Actions of the board: a request to the process that runs the mission, or `/task …` in a session. It decides nothing.
 */
import { randomBytes } from "node:crypto"
import { mkdir, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { commandName } from "../command-name.js"

/** @typedef {import("@opencode-ai/plugin/tui").TuiPluginApi} Api */
/** @typedef {import("./board.js").Seen} Seen */

/** Asks the process that runs the mission to pause it. @param {Api} api @param {Seen} board */
export function stop(api, board) {
  return ask(api, board, { kind: "stop" }, `Mission ${board.mission} is asked to stop.`)
}

/**
 * Sends a request to the process that runs the mission, as `opencode-orchestrator stop` and `answer` do: a file in its
 * folder.
 * @param {Api} api
 * @param {Seen} board
 * @param {{ kind: "stop" | "answer", text?: string }} request
 * @param {string} done the message after success
 */
export async function ask(api, board, request, done) {
  const folder = join(board.folder, "control")
  const name = `${String(Date.now()).padStart(15, "0")}-${String(process.pid).padStart(10, "0")}-${randomBytes(3).toString("hex")}.json`
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const draft = join(folder, `.${name}`)
    await writeFile(draft, JSON.stringify({ ...request, by: "the board", at_ms: Date.now() }), { mode: 0o600 })
    await rename(draft, join(folder, name))
    api.ui.toast({ message: done, variant: "info" })
  } catch (error) {
    const why = /** @type {Error} */ (error).message
    const instead = request.kind === "stop" ? "Press Esc twice in its session." : `Type /task answer ${request.text}.`
    api.ui.toast({ message: `The request could not be written: ${why}. ${instead}`, variant: "error" })
  }
}

/**
 * The session that a route shows.
 * @param {{ name: string, params?: Record<string, unknown> } | undefined} route
 * @returns {string | undefined}
 */
export function sessionOf(route) {
  return route?.name === "session" ? /** @type {{ sessionID: string }} */ (route.params).sessionID : undefined
}

/**
 * Runs `/task …` in the open session (for a role's session in the mission's), in the given one, or in a new one, which
 * is then shown.
 * @param {Api} api
 * @param {string} words
 * @param {string} [session]
 * @returns {Promise<boolean>} whether OpenCode accepted it
 */
export async function task(api, words, session) {
  try {
    const shown = sessionOf(api.route.current)
    // A role's session runs no command; the one from which it was opened does
    const own = shown && (api.state.session.get(shown)?.parentID ?? shown)
    const sessionID = own ?? session ?? (await api.client.session.create({})).data?.id
    if (!sessionID) throw new Error("OpenCode opened no session")
    if (sessionID !== shown) api.route.navigate("session", { sessionID })
    await api.client.session.command({ sessionID, command: await commandName(api.state.path.directory), arguments: words })
    return true
  } catch (error) {
    api.ui.toast({ message: `/task ${words}: ${/** @type {Error} */ (error).message}`, variant: "error" })
    return false
  }
}
