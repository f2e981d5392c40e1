/** Plans, scope, and tasks that conflict. */
import assert from "node:assert/strict"
import { scene } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, onlyRoles, printed, project, task } from "./fixtures.mjs"

scene(
  "a plan with a cycle is rejected with the cycle named, and fixed",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...modules(["one", "two"]),
      answers: [
        {
          role: "planner",
          turns: [
            {
              submit: {
                tasks: [
                  task("one", ["src/one.js"], { depends_on: ["two"] }),
                  task("two", ["src/two.js"], { depends_on: ["one"] }),
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
    const result = await world.task("Add two modules")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    onlyRoles(world)
    const second = world.model.roleRequests.find((request) => request.role === "planner" && request.turn === 1)
    assert.match(JSON.stringify(second?.body.messages), /one → two → one|two → one → two/)
  },
)

scene(
  "a plan of 2,000 tasks is refused with the limit, and a smaller one taken",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...modules(["one"]),
      answers: [
        {
          role: "planner",
          turns: [
            { submit: { tasks: Array.from({ length: 2000 }, (_, i) => task(`t${i}`, [`src/t${i}.js`])) } },
            { use: "default" },
          ],
        },
      ],
    },
  },
  async (world) => {
    const result = await world.task("Add everything")
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    const second = world.model.roleRequests.find((request) => request.role === "planner" && request.turn === 1)
    assert.match(JSON.stringify(second?.body.messages), /2000 tasks; at most \d+/)
  },
)

scene(
  "a file that nobody claims joins the scope when it is edited",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...modules(["one"]),
      work: { one: { "src/one.js": constant("ONE", 1), "src/metre.js": [["METRE = 1", "METRE = 1.0"]] } },
    },
  },
  async (world) => {
    const result = await world.task("Add one")
    assert.equal(result.code, 0, printed(result))
    assert.equal(world.read("src/metre.js"), "export const METRE = 1.0;\n")
    ended(world, "done")
    assert.deepEqual(
      world.facts("scope_widened").map((fact) => fact.path),
      ["src/metre.js"],
    )
  },
)

scene(
  "a file that a running task holds is refused with that task's name, and the two are ordered",
  {
    skip: noPlugin,
    files: project({ "src/shared.js": "export const A = 1;\n\nexport const B = 1;\n" }),
    scenario: {
      plan: { tasks: [task("owner", ["src/shared.js"]), task("guest", ["src/guest.js"])] },
      work: {
        owner: { "src/shared.js": [["A = 1", "A = 2"]] },
        guest: { "src/guest.js": constant("GUEST", 1), "src/shared.js": [["B = 1", "B = 2"]] },
      },
      answers: [
        {
          role: "coder",
          task: "owner",
          turns: [{ gate: "owner", edit: { "src/shared.js": [["A = 1", "A = 2"]] } }, { done: "Did it." }],
        },
        {
          role: "coder",
          task: "guest",
          step: 1,
          turns: [
            { edit: { "src/shared.js": [["B = 1", "B = 2"]] } },
            { submit: { status: "blocked", summary: "I need src/shared.js.", needs_files: ["src/shared.js"] } },
          ],
        },
      ],
    },
  },
  async (world) => {
    const running = world.task("Change both")
    await world.model.reached("owner")
    // The other task's attempt is over before the owner continues.
    const refused = () => world.model.roleRequests.find((request) => request.task === "guest" && request.turn === 1)
    for (let i = 0; i < 200 && !refused(); i += 1) await new Promise((done) => setTimeout(done, 100))
    assert.match(JSON.stringify(refused()?.body.messages), /owner/, "the refusal names the task that holds the file")
    world.model.release("owner")
    const result = await running
    assert.equal(result.code, 0, printed(result))
    assert.equal(world.read("src/shared.js"), "export const A = 2;\n\nexport const B = 2;\n")
    ended(world, "done")
  },
)

/** Every module needs a unique id: green for each task alone, red for both together. */
const UNIQUE = `import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

test("ids are unique", () => {
  const folder = new URL("../src/", import.meta.url);
  const ids = readdirSync(folder).map((name) => /ID = (\\d+)/.exec(readFileSync(new URL(name, folder), "utf8"))?.[1]);
  assert.equal(new Set(ids).size, ids.length);
});
`

scene(
  "two tasks that pass alone and fail together: one is integrated, the other is fixed on top of it",
  {
    skip: noPlugin,
    files: project({ "src/metre.js": `${constant("METRE", 1)}${constant("ID", 1)}`, "test/ids.test.js": UNIQUE }),
    scenario: {
      plan: { tasks: [task("one", ["src/one.js"]), task("two", ["src/two.js"])] },
      answers: [
        ...["one", "two"].map((id) => ({
          role: "coder",
          task: id,
          step: 1,
          turns: [{ write: { [`src/${id}.js`]: constant("ID", 2) } }, { gate: "both", done: "Did it." }],
        })),
        ...["one", "two"].map((id) => ({
          role: ["coder", "fixer"],
          task: id,
          turns: [{ write: { [`src/${id}.js`]: constant("ID", 3) } }, { done: "Another id." }],
        })),
      ],
    },
  },
  async (world) => {
    const running = world.task("Add both")
    await world.model.reached("both", { count: 2 })
    world.model.release("both")
    const result = await running
    assert.equal(result.code, 0, printed(result))
    const ids = ["one", "two"].map((id) => /ID = (\d)/.exec(world.read(`src/${id}.js`))?.[1]).sort()
    assert.deepEqual(ids, ["2", "3"])
    ended(world, "done")
    const fix = world.model.roleRequests.find((request) => request.role === "fixer")
    assert.match(fix?.prompt_text ?? "", /ids are unique/)
  },
)

scene(
  "tasks that write the same file are ordered by the engine",
  {
    skip: noPlugin,
    files: project({ "src/list.js": "export const LIST = [];\n" }),
    scenario: {
      plan: { tasks: [task("first", ["src/list.js"]), task("second", ["src/list.js"])] },
      work: {
        first: { "src/list.js": [["[]", '["first"]']] },
        second: { "src/list.js": [['["first"]', '["first", "second"]']] },
      },
    },
  },
  async (world) => {
    const result = await world.task("Fill the list")
    assert.equal(result.code, 0, printed(result))
    assert.equal(world.read("src/list.js"), 'export const LIST = ["first", "second"];\n')
    ended(world, "done")
  },
)
