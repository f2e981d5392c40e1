/** What `install` and `uninstall` did, in words. */

/** @typedef {import("./install.js").Step} Step */

/** @type {Record<Step["action"], [done: string, planned: string]>} */
const VERBS = {
  added: ["added", "would add"],
  created: ["added", "would add"],
  replaced: ["replaced a stale entry with", "would replace a stale entry with"],
  unchanged: ["already there:", "already there:"],
  removed: ["removed", "would remove"],
  restored: ["removed", "would remove"],
  deleted: ["removed", "would remove"],
}

/** @type {Partial<Record<Step["action"], string>>} */
const NOTES = {
  created: "a new file",
  restored: "the file is as it was before",
  deleted: "the file was made for it and is gone",
}

/**
 * @param {Step[]} steps
 * @param {boolean} [dryRun]
 * @param {import("./notices.js").Notice[]} [notices]
 * @returns {string}
 */
export function describe(steps, dryRun = false, notices = []) {
  const more = notices.map(({ message, hint }) => `warning: ${message}\nhint: ${hint}\n`).join("")
  if (steps.length === 0) return `the plugin is not registered; nothing to do\n${more}`
  const lines = steps.map(({ file, action, spec, backup, instead }) => {
    const notes = [NOTES[action], backup && `as it was: ${backup}`].filter(Boolean).join("; ")
    const line = `${file}: ${VERBS[action][dryRun ? 1 : 0]} \`${spec}\`${notes && !dryRun ? ` (${notes})` : ""}`
    return instead ? `${line}\nhint: to use \`${instead}\` instead, run \`opencode-orchestrator install --spec ${instead}\`` : line
  })
  const changed = steps.some(({ action }) => action !== "unchanged")
  if (changed && !dryRun) lines.push("restart OpenCode to apply the change")
  return `${lines.join("\n")}\n${more}`
}
