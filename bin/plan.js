/** `plan edit`: opens the plan of a waiting mission in the user's editor. The core makes the file and applies it. */
import { callCore } from "./core.js"
import { editText } from "./editor.js"

/**
 * @param {string[]} args what follows `plan edit`
 * @returns {Promise<import("./core.js").Answer>}
 */
export async function editPlan(args) {
  const shown = await callCore(["plan", "show", ...args, "--json"])
  if (shown.exit !== 0) return shown
  /** @type {{ mission: string, plan: string }} */
  const { mission, plan } = JSON.parse(shown.stdout ?? "")
  return editText({
    name: `plan-${mission}.toml`,
    text: plan,
    take: ["plan", "edit", mission, "--from"],
    kept: "The plan stays as it was.",
    same: `The plan of mission ${mission} is as it was.`,
  })
}
