/** The user's working tree, in every possible state. */
import assert from "node:assert/strict"
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { changes, git, makeProject, scene, until, writeFiles } from "../harness/index.mjs"
import { constant, ended, modules, noPlugin, onlyRoles, printed, project, task } from "./fixtures.mjs"

scene(
  "a project without git",
  { skip: noPlugin, git: false, files: project(), scenario: modules(["one", "two"]) },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add two modules")
    assert.equal(result.code, 0, printed(result))
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js", "+ src/two.js"], "and no .git appears")
    ended(world, "done")
  },
)

scene(
  "a dirty working tree: staged, changed, untracked, ignored and deleted all survive",
  {
    skip: noPlugin,
    files: project({
      ".gitignore": "*.log\n.env\n",
      "src/staged.js": constant("STAGED", 1),
      "src/gone.js": constant("GONE", 1),
      "src/both.js": "export const A = 1;\n\n\n\nexport const B = 1;\n",
    }),
    scenario: {
      plan: { tasks: [task("one", ["src/one.js", "src/both.js"])] },
      work: { one: { "src/one.js": constant("ONE", 1), "src/both.js": [["B = 1", "B = 2"]] } },
    },
  },
  async (world) => {
    writeFiles(world.project, {
      "src/staged.js": constant("STAGED", 2),
      "src/new.js": constant("NEW", 1),
      "debug.log": "a log\n",
      ".env": "API_KEY=abcdef0123456789\n",
      "src/both.js": "export const A = 5;\n\n\n\nexport const B = 1;\n",
    })
    git(world.project, "add", "src/staged.js")
    git(world.project, "rm", "--quiet", "src/gone.js")
    git(world.project, "stash", "list")
    const status = git(world.project, "status", "--porcelain")
    const before = world.picture()
    const result = await world.task("Add one, change B")
    assert.equal(result.code, 0, printed(result))
    assert.deepEqual(changes(before, world.picture()), ["~ src/both.js", "+ src/one.js"])
    assert.equal(world.read("src/both.js"), "export const A = 5;\n\n\n\nexport const B = 2;\n")
    assert.equal(git(world.project, "status", "--porcelain"), `${status}?? src/one.js\n`)
    ended(world, "done")
    const bodies = world.model.requests.map((request) => JSON.stringify(request.body)).join("\n")
    assert.doesNotMatch(bodies, /abcdef0123456789/, "a secret reaches no prompt")
    const found = world
      .missions()[0]
      .journal.map((line) => JSON.stringify(line))
      .join("\n")
    assert.doesNotMatch(found, /abcdef0123456789/, "nor the journal")
  },
)

