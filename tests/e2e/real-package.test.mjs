/** Real input: two published versions of a package, its own tests, and two wrong first attempts. */
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import test from "node:test"
import { FILES, NAME, OBJECTIVE, TO, scenarioOf, versions } from "../demo/real-package.mjs"
import { ROOT, World, changes } from "../harness/index.mjs"
import { ended, noPlugin, onlyRoles, printed } from "./fixtures.mjs"

test(`${NAME} becomes ${TO}`, { skip: noPlugin, timeout: 300_000 }, async () => {
  const { before, after } = await versions(join(ROOT, ".cache", "packages"))
  const world = await World.create({ files: before, scenario: scenarioOf(before, after) })
  try {
    const picture = world.picture()
    const result = await world.task(OBJECTIVE, { deadline_ms: 150_000 })
    assert.equal(result.code, 0, printed(result))
    assert.deepEqual(
      changes(picture, world.picture()),
      FILES.map((path) => `~ ${path}`),
      printed(result),
    )
    for (const path of FILES) assert.ok(readFileSync(join(world.project, path)).equals(after[path]), `${path} is that of ${TO}`)
    assert.match(execFileSync("npm", ["test"], { cwd: world.project, encoding: "utf8" }), /835 tests run[^]*All passed/)
    ended(world, "done")
    onlyRoles(world)
    const failed = world.facts("attempt_failed").map((fact) => `${fact.task} ${fact.class}`)
    assert.deepEqual(failed.sort(), ["loose lint", "parser test"])
    const integrated = world.facts("integrated").flatMap((fact) => fact.checks)
    assert.ok(
      integrated.some((check) => check.verdict === "pass"),
      "the merged trees passed the package's own tests",
    )
  } catch (error) {
    world.keep(`real-package`)
    if (error instanceof Error) error.message += `\n\n${world.evidence().slice(0, 12_000)}`
    throw error
  } finally {
    await world.close()
  }
})
