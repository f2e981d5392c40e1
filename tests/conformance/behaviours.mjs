/**
 * The behaviours that the engine needs from every host. Each test uses a `Trial`, which each host's file in this folder
 * implements; the behaviours know no host.
 */
import assert from "node:assert/strict"
import { changes, until } from "../harness/index.mjs"
import { modules, project } from "../e2e/fixtures.mjs"

/**
 * @typedef {object} Trial
 * @property {string} project the user's folder
 * @property {import("../model/server.mjs").ModelServer} model
 * @property {(name: string) => any[]} facts the facts of the mission's journal
 * @property {() => Record<string, string>} picture
 * @property {(text: string) => Promise<string>} task runs `/task` until the mission's end; returns its texts
 * @property {(text: string) => { stop: () => Promise<unknown>, remove: () => Promise<unknown>, ended: Promise<string> }} begin
 * @property {(text: string) => Promise<unknown>} chat sends an ordinary message in a new session
 * @property {() => string[]} ran the programs of the repository that were started, each with its folder
 *
 * @typedef {object} Setting
 * @property {any} [scenario]
 * @property {any} [files]
 * @property {string} [toml]
 * @property {{ action: string, resource: string, effect: string }[]} [rules] the user's permissions
 * @property {string[]} [variants] of the model
 * @property {boolean} [own] the project's configuration declares a provider `own`, with the model `m`
 * @property {boolean} [planted] the repository brings a plugin and a server of its own
 *
 * @typedef {{ name: string, setting: Setting, play: (trial: Trial) => Promise<void> }} Behaviour
 */

const ONE = { files: project(), scenario: modules(["one"]) }
const ONCE = "[mission]\nmax_cycles = 1\n"

/** @param {Trial} trial @param {string} role */
const asked = (trial, role) => trial.model.roleRequests.filter((request) => request.role === role)
/** @param {Trial} trial @param {string} role The content of a role's last request. */
const heard = (trial, role) => JSON.stringify(asked(trial, role).at(-1)?.body.messages ?? [])
/** A Coder that writes these files, one after the other. @param {[string, string][]} files */
const writes = (...files) => ({
  ...modules(["one"]),
  answers: [{ role: "coder", turns: [...files.map(([filePath, content]) => ({ calls: [{ tool: "write", args: { filePath, content } }] })), { use: "default" }] }],
})

