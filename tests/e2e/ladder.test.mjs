/** Tasks that fail repeatedly, and tasks that depend on them; groups, and tasks with a plan of their own. */
import assert from "node:assert/strict"
import { changes, git, scene } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, printed, project, task } from "./fixtures.mjs"

/** Broken in a different way each time, because help that changes nothing is not repeated. */
const BROKEN = [1, 2, 3, 4, 5, 6].map((step) => ({
  role: ["coder", "fixer"],
  task: "bad",
  step,
  turns: [{ write: { "src/bad.js": `export const BAD = (${step}\n` } }, { done: "It is right now." }],
}))
const WORK = Object.fromEntries(
  ["bad", "after", "later", "fine"].map((id) => [id, { [`src/${id}.js`]: constant(id.toUpperCase(), 1) }]),
)

scene(
  "two fixes, a fresh attempt, two fixes, then the task is abandoned; what depends on it is cancelled, the rest is integrated",
  {
    skip: noPlugin,
    files: project(),
    toml: "[mission]\nmax_cycles = 1\n[heal]\nsplits = 0\n",
    scenario: {
      plan: {
        tasks: [
          task("bad", ["src/bad.js"]),
          task("after", ["src/after.js"], { depends_on: ["bad"] }),
          task("later", ["src/later.js"], { depends_on: ["after"] }),
          task("fine", ["src/fine.js"]),
        ],
      },
      work: WORK,
      answers: BROKEN,
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add four modules")
    assert.deepEqual(changes(before, world.picture()), ["+ src/fine.js"], printed(result))
    ended(world, "incomplete")
    const asked = world.model.roleRequests.filter((request) => request.task === "bad" && request.turn === 0)
    assert.deepEqual(
      asked.map((request) => request.role),
      ["coder", "fixer", "fixer", "coder", "fixer", "fixer"],
    )
    assert.match(asked[3].prompt_text, /earlier attempt/i, "the fresh attempt is told what failed before")
    assert.deepEqual(
      world.facts("task_cancelled").map((fact) => fact.task),
      ["after", "later"],
    )
    for (const word of ["bad", "abandoned", "after", "cancelled"]) assert.ok(printed(result).includes(word), word)
  },
)

scene(
  "a task that fails twice as a whole is split by the Planner, who is told why, and its parts are integrated",
  {
    skip: noPlugin,
    files: project(),
    toml: "[heal]\nfixes = 0\nfresh = 1\n",
    scenario: {
      plan: { tasks: [task("bad", ["src/one.js", "src/two.js"]), task("later", ["src/later.js"], { depends_on: ["bad"] })] },
      plans: { bad: { tasks: [task("one", ["src/one.js"]), task("two", ["src/two.js"])] } },
      work: { ...WORK, ...modules(["one", "two"]).work },
      answers: [
        { role: "coder", task: "bad", turns: [{ write: { "src/one.js": "export const ONE = (1\n" } }, { done: "It is right." }] },
      ],
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add three modules")
    assert.deepEqual(changes(before, world.picture()), ["+ src/later.js", "+ src/one.js", "+ src/two.js"], printed(result))
    ended(world, "done")
    assert.deepEqual(
      world.facts("rung_chosen").map(({ task, rung }) => [task, rung.kind]),
      [
        ["bad", "fresh"],
        ["bad", "split"],
      ],
    )
    const asked = world.model.roleRequests.find((request) => request.role === "planner" && request.task === "bad")
    assert.match(asked?.prompt_text ?? "", /One coder after another failed on it as a whole/)
    assert.match(asked?.prompt_text ?? "", /src\/one\.js/, "the planner is told what failed")
    assert.match(printed(result), /split/)
  },
)

scene(
  "tasks of a group are integrated together or not at all",
  {
    skip: noPlugin,
    files: project(),
    toml: "[mission]\nmax_cycles = 1\n",
    scenario: {
      plan: {
        tasks: [
          task("bad", ["src/bad.js"], { group: "g" }),
          task("after", ["src/after.js"], { group: "g" }),
          task("fine", ["src/fine.js"]),
        ],
      },
      work: WORK,
      answers: BROKEN,
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add three modules")
    assert.deepEqual(changes(before, world.picture()), ["+ src/fine.js"], printed(result))
    ended(world, "incomplete")
  },
)

scene(
  "a compound task gets a plan of its own when it is due, on what was integrated before it",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      plan: {
        tasks: [
          task("fine", ["src/fine.js"]),
          task("wide", ["src/**"], { compound: true, depends_on: ["fine"] }),
          task("later", ["src/later.js"], { depends_on: ["wide"] }),
        ],
      },
      plans: { wide: { tasks: [task("one", ["src/one.js"]), task("two", ["src/two.js"])] } },
      work: { ...WORK, ...modules(["one", "two"]).work },
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add a lot")
    assert.deepEqual(
      changes(before, world.picture()),
      ["+ src/fine.js", "+ src/later.js", "+ src/one.js", "+ src/two.js"],
      printed(result),
    )
    ended(world, "done")
    const order = world.facts("integrated").flatMap((fact) => fact.tasks)
    assert.equal(order[0], "fine")
    assert.equal(order.filter((id) => id !== "wide").at(-1), "later")
  },
)

scene(
  'deliver = "branch" leaves a branch and touches no file',
  { skip: noPlugin, files: project(), scenario: modules(["one"]), toml: '[mission]\ndeliver = "branch"\n' },
  async (world) => {
    const status = git(world.project, "status", "--porcelain")
    const head = git(world.project, "rev-parse", "HEAD")
    const result = await world.task("Add one")
    const branch = `orchestrator/${world.missions()[0].id}`
    assert.match(printed(result), new RegExp(branch))
    assert.equal(git(world.project, "show", `${branch}:src/one.js`), constant("ONE", 0))
    assert.equal(git(world.project, "status", "--porcelain"), status)
    assert.equal(git(world.project, "rev-parse", "HEAD"), head)
    assert.equal(world.exists("src/one.js"), false)
  },
)

scene(
  "plans that name what no mission may write are rejected with the reason",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...modules(["one"]),
      answers: [
        {
          role: "planner",
          turns: [
            {
              submit: {
                tasks: [
                  task("a", ["/etc/passwd"]),
                  task("b", ["../x.js"]),
                  task("c", [".git/config"]),
                  task("Bad Id", ["src/x.js"]),
                ],
              },
            },
            {
              submit: {
                tasks: [
                  task(
                    "a",
                    Array.from({ length: 50 }, (_, i) => `src/f${i}.js`),
                  ),
                ],
              },
            },
            { use: "default" },
          ],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    const told = JSON.stringify(world.model.roleRequests.findLast((request) => request.role === "planner")?.body.messages)
    for (const words of ["/etc/passwd", "leads out of the project", "git's own folder", "Bad Id", "too large"]) {
      assert.ok(told.includes(words), `the planner is told of ${words}`)
    }
  },
)
