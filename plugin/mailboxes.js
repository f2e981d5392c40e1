/** The mailbox tools, with which roles submit: each call goes to the engine, which answers the model. */
import { mailboxTools } from "./engine.js"
import { registry } from "./registry.js"

/**
 * OpenCode takes only the properties of a tool of a plugin, and then requires all of them: a model would have to invent what is
 * optional. So the whole schema is put in place of its own.
 * @param {string} name
 * @param {any} output
 */
export function defineMailbox(name, output) {
  const tool = mailboxTools().find((tool) => tool.name === name)
  if (tool) output.jsonSchema = tool.schema
}

/** @returns {Record<string, any>} */
export function mailboxes() {
  return Object.fromEntries(
    mailboxTools().map(({ name, description, schema }) => [
      name,
      {
        description,
        args: schema.properties,
        /**
         * @param {unknown} args
         * @param {{ sessionID: string }} context
         */
        execute: async (args, { sessionID }) => {
          const session = registry().sessions.get(sessionID)
          if (!session) return `refused: \`${name}\` is for the roles of a running mission, and this session is none.`
          return session.engine.callTool(sessionID, name, JSON.stringify(args ?? {}))
        },
      },
    ]),
  )
}
