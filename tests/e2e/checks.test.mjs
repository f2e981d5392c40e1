/** The project's own commands, which run code that a model has written. */
import assert from "node:assert/strict"
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { changes, scene, writeFiles } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, printed, project, task, testOf } from "./fixtures.mjs"

/** @param {string} script @param {Record<string, string>} files */
const checkedBy = (script, files) =>
  project({ "package.json": `${JSON.stringify({ name: "checked", type: "module", scripts: { test: script } })}\n`, ...files })

scene(
  "a check sees named variables only, and what it leaves behind in the slot is not delivered",
  {
    skip: noPlugin,
    files: checkedBy("node env.js", {
      "env.js": `import { mkdirSync, writeFileSync, appendFileSync } from "node:fs"
const names = Object.keys(process.env).filter((name) => /SECRET|TOKEN|API_KEY|OPENCODE/.test(name))
if (names.length > 0) { console.log("leaked " + names); process.exit(1) }
mkdirSync("dist", { recursive: true })
writeFileSync("dist/built.js", "built")
appendFileSync("src/metre.js", "// touched by a check\\n")
console.log("1 passed")
`,
    }),
    scenario: modules(["one"]),
    env: {
      MY_SECRET: "s3cr3t-value-1234567890",
      GITHUB_TOKEN: "ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      FOO_API_KEY: "k-1234567890abcdef",
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add one")
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js"], printed(result))
    ended(world, "done")
    assert.doesNotMatch(printed(result), /leaked/)
  },
)

scene(
  "a check that never ends is stopped at its time limit with all that it started, and says nothing",
  {
    skip: noPlugin,
    files: checkedBy("node hang.js", {
      "hang.js": `import { spawn } from "node:child_process"
spawn("sleep", ["300"], { stdio: "ignore" })
setInterval(() => {}, 1000)
`,
    }),
    scenario: modules(["one"]),
    toml: '[checks]\nauto = false\n[[checks.command]]\nname = "hang"\nrun = "node hang.js"\ntimeout = "2s"\n',
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.equal(result.late, false, printed(result))
    assert.match(printed(result), /unverified/i)
    assert.equal(world.exists("src/one.js"), true)
    const left = ["sleep 300"].filter((command) => processes(world.root).some((line) => line.includes(command)))
    assert.deepEqual(left, [], "nothing that it started is left")
  },
)

/** Command lines of processes whose environment names this world's home. @param {string} root */
function processes(root) {
  if (!existsSync("/proc")) return []
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const inWorld = readFileSync(`/proc/${pid}/environ`, "utf8").includes(root)
        return inWorld ? [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")] : []
      } catch {
        return []
      }
    })
}

scene(
  "packages that the project has installed are there for its checks",
  {
    skip: noPlugin,
    files: checkedBy("node use.js", {
      "use.js": 'import { value } from "dep"\nif (value !== 1) process.exit(1)\nconsole.log("1 passed")\n',
      ".gitignore": "node_modules\n",
    }),
    scenario: modules(["one"]),
  },
  async (world) => {
    writeFiles(world.project, {
      "node_modules/dep/package.json": '{"name":"dep","type":"module","main":"index.js"}',
      "node_modules/dep/index.js": "export const value = 1\n",
    })
    const before = world.picture()
    const result = await world.task("Add one")
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js"], printed(result))
    assert.doesNotMatch(printed(result), /unverified/i)
  },
)

scene(
  "an existing test that a task weakens without leave goes back to it",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      plan: { tasks: [task("one", ["src/metre.js"])] },
      answers: [
        {
          role: "coder",
          turns: [
            {
              write: {
                "src/metre.js": constant("METRE", 2),
                "test/metre.test.js": 'import test from "node:test"\n\ntest("metre gives METRE", () => {})\n',
              },
            },
            { done: "Changed both." },
          ],
        },
        {
          role: "fixer",
          turns: [
            {
              write: {
                "src/metre.js": `/** In metres. */\n${constant("METRE", 1)}`,
                "test/metre.test.js": testOf("metre", "METRE", "1"),
              },
            },
            { done: "As it was." },
          ],
        },
      ],
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Describe the metre")
    assert.deepEqual(changes(before, world.picture()), ["~ src/metre.js"], printed(result))
    assert.equal(world.read("test/metre.test.js"), testOf("metre", "METRE", "1"))
    assert.equal(world.facts("attempt_failed").length, 1)
  },
)

scene(
  "a set-up that fails pauses the mission, is no task's failure, and is tried again by a resume",
  {
    skip: noPlugin,
    files: {
      ...checkedBy("node needs.js && node --test", {
        "needs.js": 'import { existsSync } from "node:fs"\nif (!existsSync("made/ready")) process.exit(1)\n',
      }),
      ".gitignore": "made/\n",
    },
    toml: '[workspace]\nsetup = ["echo nobody answers; exit 7"]\n',
    scenario: modules(["one"]),
  },
  async (world) => {
    const paused = await world.task("Add one")
    const said = printed(paused)
    assert.match(said, /[Pp]aused.*set-up fails: `echo nobody answers; exit 7`.*needed by `npm test`.*exit status 7: nobody answers/)
    assert.match(said, /\/task resume m-\w+.*setup_failure = "no_evidence"/)
    assert.equal(world.exists("src/one.js"), false)
    assert.deepEqual(world.facts("attempt_failed"), [])
    writeFileSync(join(world.config, "opencode.toml"), '[workspace]\nsetup = ["mkdir -p made && touch made/ready"]\n')
    const result = await world.task("resume")
    assert.equal(world.exists("src/one.js"), true, printed(result))
    ended(world, "done")
    assert.match(printed(result), /verified/i)
    const plans = world.model.roleRequests.filter((request) => request.role === "planner" && request.turn === 0)
    assert.equal(plans.length, 1, "the plan is not paid for twice")
  },
)
