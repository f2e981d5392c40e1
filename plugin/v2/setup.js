/**
 * Registers the plugin in one location of OpenCode 2. It follows the published documentation and types
 * (docs/COMPATIBILITY.md names the versions), so it first checks that every method that it calls exists.
 */
import { commandName } from "../command-name.js"
import { lazyEngine, mailboxTools } from "../engine.js"
import { windUp } from "../mission.js"
import { registry } from "../registry.js"
import { slotOf } from "../slot.js"
import { addAgents } from "./agents.js"
import { addCommand } from "./command.js"
import { follow } from "./events.js"
import { hostOf } from "./host.js"
import { hookRequests } from "./requests.js"
import { missing } from "./required.js"
import { addMailboxes, hookTools } from "./tools.js"

/** @typedef {Record<string, any>} Context the argument that OpenCode 2 passes to `setup` */

/**
 * @param {Context} ctx
 * @returns {Promise<() => Promise<void>>} a function that ends what setup began
 */
export async function setup(ctx) {
  const lacking = missing(ctx)
  if (lacking.length > 0) {
    const version = ctx?.app?.version ?? "of an unknown version"
    throw new Error(`opencode-orchestrator cannot run in OpenCode ${version}: it lacks ${lacking.join(", ")}. Nothing was registered. Update OpenCode, or use OpenCode 1.`)
  }
  const directory = ctx.location.directory
  const slot = slotOf(directory)
  const host = hostOf(ctx)
  // OpenCode 2 does not say in which configuration the options are
  const known = { own: false, interactive: host.interactive(), fileTools: false }
  const lazy = lazyEngine(directory, ctx.options, known, slotFiles())
  const mailboxes = mailboxTools()
  await addAgents(ctx, mailboxes)
  await addMailboxes(ctx, mailboxes)
  await hookTools(ctx)
  await hookRequests(ctx, host, mailboxes)
  const gone = new AbortController()
  if (slot) {
    await takeOver(ctx, slot)
  } else {
    const command = await addCommand(ctx, lazy, host, await commandName(directory))
    // The stream belongs to the server: it has the events of slots, too
    void follow(ctx, host, gone.signal, command.stop)
  }
  return async () => {
    gone.abort()
    await windUp(lazy)
  }
}

/**
 * The configuration that replaces the project's own in a slot. A local path must be a folder with an entry file.
 */
function slotFiles() {
  const folder = new URL("../..", import.meta.url).href.replace(/\/$/, "")
  return { "opencode.json": { plugins: [folder], share: "disabled", snapshots: false, watcher: { ignore: ["**"] } } }
}

/**
 * Gives a slot the user's providers, including those in the project's configuration. Slots start no servers.
 * @param {Context} ctx
 * @param {string} slot
 */
async function takeOver(ctx, slot) {
  await ctx.mcp.transform((/** @type {any} */ editor) => {
    for (const [name] of editor.list()) editor.remove(name)
  })
  const { settings, owners } = registry()
  /** @type {{ info: any, models: any[] }[]} */
  const providers = settings.get(owners.get(slot) ?? "")?.providers ?? []
  await ctx.provider.transform((/** @type {any} */ editor) => {
    for (const { info, models } of providers) if (!editor.get(info.id)) editor.add({ info, models })
  })
}
