/** Edits of roles: they keep unrelated bytes, and are safe if a folder is swapped under them. */
import assert from "node:assert/strict"
import { mkdirSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { scene } from "../harness/index.mjs"
import { constant, ended, noPlugin, printed, project, task } from "./fixtures.mjs"

const ONCE = '[mission]\ntests = "none"\nmax_cycles = 1\n'

scene(
  "an edit keeps the bytes of another encoding, a whole write keeps line endings and the mark",
  {
    skip: noPlugin,
    files: project({
      "src/old.js": Buffer.from("// caf\xe9\nexport const OLD = 1;\n", "latin1"),
      "src/dos.js": "\ufeff// one\r\nexport const DOS = 1;\r\n",
    }),
    toml: ONCE,
    scenario: {
      plan: { tasks: [task("one", ["src/old.js", "src/dos.js"])] },
      work: {},
      answers: [
        {
          role: "coder",
          task: "one",
          turns: [
            { calls: [{ tool: "edit", args: { filePath: "src/old.js", oldString: "OLD = 1", newString: "OLD = 2" } }] },
            { write: { "src/dos.js": "// one\nexport const DOS = 2;\n" } },
            { done: "Changed both." },
          ],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Make both two")
    ended(world, "done")
    const bytes = (/** @type {string} */ path) => readFileSync(join(world.project, path)).toString("latin1")
    assert.equal(bytes("src/old.js"), "// caf\xe9\nexport const OLD = 2;\n", printed(result))
    assert.equal(world.read("src/dos.js"), "\ufeff// one\r\nexport const DOS = 2;\r\n")
  },
)

scene(
  "a folder that a check turns into a link leads no edit out of the slot",
  { skip: noPlugin, timeout_ms: 180_000, files: project(), toml: ONCE, scenario: {} },
  async (world) => {
    const outside = join(world.home, "outside")
    mkdirSync(outside)
    const swap = `
import { existsSync, mkdirSync, renameSync, symlinkSync } from "node:fs";
import test from "node:test";
test("swap", () => {
  mkdirSync("src/x", { recursive: true });
  if (!existsSync("src/.y")) symlinkSync(${JSON.stringify(outside)}, "src/.y");
  for (const end = Date.now() + 8000; Date.now() < end; ) {
    try { renameSync("src/x", "src/.z"); renameSync("src/.y", "src/x"); } catch {}
    try { renameSync("src/x", "src/.y"); renameSync("src/.z", "src/x"); } catch {}
  }
});
`
    const writes = Array.from({ length: 30 }, (_, i) => ({ tool: "write", args: { filePath: `src/x/n${i}.js`, content: constant(`N${i}`, i) } }))
    Object.assign(world.model.scenario, {
      plan: { tasks: [task("one", ["src/one.js", "test/one.test.js"])] },
      work: {},
      answers: [
        {
          role: "coder",
          task: "one",
          turns: [
            { write: { "src/one.js": constant("ONE", 1), "test/one.test.js": swap } },
            { calls: [{ tool: "mission_check", args: { name: "test" } }, ...writes] },
            { done: "Did it." },
          ],
        },
      ],
    })
    await world.task("Add one", { deadline_ms: 150_000 })
    assert.deepEqual(readdirSync(outside), [])
  },
)
