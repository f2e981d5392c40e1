/** The difference between two texts, as exact replacements for an editing tool. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Numbers of context lines to try, until each place is unambiguous. */
const CONTEXTS = [1, 3, 8, 20, 60]

/**
 * Replacements that turn one text into the other when applied in order: `[old, new]`, where `old`
 * occurs exactly once in the text at that moment.
 * @param {string} before
 * @param {string} after
 * @returns {[string, string][]}
 */
export function editsBetween(before, after) {
  for (const context of CONTEXTS) {
    const edits = hunks(before, after, context)
    if (applies(before, after, edits)) return edits
  }
  return [[before, after]]
}

/**
 * @param {string} before
 * @param {string} after
 * @param {[string, string][]} edits
 */
function applies(before, after, edits) {
  let text = before
  for (const [old, fresh] of edits) {
    if (old === "" || text.split(old).length !== 2) return false
    text = text.split(old).join(fresh)
  }
  return text === after
}

/**
 * @param {string} before
 * @param {string} after
 * @param {number} context
 * @returns {[string, string][]}
 */
function hunks(before, after, context) {
  const folder = mkdtempSync(join(tmpdir(), "edits-"))
  try {
    writeFileSync(join(folder, "a"), before)
    writeFileSync(join(folder, "b"), after)
    const { status, stdout, stderr } = spawnSync(
      "git",
      ["diff", "--no-index", "--no-color", "--no-ext-diff", `-U${context}`, "a", "b"],
      { cwd: folder, encoding: "utf8", maxBuffer: 64 << 20 },
    )
    if (status !== 0 && status !== 1) throw new Error(`failed to compare two texts: git said ${stderr}`)
    return stdout
      .split(/^@@.*\n/m)
      .slice(1)
      .map((hunk) => {
        const lines = hunk.replace(/\n$/, "").split("\n")
        const side = (/** @type {string} */ sign) =>
          lines
            // A line that starts with a backslash says that the line before it has no newline.
            .map((line, i) =>
              line.startsWith(" ") || line.startsWith(sign)
                ? `${line.slice(1)}${lines[i + 1]?.startsWith("\\") ? "" : "\n"}`
                : "",
            )
            .join("")
        return /** @type {[string, string]} */ ([side("-"), side("+")])
      })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
