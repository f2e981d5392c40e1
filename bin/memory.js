/** `memory edit`: what missions learned of a project, in the user's editor. The core makes the file and takes it back. */
import { callCore } from "./core.js"
import { editText } from "./editor.js"

/** @returns {Promise<import("./core.js").Answer>} */
export async function editMemory() {
  const shown = await callCore(["memory", "--json"])
  if (shown.exit !== 0) return shown
  /** @type {{ markdown: string }} */
  const { markdown } = JSON.parse(shown.stdout ?? "")
  const kept = "The memory stays as it was."
  return editText({ name: "memory.md", text: markdown, take: ["memory", "edit", "--from"], kept, same: kept })
}
