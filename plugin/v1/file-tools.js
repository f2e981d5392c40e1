/**
 * The engine's own file tools, which replace OpenCode's of the same names in slots: OpenCode writes wherever a path
 * leads at that moment, the engine only beneath the slot.
 */
import { changeFile } from "../calls.js"
import { fileTools as known } from "../engine.js"

const WHOLE = { type: "integer", minimum: 0 }
const text = (/** @type {string} */ description) => ({ type: "string", description })

/**
 * Definitions of OpenCode's own tools for roles. OpenCode's texts are long, sent with every request, and name tools that
 * no role has. OpenCode hands over no schema of its tools here, so each is given whole.
 */
const SHORT = /** @type {Record<string, { description: string, properties: object, required: string[] }>} */ ({
  read: {
    description:
      "Shows a file with the number of each line (`12: text`), or the entries of a folder. At most 2000 lines; a line is cut at 2000 characters. Read one larger piece rather than many small ones.",
    properties: { filePath: text("The path"), offset: { ...WHOLE, description: "The first line, from 1" }, limit: { ...WHOLE, description: "Lines" } },
    required: ["filePath"],
  },
  grep: {
    description: "Finds lines by a regular expression, with their files and numbers.",
    properties: { pattern: text("The regular expression"), path: text("A folder; the whole project where missing"), include: text("Files, such as `*.{ts,tsx}`") },
    required: ["pattern"],
  },
  glob: {
    description: "Finds files by a pattern such as `src/**/*.ts`.",
    properties: { pattern: text("The pattern"), path: text("A folder; the whole project where missing") },
    required: ["pattern"],
  },
})

/**
 * @param {string} name
 * @param {any} output
 */
export function defineFileTool(name, output) {
  const tool = known().find((tool) => tool.name === name)
  if (tool) Object.assign(output, { jsonSchema: tool.schema, description: tool.description })
  const short = SHORT[name]
  if (!short) return
  const { description, properties, required } = short
  Object.assign(output, { description, jsonSchema: { type: "object", properties, required } })
}

/** @returns {Record<string, any>} */
export function fileTools() {
  return Object.fromEntries(
    known().map(({ name, description, schema }) => [
      name,
      {
        description,
        args: schema.properties,
        /**
         * @param {unknown} args
         * @param {any} context
         */
        execute: (args, context) =>
          changeFile(context.sessionID, name, args, (patterns, metadata) => context.ask({ permission: "edit", patterns, always: ["*"], metadata })),
      },
    ]),
  )
}
