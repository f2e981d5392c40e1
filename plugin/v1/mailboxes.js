/** The mailbox tools in the form that OpenCode 1 accepts. */
import { callMailbox } from "../calls.js"
import { mailboxTools } from "../engine.js"

/**
 * Gives a tool its whole schema. OpenCode accepts only the properties of a plugin's tool and then requires all of them,
 * so a model would have to invent optional values.
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
