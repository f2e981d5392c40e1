/**
 * The engine's own file tools, which replace OpenCode's of the same names in slots: OpenCode writes wherever a path
 * leads at that moment, the engine only beneath the slot.
 */
import { changeFile } from "../calls.js"
import { fileTools as known } from "../engine.js"

/**
 * Descriptions of file tools for roles. OpenCode's own are long, sent with every request, and name tools that no role
 * has.
 */
const SHORT = /** @type {Record<string, { description: string, args: Record<string, string> }>} */ ({
  read: {
    description:
      "Shows a file with the number of each line (`12: text`), or the entries of a folder. At most 2000 lines; a line is cut at 2000 characters. Read one larger piece rather than many small ones.",
    args: { filePath: "The path", offset: "The first line, from 1", limit: "Lines" },
  },
  grep: {
    description: "Finds lines by a regular expression, with their files and numbers.",
    args: { pattern: "The regular expression", path: "A folder; the whole project where missing", include: "Files, such as `*.{ts,tsx}`" },
  },
  glob: {
    description: "Finds files by a pattern such as `src/**/*.ts`.",
    args: { pattern: "The pattern", path: "A folder; the whole project where missing" },
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
  if (short) Object.assign(output, { description: short.description, jsonSchema: described(output.jsonSchema, short.args) })
}

/**
 * @param {any} schema
 * @param {Record<string, string>} args
 */
function described(schema, args) {
  if (!schema?.properties) return schema
  const properties = Object.entries(schema.properties).map(([name, value]) => [name, args[name] ? { .../** @type {any} */ (value), description: args[name] } : value])
  return { ...schema, properties: Object.fromEntries(properties) }
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
