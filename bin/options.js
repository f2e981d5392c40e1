/** Options of the commands that are answered in JavaScript. */
import { nearest } from "./commands.js"

/** The program was called in a way that has no meaning. */
export class UsageError extends Error {}

/**
 * @typedef {{ project?: boolean, dryRun?: boolean, json?: boolean, config?: string, spec?: string }} Options
 */

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string[]} flags options without a value
 * @param {string[]} valued options with one
 * @returns {Options}
 * @throws {UsageError}
 */
export function parseOptions(command, args, flags, valued) {
  /** @type {Record<string, string | boolean>} */
  const options = {}
  for (let index = 0; index < args.length; index += 1) {
    const [name, inline] = split(args[index])
    const key = name.replace(/^--/, "").replace(/-([a-z])/g, (_, letter) => letter.toUpperCase())
    if (flags.includes(name) && inline === undefined) {
      options[key] = true
    } else if (flags.includes(name)) {
      throw new UsageError(`\`${name}\` takes no value`)
    } else if (valued.includes(name)) {
      const value = inline ?? args[(index += 1)]
      if (!value || (inline === undefined && value.startsWith("--"))) throw new UsageError(`\`${name}\` needs a value`)
      options[key] = value
    } else {
      throw new UsageError(unknown(command, args[index], [...flags, ...valued]))
    }
  }
  return options
}

/**
 * @param {string} argument
 * @returns {[string, string | undefined]}
 */
function split(argument) {
  const equals = argument.startsWith("--") ? argument.indexOf("=") : -1
  return equals < 0 ? [argument, undefined] : [argument.slice(0, equals), argument.slice(equals + 1)]
}

/**
 * @param {string} command
 * @param {string} argument
 * @param {string[]} known
 */
function unknown(command, argument, known) {
  if (!argument.startsWith("-")) return `\`${command}\` takes no argument \`${argument}\``
  const likely = nearest(split(argument)[0], known)
  return `\`${command}\` has no option \`${argument}\`${likely ? `; did you mean \`${likely}\`?` : ""}`
}
