/**
 * The engine's own tools in place of OpenCode's of the same names, in slots only: OpenCode writes wherever a path leads at that
 * moment, the engine only beneath the slot.
 */
import { changeFile } from "../calls.js"
import { fileTools as known } from "../engine.js"

/**
 * @param {string} name
 * @param {any} output
 */
export function defineFileTool(name, output) {
  const tool = known().find((tool) => tool.name === name)
  if (tool) Object.assign(output, { jsonSchema: tool.schema, description: tool.description })
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
