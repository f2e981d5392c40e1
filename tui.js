/**
 * The board of a mission in OpenCode's terminal interface, which loads this file from `tui.json`. Nothing happens when it is
 * imported. It shows what `board.json` says and runs no part of a mission.
 */
import { tui } from "./plugin/tui/plugin.js"

export default { id: "opencode-orchestrator", tui }
