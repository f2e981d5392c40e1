/** Settings in a repository: stricter ones apply at once, looser ones only after the user has trusted them. */
import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { ROOT, scene } from "../harness/index.mjs"
import { ended, modules, noPlugin, printed, project } from "./fixtures.mjs"

const LOOSE = '[mission]\nparallel = 64\n[budget]\ncalls = "none"\n[roles.coder]\nbash = true\n'
const OWN = "[mission]\nparallel = 2\n[budget]\ncalls = 50\n"

/** @param {import("../harness/index.mjs").World} world */
const policy = (world) => world.facts("mission_started").at(-1).policy

scene(
  "a repository's opencode.toml lifts no limit in `opencode run`, which says so; once trusted it does",
  { skip: noPlugin, timeout_ms: 180_000, files: project({ "opencode.toml": LOOSE }), toml: OWN, scenario: modules(["one"]) },
  async (world) => {
    const first = await world.task("Add one")
    ended(world, "done")
    assert.deepEqual([policy(world).parallel, policy(world).calls], [2, 50])
    assert.match(printed(first), /3 settings of this repository loosen your limits or run something, and you have not trusted/)
    assert.match(printed(first), /`mission\.parallel`, `budget\.calls`, `roles\.coder\.bash`/)
    assert.match(world.program("trust", "--show"), /opencode\.toml:2: mission\.parallel = 64/)
    world.program("trust")
    const second = await world.task("Add one again")
    assert.doesNotMatch(printed(second), /you have not trusted/)
    const started = world.missions().flatMap((mission) => mission.facts.filter((fact) => fact.event === "mission_started"))
    assert.ok(started.some((fact) => fact.policy.parallel === 64 && (fact.policy.calls ?? null) === null))
  },
)

scene(
  "options in a repository's opencode.json are the repository's, and are not used either",
  {
    skip: noPlugin,
    plugin: false,
    files: project(),
    toml: OWN,
    scenario: modules(["one"]),
  },
  async (world) => {
    const entry = [ROOT, { budget: { calls: "none" }, mission: { parallel: 1 } }]
    writeFileSync(join(world.project, "opencode.json"), JSON.stringify({ plugin: [entry] }))
    const result = await world.task("Add one")
    ended(world, "done")
    assert.deepEqual([policy(world).parallel, policy(world).calls], [1, 50])
    assert.match(printed(result), /1 setting of this repository loosens your limits/)
  },
)

scene(
  "where somebody can answer, the lines are shown and the mission waits; a resume is the consent",
  { skip: noPlugin, timeout_ms: 180_000, files: project({ "opencode.toml": LOOSE }), toml: OWN, scenario: modules(["one"]) },
  async (world) => {
    const { client } = await world.serve()
    const session = await client.session()
    const asked = JSON.stringify(await client.command(session, "task", "Add one"))
    assert.match(asked, /Your consent is needed/)
    assert.match(asked, /opencode\.toml:6: roles\.coder\.bash = true/)
    assert.equal(world.model.roleRequests.length, 0, "nothing was begun")
    await client.command(session, "task", "resume")
    ended(world, "done")
    const resumed = world.facts("resumed").at(-1)
    assert.equal(resumed.policy.parallel, 64)
  },
)
