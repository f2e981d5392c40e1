/** The mailbox tools as OpenCode 1 takes them. */
import { callMailbox } from "../calls.js"
import { mailboxTools } from "../engine.js"

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
        execute: (args, { sessionID }) => callMailbox(sessionID, name, args),
      },
    ]),
  )
}