scene(
  "an edit by the user during the mission, to a file that the mission changes too: both are kept",
  {
    skip: noPlugin,
    files: project({ "src/both.js": "export const A = 1;\n\n\n\nexport const B = 1;\n" }),
    scenario: {
      plan: { tasks: [task("one", ["src/both.js"])] },
      answers: [
        { role: "coder", turns: [{ edit: { "src/both.js": [["B = 1", "B = 2"]] } }, { gate: "edited", done: "Did it." }] },
      ],
    },
  },
  async (world) => {
    const running = world.task("Change B")
    await world.model.reached("edited")
    writeFileSync(join(world.project, "src/both.js"), "export const A = 7;\n\n\n\nexport const B = 1;\n")
    appendFileSync(join(world.project, "README.md"), "A line of the user's.\n")
    world.model.release("edited")
    const result = await running
    assert.equal(result.code, 0, printed(result))
    assert.equal(world.read("src/both.js"), "export const A = 7;\n\n\n\nexport const B = 2;\n")
    assert.match(world.read("README.md"), /A line of the user's/)
    ended(world, "done")
  },
)

scene(
  "an edit by the user that conflicts with the mission's: the user's file stays, and the change is left on a branch",
  {
    skip: noPlugin,
    files: project({ "src/both.js": "export const A = 1;\n" }),
    scenario: {
      plan: { tasks: [task("one", ["src/both.js"])] },
      answers: [
        { role: "coder", turns: [{ edit: { "src/both.js": [["A = 1", "A = 2"]] } }, { gate: "edited", done: "Did it." }] },
        { role: "fixer", turns: [{ text: "I cannot tell which is right." }], repeat: true },
      ],
    },
  },
  async (world) => {
    const running = world.task("Change A")
    await world.model.reached("edited")
    writeFileSync(join(world.project, "src/both.js"), "export const A = 3;\n")
    world.model.release("edited")
    const result = await running
    assert.equal(world.read("src/both.js"), "export const A = 3;\n", printed(result))
    assert.match(printed(result), /branch|orchestrator\/m-/)
  },
)

const MARK = "planted.txt"
const PLANTED = {
  ".opencode/plugin/evil.js": `import { appendFileSync } from "node:fs";\nexport default async ({ directory }) => { appendFileSync(process.env.MISSION_MARK, "plugin " + directory + "\\n"); return {}; };\n`,
  "mcp.cjs": `require("node:fs").appendFileSync(process.env.MISSION_MARK, "mcp " + process.cwd() + "\\n");\n`,
}

scene(
  "a plugin and an MCP server planted in the project run in no slot",
  {
    skip: noPlugin,
    files: project({
      ...PLANTED,
      "opencode.json": `${JSON.stringify({ $schema: "https://opencode.ai/config.json", mcp: { planted: { type: "local", command: ["node", "mcp.cjs"], enabled: true } } })}\n`,
    }),
    scenario: modules(["one", "two"]),
    env: { MISSION_MARK: "/dev/null" },
  },
  async (world) => {
    const mark = join(world.root, MARK)
    const result = await world.task("Add two modules", { env: { MISSION_MARK: mark } })
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    const ran = existsSync(mark) ? readFileSync(mark, "utf8").split("\n").filter(Boolean) : []
    const slots = ran.filter((line) => !line.endsWith(` ${world.project}`))
    assert.deepEqual(slots, [], "whatever ran, ran in the project itself")
    assert.ok(
      ran.some((line) => line.startsWith("plugin ")),
      "the trap works: in the project itself OpenCode runs it",
    )
  },
)

scene(
  "a project whose own opencode.json alone declares plugin, provider and model",
  { skip: noPlugin, plugin: "project", files: project(), scenario: modules(["one", "two"]) },
  async (world) => {
    const before = world.picture()
    const result = await world.task("Add two modules")
    assert.equal(result.code, 0, printed(result))
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js", "+ src/two.js"])
    ended(world, "done")
    onlyRoles(world)
  },
)

scene(
  "a hostile slot: a check that stashes, configures, branches and plants hooks leaves the repository as it was",
  {
    skip: noPlugin,
    files: project({
      "package.json": `${JSON.stringify({ name: "hostile", type: "module", scripts: { test: "node hostile.js && node --test" } })}\n`,
      "hostile.js": `import { execSync } from "node:child_process";
const run = (line) => { try { execSync(line, { stdio: "ignore" }); } catch {} };
for (const line of [
  "git stash pop", "git stash push -u -m x && git stash pop", "git config user.name evil", "git config --global user.name evil", "git branch evil", "git tag evil",
  "git push --mirror origin", "git push origin HEAD:refs/heads/evil", "git worktree prune", "git gc --prune=now", "git update-ref refs/heads/main HEAD~0",
  "printf '#!/bin/sh\\\\ntouch evil\\\\n' > \\"$(git rev-parse --git-path hooks)/pre-commit\\"", "git remote add evil ../evil",
]) run(line);
`,
    }),
    scenario: modules(["one"]),
  },
  async (world) => {
    writeFiles(world.project, { "src/stashed.js": constant("STASHED", 1) })
    git(world.project, "stash", "push", "--quiet", "--include-untracked")
    const before = world.picture()
    const result = await world.task("Add one")
    const changed = changes(before, world.picture())
    assert.deepEqual(
      changed.filter((line) => line.slice(2).startsWith(".git/")),
      [],
      printed(result),
    )
    assert.deepEqual(changed, ["+ src/one.js"])
  },
)

scene(
  "a submodule is there at its recorded commit, and stays as it is; the Planner is told of no file in it that tasks could change",
  {
    skip: noPlugin,
    files: project({
      "package.json": `${JSON.stringify({ name: "sub", type: "module", scripts: { test: "node check.js" } })}\n`,
      "check.js": `import { readFileSync } from "node:fs";\nif (readFileSync("lib/value.txt", "utf8") !== "recorded\\n") process.exit(1);\nconsole.log("1 passed");\n`,
    }),
    scenario: {
      ...modules(["one"]),
      brief: {
        summary: "The check reads a value.",
        files: [
          { path: "lib/value.txt", why: "the value" },
          { path: "check.js", why: "reads it" },
        ],
      },
    },
  },
  async (world) => {
    const lib = join(world.root, "lib")
    makeProject(lib, { "value.txt": "recorded\n" })
    git(world.project, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", lib, "lib")
    git(world.project, "commit", "--quiet", "--message=A library")
    const before = world.picture()
    const result = await world.task("Add one")
    assert.deepEqual(changes(before, world.picture()), ["+ src/one.js"], printed(result))
    ended(world, "done")
    assert.doesNotMatch(printed(result), /unverified/i)
    const asked = JSON.stringify(world.model.roleRequests.find((request) => request.role === "planner")?.body)
    assert.match(asked, /- `check\.js`: reads it/)
    assert.doesNotMatch(asked, /- `lib\/value\.txt`/)
    assert.match(asked, /not change them: `lib\/value\.txt`/)
  },
)

scene(
  "the user's own hooks do not run, and a commit of theirs during the mission is kept",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...modules(["one"]),
      answers: [{ role: "coder", turns: [{ gate: "coder", write: { "src/one.js": constant("ONE", 1) } }, { done: "Did it." }] }],
    },
  },
  async (world) => {
    const running = world.task("Add one")
    await world.model.reached("coder")
    writeFiles(world.project, { "src/theirs.js": constant("THEIRS", 1) })
    git(world.project, "add", "src/theirs.js")
    git(world.project, "commit", "--quiet", "--message=Theirs")
    const head = git(world.project, "rev-parse", "HEAD")
    for (const hook of ["pre-commit", "post-checkout", "post-merge", "post-index-change", "reference-transaction"]) {
      writeFiles(world.project, {
        [`.git/hooks/${hook}`]: { text: `#!/bin/sh\necho ${hook} >> "${world.root}/hooks-ran"\n`, mode: 0o755 },
      })
    }
    world.model.release("coder")
    const result = await running
    assert.equal(result.code, 0, printed(result))
    ended(world, "done")
    assert.equal(existsSync(join(world.root, "hooks-ran")), false)
    assert.equal(git(world.project, "rev-parse", "HEAD"), head)
    assert.equal(git(world.project, "status", "--porcelain"), "?? src/one.js\n")
  },
)

