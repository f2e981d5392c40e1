/** Locations of projects: below a repository's root, without a commit, in a linked worktree, with an unusual path. */
import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
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

const THREE = ["one", "two", "three"]

scene(
  "two worktrees of one repository and another project, each with a mission of its own at the same time",
  {
    skip: noPlugin,
    timeout_ms: 200_000,
    files: project(),
    scenario: {
      work: modules(THREE).work,
      answers: [
        ...THREE.map((name) => ({ role: "planner", match: `Add ${name}\\b`, turns: [{ submit: modules([name]).plan }] })),
        ...THREE.map((name, i) => ({
          role: "coder",
          task: name,
          turns: [{ gate: "coders", write: { [`src/${name}.js`]: constant(name.toUpperCase(), i) } }, { done: "Did it." }],
        })),
      ],
    },
  },
  async (world) => {
    const places = [world.project, join(world.root, "linked"), join(world.root, "other")]
    makeProject(places[2], project())
    git(world.project, "worktree", "add", "--quiet", "-b", "side", places[1])
    // Each place has changes of its user: one stash for both worktrees, staged and unstaged changes
    for (const [i, place] of places.entries()) {
      writeFileSync(join(place, "README.md"), "# Put aside\n")
      if (i !== 1) git(place, "stash", "push", "--quiet")
      writeFileSync(join(place, "README.md"), `# Staged in place ${i}\n`)
      git(place, "add", "README.md")
      writeFileSync(join(place, "README.md"), `# Mine in place ${i}\n`)
    }
    // OpenCode creates its database at its first start, and fails if several do so at once
    await world.start(["session", "list"]).done
    const before = places.map(repositoryPicture)
    const running = places.map((cwd, i) => world.task(`Add ${THREE[i]}`, { cwd, deadline_ms: 150_000 }))
    await world.model.reached("coders", { count: places.length, limit_ms: 120_000 })
    world.model.release("coders")
    const results = await Promise.all(running)

    for (const [i, place] of places.entries()) {
      const own = changes(before[i], repositoryPicture(place)).filter((line) => !/^. \.git\/(worktrees\/[^/]+\/)?opencode$/.test(line))
      assert.deepEqual(own, [`+ src/${THREE[i]}.js`], printed(results[i]))
      assert.equal(readFileSync(join(place, "README.md"), "utf8"), `# Mine in place ${i}\n`)
    }
    const missions = world.missions()
    assert.equal(new Set(missions.map(({ state }) => state)).size, places.length, "each place has a state folder of its own")
    for (const name of THREE) {
      const asked = new Set(world.model.roleRequests.filter((request) => request.task === name).map(({ mission }) => mission))
      const [{ id, facts }, ...more] = missions.filter((mission) => asked.has(mission.id))
      assert.deepEqual(more, [], `the tasks of ${id} are not worked on by another mission`)
      assert.equal(facts.find(({ event }) => event === "ended")?.outcome, "done")
      const others = THREE.filter((other) => other !== name && JSON.stringify(facts).includes(`src/${other}.js`))
      assert.deepEqual(others, [], "no journal knows of another mission")
    }
    onlyRoles(world)
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