/** @type {Behaviour[]} */
export const BEHAVIOURS = [
  {
    name: "an ordinary chat gains no tool, no word, no request",
    setting: { files: project() },
    play: async (trial) => {
      await trial.chat("hi")
      const chats = trial.model.requests.filter(({ kind }) => kind === "chat")
      assert.equal(chats.length, 1)
      assert.deepEqual(JSON.stringify(chats[0].body).match(/mission_\w+|orchestrator/g), null)
    },
  },
  {
    name: "`/task` asks no model of its own, and delivers what was verified",
    setting: ONE,
    play: async (trial) => {
      const before = trial.picture()
      const text = await trial.task("Add one")
      assert.match(text, /Done, verified/)
      assert.deepEqual(changes(before, trial.picture()), ["+ src/one.js"])
      assert.deepEqual(trial.model.requests.filter(({ kind }) => kind !== "role"), [])
    },
  },
  {
    name: "a role works in its slot with its own tools and no others",
    setting: ONE,
    play: async (trial) => {
      await trial.task("Add one")
      const tools = (/** @type {string} */ role) => [...(asked(trial, role)[0]?.tools ?? [])].sort()
      assert.deepEqual(tools("coder"), ["edit", "glob", "grep", "mission_check", "mission_move", "mission_page", "mission_work", "read", "write"])
      assert.deepEqual(tools("planner"), ["mission_page", "mission_plan"])
      assert.deepEqual(tools("searcher"), ["glob", "grep", "mission_brief", "mission_page", "read"])
      assert.match(asked(trial, "coder")[0].cwd, /\/slots\//)
    },
  },
  {
    name: "every request is counted, and what models report is what the mission spent",
    setting: ONE,
    play: async (trial) => {
      await trial.task("Add one")
      const spent = trial.facts("role_spent")
      const sum = (/** @type {(fact: any) => number} */ of) => spent.reduce((total, fact) => total + of(fact), 0)
      assert.equal(sum(({ requests }) => requests ?? 0), trial.model.roleRequests.length)
      const reported = trial.model.roleRequests.reduce((total, { usage }) => total + (usage?.total_tokens ?? 0), 0)
      if (reported > 0) assert.equal(sum(({ tokens }) => tokens.input + tokens.output + tokens.cache_read + tokens.cache_write), reported)
      assert.ok(sum(({ cost_usd }) => cost_usd) > 0)
    },
  },
  {
    name: "no request follows an accepted result",
    setting: { files: project(), scenario: { ...modules(["one"]), answers: [{ role: "coder", turns: [{ write: { "src/one.js": "export const ONE = 0;\n" } }, { done: "Did it." }, { text: "And another word." }] }] } },
    play: async (trial) => {
      await trial.task("Add one")
      assert.ok(asked(trial, "coder").length <= 3, trial.model.summary())
    },
  },
  {
    name: "an answer that the model's output limit cut is told from one that the role ended",
    setting: { files: project(), scenario: { ...modules(["one"]), answers: [{ role: "coder", turns: [{ text: "First I", finish: "length" }, { use: "default" }] }] } },
    play: async (trial) => {
      await trial.task("Add one")
      // Each new session begins with the same answer
      assert.deepEqual([...new Set(trial.facts("answer_discarded").map(({ flag }) => flag))], ["output_limit"])
    },
  },
  {
    name: "an edit that may not be is refused before it is made, and the model reads why",
    setting: { files: project(), scenario: writes([".git/hooks/pre-commit", "evil"], ["../outside.js", "evil"]) },
    play: async (trial) => {
      const before = trial.picture()
      await trial.task("Add one")
      assert.match(heard(trial, "coder"), /refused|outside|may not|denied/)
      assert.deepEqual(changes(before, trial.picture()), ["+ src/one.js"])
    },
  },
  {
    name: "what the Guardian finds in an edit is appended to the tool's answer",
    setting: { files: project(), scenario: writes(["src/one.js", "export const ONE = 0;\ndebugger;\n"]) },
    play: async (trial) => {
      await trial.task("Add one")
      assert.match(heard(trial, "coder"), /src\/one\.js:2: error: .*\[breakpoint-left\]/)
    },
  },
  {
    name: "a long AGENTS.md reaches a role cut to what concerns its task, the same in every request",
    setting: { ...ONE, files: project({ "AGENTS.md": `Always run the tests.\n\n${"abcdefgh".replace(/./g, (name) => `## Area ${name}\n\n${"Keep things tidy over there. ".repeat(40)}\n\n`)}## Modules\n\nFiles in src/ hold one constant each.\n` }) },
    play: async (trial) => {
      await trial.task("Add one")
      const systems = asked(trial, "coder").map(({ body }) => JSON.stringify(body.messages.filter((/** @type {any} */ { role }) => role === "system")))
      assert.match(systems[0] ?? "", /Instructions from: .*AGENTS\.md\\nAlways run the tests\..*hold one constant each.*Read AGENTS\.md where you need the rest/)
      assert.ok(systems[0].split("Keep things tidy").length < 200, "the other areas are left out")
      assert.equal(new Set(systems).size, 1)
    },
  },
  {
    name: "what the user's permissions deny stays denied",
    setting: { ...ONE, toml: ONCE, rules: [{ action: "edit", resource: "src/*", effect: "deny" }] },
    play: async (trial) => {
      const before = trial.picture()
      await trial.task("Add one")
      assert.deepEqual(changes(before, trial.picture()), [])
    },
  },
  {
    name: "a question that nobody answers is refused with a reason, and nothing hangs",
    setting: { ...ONE, toml: ONCE, rules: [{ action: "edit", resource: "*", effect: "allow" }, { action: "edit", resource: "src/one.js", effect: "ask" }] },
    play: async (trial) => {
      await trial.task("Add one")
      assert.ok(asked(trial, "coder").some(({ body }) => /refused: nobody could allow/.test(JSON.stringify(body.messages))), trial.model.summary())
    },
  },
  {
    name: "a stop ends every session of a role, and the mission is paused",
    setting: { files: project(), scenario: { ...modules(["one", "two"]), answers: [{ role: "coder", turns: [{ gate: "held", text: "Too late." }] }] } },
    play: async (trial) => {
      const before = trial.picture()
      const mission = trial.begin("Add two modules")
      await trial.model.reached("held", { count: 2 })
      await mission.stop()
      await until(() => trial.model.roleRequests.every(({ outcome }) => outcome), 20_000, () => `every session to stop:\n${trial.model.summary()}`)
      await mission.ended
      assert.equal(trial.facts("paused").length, 1)
      assert.deepEqual(changes(before, trial.picture()), [])
    },
  },
  {
    name: "a mission whose session is deleted stops",
    setting: { files: project(), scenario: { ...modules(["one"]), answers: [{ role: "coder", turns: [{ gate: "held", text: "Too late." }] }] } },
    play: async (trial) => {
      const mission = trial.begin("Add one")
      await trial.model.reached("held")
      await mission.remove()
      await until(() => trial.facts("paused").length > 0, 20_000, () => "the mission to pause")
    },
  },
  {
    name: "a provider's fault is retried by the engine, and the mission ends well",
    setting: { files: project(), scenario: { ...modules(["one"]), answers: [{ role: "coder", turns: [{ error: 503 }, { use: "default" }] }] } },
    play: async (trial) => assert.match(await trial.task("Add one"), /Done, verified/),
  },
  {
    name: "variant and options of a role reach its model, and no other role's",
    setting: { ...ONE, toml: '[roles.coder]\nvariant = "high"\noptions = { temperature = 0.2, top_p = 0.9 }\n', variants: ["low", "high"] },
    play: async (trial) => {
      await trial.task("Add one")
      const coder = asked(trial, "coder")[0].body
      assert.equal(coder.temperature, 0.2)
      assert.equal(coder.top_p, 0.9)
      assert.equal(coder.reasoning_effort, "high")
      for (const role of ["searcher", "planner", "reviewer"]) {
        const { temperature, reasoning_effort } = asked(trial, role)[0].body
        assert.deepEqual([temperature, reasoning_effort], [undefined, undefined], role)
      }
    },
  },
  {
    name: "a variant that the host does not know is named before anything is asked",
    setting: { ...ONE, toml: '[roles.coder]\nvariant = "hgih"\n', variants: ["low", "high"] },
    play: async (trial) => {
      assert.match(await trial.task("Add one"), /OpenCode knows no variant `hgih` of `fake\/m`.*it has .*high\./)
      assert.deepEqual(trial.model.requests, [])
    },
  },
  {
    name: "a provider that only the project's configuration declares serves the roles",
    setting: { ...ONE, own: true, toml: '[roles.coder]\nmodel = "own/m"\n' },
    play: async (trial) => assert.match(await trial.task("Add one"), /Done, verified/),
  },
  {
    name: "nothing of the repository's own runs in a slot",
    setting: { ...ONE, planted: true },
    play: async (trial) => {
      assert.match(await trial.task("Add one"), /Done, verified/)
      assert.deepEqual(trial.ran().filter((line) => !line.endsWith(` ${trial.project}`)), [])
      assert.ok(trial.ran().length > 0, "the trap works: in the project itself it runs")
    },
  },
  {
    name: "`/task status` while a mission runs answers, and does not disturb it",
    setting: { files: project(), scenario: { ...modules(["one"]), answers: [{ role: "coder", turns: [{ gate: "held", calls: [{ tool: "read", args: { filePath: "README.md" } }] }, { use: "default" }] }] } },
    play: async (trial) => {
      const mission = trial.begin("Add one")
      await trial.model.reached("held")
      const status = trial.begin("status")
      await status.ended
      trial.model.release("held")
      assert.match(await mission.ended, /Done, verified/)
    },
  },
]
