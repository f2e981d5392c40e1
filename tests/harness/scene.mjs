/** Tests that each have a world of their own. */
import test from "node:test"
import { SLOWER } from "./process.mjs"
import { World } from "./world.mjs"

/**
 * One test in its own world. If it fails, its evidence is in the error and under `.cache/failed`.
 * @param {string} name
 * @param {import("./world.mjs").WorldOptions & { skip?: string | boolean, timeout_ms?: number }} options
 * @param {(world: World, t: import("node:test").TestContext) => Promise<void>} body
 */
export function scene(name, { skip = false, timeout_ms = 120_000, ...options }, body) {
  const limit_ms = timeout_ms * SLOWER
  test(name, { skip, timeout: limit_ms + 10_000 }, async (t) => {
    const world = await World.create(options)
    const late = new Promise((_, fail) =>
      setTimeout(() => fail(new Error(`the test took more than ${limit_ms} ms`)), limit_ms).unref(),
    )
    try {
      await Promise.race([body(world, t), late])
    } catch (error) {
      const folder = world.keep(name)
      t.diagnostic(`evidence is in ${folder}`)
      if (error instanceof Error) error.message += `\n\n${world.evidence().slice(0, 12_000)}`
      throw error
    } finally {
      await world.close()
    }
  })
}
