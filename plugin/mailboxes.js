/** The mailbox tools, with which roles submit: each call goes to the engine, which answers the model. */
import { mailboxTools } from "./engine.js"
import { registry } from "./registry.js"

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
