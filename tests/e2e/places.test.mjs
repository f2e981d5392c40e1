/** Where projects are: below a repository's root, without a commit, in a linked worktree, with an odd path. */
import assert from "node:assert/strict"
import { join } from "node:path"
import { changes, git, makeProject, repositoryPicture, scene } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, onlyRoles, printed, project, task } from "./fixtures.mjs"

scene(
  "OpenCode started in a folder below the repository's root",
  {
    skip: noPlugin,
    files: {
      "packages/a/package.json": '{"name":"a","type":"module","scripts":{"test":"node --test"}}\n',
      "packages/a/src/metre.js": constant("METRE", 1),
    },
    scenario: {
      plan: { tasks: [task("one", ["packages/a/src/one.js"])] },
      work: { one: { "packages/a/src/one.js": constant("ONE", 1) } },
    },
  },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add one", { cwd: join(world.project, "packages/a") })
    assert.deepEqual(changes(before, world.picture()), ["+ packages/a/src/one.js"], printed(result))
    ended(world, "done")
    onlyRoles(world)
  },
)

scene(
  "a repository without a commit",
  { skip: noPlugin, git: false, files: project(), scenario: modules(["one"]) },
  async (world) => {
    git(world.project, "init", "--quiet", "--initial-branch=main")
    const before = world.picture()
    const result = await world.task("Add one")
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js"], printed(result))
    ended(world, "done")
  },
)

scene(
  "a linked worktree with a detached HEAD",
  { skip: noPlugin, files: project(), scenario: modules(["one"]) },
  async (world) => {
    const linked = join(world.root, "linked")
    git(world.project, "worktree", "add", "--quiet", "--detach", linked)
    const main = world.picture()
    const before = repositoryPicture(linked)
    const result = await world.task("Add one", { cwd: linked })
    assert.deepEqual(changes(before, repositoryPicture(linked)), ["+ src/one.js"], printed(result))
    assert.deepEqual(
      changes(main, world.picture()).filter((line) => !line.endsWith("opencode")),
      [],
      "the main checkout is left alone",
    )
    ended(world, "done")
  },
)

scene(
  "a path with spaces, quotes and other letters",
  { skip: noPlugin, files: project(), scenario: modules(["one"]) },
  async (world) => {
    const odd = join(world.root, "my 'pröject' \"日本\" $HOME")
    makeProject(odd, project())
    const before = repositoryPicture(odd)
    const result = await world.task("Add one", { cwd: odd })
    assert.deepEqual(changes(before, repositoryPicture(odd)), ["+ src/one.js"], printed(result))
    ended(world, "done")
  },
)

scene(
  "run --continue after a mission is an ordinary message to the user's own model",
  { skip: noPlugin, files: project(), scenario: modules(["one"]) },
  async (world) => {
    await world.task("Add one")
    const asked = world.model.requests.length
    const result = await world.run(["--continue", "thank you"])
    assert.match(printed(result), /Hello from the scripted model/)
    assert.equal(world.missions().length, 1)
    const later = world.model.requests.slice(asked)
    assert.ok(
      later.some((request) => request.kind === "chat" && request.tools.includes("bash")),
      "with the user's own agent and tools",
    )
  },
)
