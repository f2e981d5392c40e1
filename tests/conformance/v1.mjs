/** Trials on the real OpenCode 1: `serve`, with one session for each mission. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { World, answerText } from "../harness/index.mjs"

const MISSION_MS = 110_000

/**
 * @param {import("./behaviours.mjs").Setting} setting
 * @returns {Promise<{ trial: import("./behaviours.mjs").Trial, close: () => Promise<void>, evidence: () => string }>}
 */
export async function open({ scenario, files, toml, rules = [], variants, own: provider, planted }) {
  const plugin = `import { appendFileSync } from "node:fs";\nexport default async ({ directory }) => { appendFileSync(process.env.MISSION_MARK, "plugin " + directory + "\\n"); return {}; };\n`
  const own = planted ? { ".opencode/plugin/evil.js": plugin } : {}
  /** @type {Record<string, Record<string, string>>} */
  const permission = {}
  for (const { action, resource, effect } of rules) permission[action] = { ...permission[action], [resource]: effect }
  const world = await World.create({ scenario, files: { ...files, ...own }, toml, env: { OPENCODE_ORCHESTRATOR_TEST_PATIENCE_MS: "300" } })
  const mark = join(world.root, "mark.txt")
  Object.assign(world.env, { MISSION_MARK: mark })
  world.configure((config) => {
    if (rules.length > 0) config.permission = permission
    if (variants) Object.assign(config.provider.fake.models.m, { reasoning: true, temperature: true, variants: Object.fromEntries(variants.map((name) => [name, { reasoningEffort: name }])) })
  })
  if (provider) {
    const { fake } = world.hostConfig().provider
    writeFileSync(join(world.project, "opencode.json"), JSON.stringify({ provider: { own: { ...fake, name: "Own" } } }))
  }
  const { client } = await world.serve()
  const begin = (/** @type {string} */ text) => {
    const session = client.session()
    const answer = session.then((session) => client.command(session, "task", text, { deadline_ms: MISSION_MS }))
    return {
      stop: async () => client.abort(await session),
      remove: async () => client.call("DELETE", `/session/${await session}`),
      ended: answer.then(answerText, (error) => String(error)),
    }
  }
  return {
    trial: {
      project: world.project,
      model: world.model,
      facts: (name) => (world.missions().length === 0 ? [] : world.facts(name)),
      picture: () => world.picture(),
      task: (text) => begin(text).ended,
      begin,
      chat: async (text) => client.prompt(await client.session(), text),
      ran: () => (existsSync(mark) ? readFileSync(mark, "utf8").split("\n").filter(Boolean) : []),
    },
    evidence: () => world.evidence(),
    close: () => world.close(),
  }
}
