/** A role's shell, if the user gave it one: confined like the project's checks. */
import assert from "node:assert/strict"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { changes, scene } from "../harness/index.mjs"
import { ended, noPlugin, printed, project, task } from "./fixtures.mjs"

const plan = { tasks: [task("one", ["src/one.js"])] }

/**
 * Tries every place outside the slot, prints what it sees, and does its work.
 * @param {string[]} places
 */
const hostile = (places) =>
  [
    ...places.map((place) => `echo x > "${place}/evil"; rm -rf "${place}/missions"`),
    `echo x > "$HOME/evil"`,
    // At level full the slot is at the checkout's path: files that were written there are the slot's.
    "rm -f evil",
    "env | grep -c MY_SECRET",
    "printf 'export const ONE = 1;\\n' > src/one.js",
    `echo "it's done"`,
    "exit 3",
  ].join("\n")

/** @param {string} command */
const shell = (command) => [
  {
    role: "coder",
    task: "one",
    turns: [{ calls: [{ tool: "bash", args: { command, description: "work" } }] }, { done: "Did it." }],
  },
]

/**
 * The answers to the Coder's calls.
 * @param {import("../harness/index.mjs").World} world
 */
const told = (world) =>
  world.model.roleRequests.filter((request) => request.role === "coder").map((request) => JSON.stringify(request.body.messages)).join("\n")

scene(
  "bash: a coder's command works in its slot, and writes neither to the home folder, the state, nor the user's checkout",
  {
    skip: noPlugin,
    files: project(),
    toml: "[roles.coder]\nbash = true\n",
    env: { MY_SECRET: "s3cr3t-value-1234567890" },
    scenario: { plan, answers: shell("filled in below") },
  },
  async (world) => {
    const state = join(world.data, "opencode-orchestrator")
    const places = [world.home, world.project, state, world.data]
    const answers = /** @type {any} */ (world.model.scenario).answers
    answers[0].turns[0].calls[0].args.command = hostile(places)
    const before = world.picture()
    const result = await world.task("Add one")
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js"], printed(result))
    ended(world, "done")
    const inside = readdirSync(state).map((name) => join(state, name))
    for (const folder of [...places, ...inside]) assert.equal(existsSync(join(folder, "evil")), false, folder)
    assert.match(told(world), /it's done/)
    assert.doesNotMatch(told(world), /s3cr3t/)
  },
)

scene(
  "bash: where the user wants to be asked about commands, or did not give it, a role has no shell",
  {
    skip: noPlugin,
    files: project(),
    toml: "[roles.coder]\nbash = true\n",
    config: { permission: { bash: { "rm *": "ask" } } },
    scenario: { plan, work: { one: { "src/one.js": "export const ONE = 1;\n" } } },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    for (const role of ["coder", "reviewer"]) {
      const request = world.model.roleRequests.find((request) => request.role === role)
      const tools = (request?.body.tools ?? []).map((/** @type {any} */ tool) => tool.function?.name)
      assert.ok(tools.includes("read"), role)
      assert.equal(tools.includes("bash"), false, role)
    }
  },
)
