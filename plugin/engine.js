/** The native engine of one project folder, created on first use. */
import { homedir } from "node:os"
import { join } from "node:path"
import { loadNative } from "./native.js"

/**
 * @typedef {object} Engine what `crates/node` exports as its class
 * @property {(text: string, session: string | undefined, call: (request: string) => Promise<string>, say: (text: string) => void) => Promise<void>} command
 * @property {() => Promise<string | null>} unfinished
 * @property {(by: string) => Promise<void>} stop
 * @property {(session: string, by: string) => Promise<void>} stopIn
 * @property {(text: string) => Promise<string | null>} atOnce
 * @property {(session: string) => boolean} knows
 * @property {(session: string, observation: string) => void} observe
 * @property {(session: string, tool: string, args: string) => Promise<string>} callTool
 * @property {(session: string, tool: string, args: string) => Promise<string | null>} beforeTool
 * @property {(session: string, bytes: number) => Promise<string | null>} beforeRequest
 * @property {(session: string, messages: string) => Promise<string | null>} page
 * @property {(session: string, texts: string) => Promise<string | null>} cutInstructions
 * @property {(session: string, tool: string, args: string) => Promise<string | null>} rewriteTool
 * @property {(session: string, tool: string, args: string, write: boolean) => Promise<string>} changeFile
 * @property {(session: string, tool: string, args: string) => Promise<string | null>} afterTool
 */

/**
 * @param {string} directory
 * @param {Record<string, unknown> | undefined} options
 * @param {{ own: boolean, interactive: boolean, fileTools: boolean }} known whether the options are in the user's own
 *   configuration, whether a user can answer questions, and whether roles change files with the engine's tools
 * @param {Record<string, object>} slotFiles files, as JSON, that replace the project's own configuration in a slot
 * @returns {{ get: () => { engine: Engine, problem?: undefined } | { problem: string, engine?: undefined }, made: () => Engine | undefined, during: (work: Promise<void>) => Promise<void>, busy: () => boolean, idle: () => Promise<unknown> }}
 */
export function lazyEngine(directory, options, known, slotFiles) {
  /** @type {Engine | undefined} */
  let engine
  const made = () => engine
  const get = () => {
    if (engine) return { engine }
    const { native, problem } = loadNative()
    if (!native) return { problem: problem ?? "the native core could not be loaded" }
    try {
      engine = new native.Engine(
        JSON.stringify({
          directory,
          data_home: dataHome(),
          config_home: home("XDG_CONFIG_HOME", ".config"),
          options: options && Object.keys(options).length > 0 ? options : undefined,
          own_options: known.own,
          interactive: known.interactive,
          file_tools: known.fileTools,
          slot_files: Object.fromEntries(Object.entries(slotFiles).map(([name, value]) => [name, `${JSON.stringify(value, null, 2)}\n`])),
        }),
      )
      return { engine: /** @type {Engine} */ (engine) }
    } catch (error) {
      return { problem: `the native core could not be started: ${/** @type {Error} */ (error).message}` }
    }
  }
  /** @type {Set<Promise<void>>} */
  const under = new Set()
  const during = async (/** @type {Promise<void>} */ work) => {
    under.add(work)
    try {
      await work
    } finally {
      under.delete(work)
    }
  }
  return { get, made, during, busy: () => under.size > 0, idle: () => Promise.allSettled([...under]) }
}

/** @type {Tool[] | undefined} */
let known

/** The mailbox tools, if the core can be loaded. */
export function mailboxTools() {
  if (known) return known
  const { native } = loadNative()
  if (!native) return []
  known = /** @type {Tool[]} */ (JSON.parse(native.tools()))
  return known
}

/** @type {Omit<Tool, "roles">[] | undefined} */
let changing

/** The tools with which roles change files, if the core can be loaded. */
export function fileTools() {
  if (changing) return changing
  const { native } = loadNative()
  if (!native) return []
  changing = /** @type {Omit<Tool, "roles">[]} */ (JSON.parse(native.fileTools()))
  return changing
}

/**
 * @typedef {{ name: string, description: string, roles: string[], schema: { properties: Record<string, any>, required: string[] } }} Tool
 */

/** The folder below which missions are kept. */
export function dataHome() {
  return home("XDG_DATA_HOME", ".local", "share")
}

/**
 * @param {string} variable
 * @param {string[]} fallback
 */
function home(variable, ...fallback) {
  return process.env[variable] || join(homedir(), ...fallback)
}
