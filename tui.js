/**
 * The board of a mission in OpenCode's terminal interface, which loads this file from `tui.json`. Nothing happens at
 * import. It shows `board.json` and runs no part of a mission.
 */
import { tui } from "./plugin/tui/plugin.js"
import { setup } from "./plugin/v2/board.js"

// OpenCode 1 calls `tui`, OpenCode 2 calls `setup`
export default { id: "opencode-orchestrator", tui, setup }