scene(
  "one mission a project: that of a second OpenCode waits for the first, and is taken out of the queue from a third place",
  {
    skip: noPlugin,
    files: project(),
    scenario: {
      ...modules(["one"]),
      answers: [{ role: "coder", turns: [{ gate: "coder", write: { "src/one.js": constant("ONE", 1) } }, { done: "Did it." }] }],
    },
  },
  async (world) => {
    const first = world.task("Add one")
    await world.model.reached("coder")
    const asked = world.model.roleRequests.length
    const second = world.start(["run", "--command", "task"], { stdin: "Add one, too" })
    await until(() => /waits for its turn/.test(second.stderr), 20_000, () => `the second to wait:\n${second.stdout}${second.stderr}`)
    assert.match(second.stderr, new RegExp(world.missions()[0].id))
    assert.equal(world.model.roleRequests.length, asked)
    const { queue } = JSON.parse(world.program("queue", "--json"))
    assert.deepEqual(queue.map((/** @type {any} */ { objective, waits }) => [objective, waits]), [["Add one, too", true]])
    world.program("queue", "cancel", queue[0].mission)
    assert.match(printed(await second.done), /was taken out of the queue. Nothing was started/)
    world.model.release("coder")
    const result = await first
    assert.equal(result.code, 0, printed(result))
    await until(() => world.exists("src/one.js"), 5_000, "the first to be delivered")
  },
)
