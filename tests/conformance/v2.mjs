/** Trials on the contract host for OpenCode 2. */
import { World2, said } from "../contract/world2.mjs"
import { until } from "../harness/index.mjs"

/**
 * @param {import("./behaviours.mjs").Setting} setting
 * @returns {Promise<{ trial: import("./behaviours.mjs").Trial, close: () => Promise<void>, evidence: () => string }>}
 */
export async function open({ scenario, files, toml, rules = [], variants = [], own: provider, planted }) {
  const own = planted ? { ".opencode/plugins/evil.js": "throw new Error('evil')\n", "opencode.json": JSON.stringify({ mcp: { servers: { planted: { type: "local", command: ["node", "mcp.cjs"] } } } }) } : {}
  const config = provider ? { "opencode.json": JSON.stringify({ providers: { own: {} } }) } : {}
  const world = await World2.create({ scenario, files: { ...files, ...own, ...config }, toml, permissions: rules, variants, servers: planted ? { users: { type: "local", command: ["true"] } } : {} })
  process.env.OPENCODE_ORCHESTRATOR_TEST_PATIENCE_MS = "300"
  const host = await world.start()
  const last = () => [...host.sessions.values()].filter(({ agent }) => agent === "build").map(said).join("\n")
  const begin = (/** @type {string} */ text) => {
    const session = world.session()
    const started = session.then((session) => host.command(session, "task", text))
    const over = text === "status" ? async () => until(async () => said(await session) !== "", 20_000, () => "the status") : async () => world.ended(await session)
    return {
      stop: async () => {
        // Esc interrupts the session's execution; a command has none, so Esc stops the command itself
        host.emit("session.execution.interrupted", { sessionID: (await session).id, reason: "user" })
      },
      remove: async () => host.remove(await session),
      ended: started.then(over).then(async () => said(await session)),
    }
  }
  return {
    trial: {
      project: world.project,
      model: world.model,
      facts: (name) => world.facts(name),
      picture: () => world.picture(),
      task: (text) => begin(text).ended,
      begin,
      chat: async (text) => {
        const session = await world.session()
        session.admit({ type: "user", text })
        await until(() => session.messages.some(({ type }) => type === "idle"), 20_000, () => "an answer")
      },
      ran: () => host.started.map((line) => line.replace(/^(.*): (.*)$/, "$2 $1")),
    },
    evidence: () => `${last()}\n${world.model.summary()}`,
    close: () => world.close(),
  }
}
