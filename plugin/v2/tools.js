/**
 * Tools of OpenCode 2: the mailboxes, and hooks on OpenCode's own tools. The engine uses the tool names of OpenCode 1.
 */
import { afterCall, beforeCall, callMailbox } from "../calls.js"

/** OpenCode 2's tool names for which the engine uses others. */
const NAMES = /** @type {Record<string, string>} */ ({ shell: "bash", patch: "apply_patch" })
/** Tools whose argument `path` has the engine's name `filePath`. */
const BY_PATH = ["read", "edit", "write"]

/**
 * @param {string} tool
 * @param {any} input
 */
export function toEngine(tool, input) {
  const name = NAMES[tool] ?? tool
  if (!BY_PATH.includes(tool) || !input || typeof input !== "object" || !("path" in input)) return { name, args: input }
  const { path, ...rest } = input
  return { name, args: { filePath: path, ...rest } }
}

/**
 * @param {string} tool
 * @param {any} args
 */
export function fromEngine(tool, args) {
  if (!BY_PATH.includes(tool) || !("filePath" in args)) return args
  const { filePath, ...rest } = args
  return { path: filePath, ...rest }
}

/**
 * Adds the mailboxes, but not to the catalogue of Code Mode, which is described to every chat.
 * @param {import("./setup.js").Context} ctx
 * @param {import("../engine.js").Tool[]} mailboxes
 */
export async function addMailboxes(ctx, mailboxes) {
  await ctx.tool.transform((/** @type {any} */ editor) => {
    for (const { name, description, schema } of mailboxes) {
      editor.add({
        name,
        description,
        input: { type: "object", ...schema },
        options: { codemode: false },
        execute: async (/** @type {unknown} */ input, /** @type {{ sessionID: string }} */ { sessionID }) => ({ content: await callMailbox(sessionID, name, input) }),
      })
    }
  })
}

/**
 * Hooks on tool calls. The model reads the message of an error that the first hook throws.
 * @param {import("./setup.js").Context} ctx
 */
export async function hookTools(ctx) {
  await ctx.tool.hook("execute.before", async (/** @type {any} */ event) => {
    const { name, args } = toEngine(event.tool, event.input)
    const other = await beforeCall(event.sessionID, event, name, args)
    if (other) event.input = fromEngine(event.tool, other)
  })
  await ctx.tool.hook("execute.after", async (/** @type {any} */ event) => {
    if (event.status !== "completed") return
    const { name, args } = toEngine(event.tool, event.input)
    const findings = await afterCall(event.sessionID, event, name, args)
    if (findings) event.result = { ...event.result, content: [...contentOf(event.result), { type: "text", text: findings }] }
  })
}

/**
 * The parts of a result that a model would have read.
 * @param {{ content?: string | readonly any[], output?: unknown }} result
 * @returns {any[]}
 */
function contentOf({ content, output }) {
  if (typeof content === "string") return [{ type: "text", text: content }]
  if (content && content.length > 0) return [...content]
  return output === undefined ? [] : [{ type: "text", text: typeof output === "string" ? output : JSON.stringify(output) }]
}
