/**
 * What is delivered as verified passes its checks elsewhere, too: after each of many missions, honest and not, a fresh clone of the
 * project passes the commands that the mission names as passed. `CLONES=30 node --test tests/e2e/clones.test.mjs` plays thirty.
 */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { git, scene } from "../harness/index.mjs"
import { constant, noPlugin, printed, project, task, testOf } from "./fixtures.mjs"

const MISSIONS = Number(process.env.CLONES ?? 4)

/** The same draws in every run. */
let seed = 20
const draw = (/** @type {number} */ below) => {
  seed = (seed * 1103515245 + 12345) % 2147483648
  return Math.floor((seed / 2147483648) * below)
}

/**
 * Kinds of work: what a task writes for module `name`, and whether it is right, as far as that does not depend on where it runs.
 * @type {Record<string, (name: string, value: number) => { files: Record<string, string>, right: boolean }>}
 */
const KINDS = {
  plain: (name, value) => ({
    right: true,
    files: { [`src/${name}.js`]: constant(name.toUpperCase(), value), [`test/${name}.test.js`]: testOf(name, name.toUpperCase(), String(value)) },
  }),
  "makes what it needs in an ignored folder": (name, value) => ({
    right: true,
    files: {
      [`src/${name}.js`]: `import { mkdirSync, readFileSync, writeFileSync } from "node:fs";\nmkdirSync("out", { recursive: true });\nwriteFileSync("out/${name}", "${value}");\nexport const ${name.toUpperCase()} = Number(readFileSync("out/${name}", "utf8"));\n`,
      [`test/${name}.test.js`]: testOf(name, name.toUpperCase(), String(value)),
    },
  }),
  "needs what an earlier run left": (name, value) => ({
    right: false,
    files: {
      [`src/${name}.js`]: `import { existsSync, mkdirSync, writeFileSync } from "node:fs";\nconst seen = existsSync("out/${name}");\nmkdirSync("out", { recursive: true });\nwriteFileSync("out/${name}", "");\nexport const ${name.toUpperCase()} = seen ? ${value} : -1;\n`,
      [`test/${name}.test.js`]: testOf(name, name.toUpperCase(), String(value)),
    },
  }),
  "needs an ignored file that only its slot has": (name, value) => ({
    right: false,
    files: {
      [`src/${name}.js`]: `export { ${name.toUpperCase()} } from "../out/${name}.js";\n`,
      [`out/${name}.js`]: constant(name.toUpperCase(), value),
      [`test/${name}.test.js`]: testOf(name, name.toUpperCase(), String(value)),
    },
  }),
  "writes its own test while it runs": (name, value) => ({
    right: false,
    files: {
      [`src/${name}.js`]: `import { writeFileSync } from "node:fs";\nwriteFileSync("test/${name}.test.js", 'import test from "node:test";\\ntest("${name} gives ${name.toUpperCase()}", () => {});\\n');\nexport const ${name.toUpperCase()} = -1;\n`,
      [`test/${name}.test.js`]: testOf(name, name.toUpperCase(), String(value)),
    },
  }),
  "puts its code right while its test runs": (name, value) => ({
    right: false,
    files: {
      [`src/${name}.js`]: constant(name.toUpperCase(), -1),
      [`src/${name}-load.js`]: `import { writeFileSync } from "node:fs";\nwriteFileSync("src/${name}.js", ${JSON.stringify(constant(name.toUpperCase(), value))});\nexport const load = () => import("./${name}.js");\n`,
      [`test/${name}.test.js`]: `import assert from "node:assert/strict";\nimport test from "node:test";\nimport { load } from "../src/${name}-load.js";\n\ntest("${name} gives ${name.toUpperCase()}", async () => {\n  assert.equal((await load()).${name.toUpperCase()}, ${value});\n});\n`,
    },
  }),
}

/**
 * The commands that a fresh clone of the project does not pass, and its files that they change.
 * @param {import("../harness/index.mjs").World} world
 * @param {string[]} commands
 */
function failuresInClone(world, commands) {
  const place = mkdtempSync(join(world.root, "clone-"))
  try {
    const [copy, clone] = [join(place, "copy"), join(place, "clone")]
    cpSync(world.project, copy, { recursive: true })
    git(copy, "add", "--all")
    git(copy, "-c", "user.name=u", "-c", "user.email=u@localhost", "commit", "--quiet", "--allow-empty", "--message", "delivered")
    git(place, "clone", "--quiet", copy, clone)
    const run = (/** @type {string} */ line) => spawnSync("sh", ["-c", line], { cwd: clone, encoding: "utf8", env: { ...process.env, CI: "1", NODE_TEST_CONTEXT: "" } })
    const failed = commands.flatMap((line) => {
      const { status, stdout, stderr } = run(line)
      return status === 0 ? [] : [`${line}: ${stdout}${stderr}`]
    })
    // Else another tree than the delivered one passed
    const changed = git(clone, "diff", "--name-only").trim()
    return changed ? [...failed, `the commands changed ${changed}`] : failed
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** Commands that the newest verdicts of the checks name as passed. @param {import("../harness/index.mjs").World} world @param {string} id */
function passed(world, id) {
  const facts = world.missions().find((mission) => mission.id === id)?.facts ?? []
  const details = facts.filter((fact) => fact.event === "gate_judged" && fact.gate === "checks" && fact.verdict === "pass").map((fact) => fact.detail)
  const named = details.flatMap((detail) => [...String(detail).matchAll(/`([^`]+)`[^;`]* passed/g)].map(([, line]) => line))
  return [...new Set(named)]
}

const files = project({ ".gitignore": "node_modules/\nout/\n*.log\n" })
const toml = '[mission]\ntests = "coder"\nmax_cycles = 1\n[heal]\nfixes = 1\nfresh = 0\nsplits = 0\n'
const timeout_ms = 60_000 + MISSIONS * 60_000

scene(`a fresh clone passes what ${MISSIONS} missions say that passed`, { skip: noPlugin, files, toml, timeout_ms }, async (world, t) => {
  const names = Object.keys(KINDS)
  let verified = 0
  for (let n = 0; n < MISSIONS; n += 1) {
    const kind = n < names.length ? names[n] : names[draw(names.length)]
    const [name, value] = [`m${n}${"abcdef"[draw(6)]}`, 1 + draw(1000)]
    const { files: work, right } = KINDS[kind](name, value)
    Object.assign(world.model.scenario, { plan: { tasks: [task(name, Object.keys(work))] }, work: { [name]: work }, answers: [] })
    const before = new Set(world.missions().map((mission) => mission.id))
    const result = await world.task(`Add ${name}`)
    const [mission] = world.missions().filter(({ id }) => !before.has(id))
    const isVerified = result.code === 0 && /\bverified\b/i.test(printed(result)) && mission?.facts.some((fact) => fact.event === "delivered")
    if (right) assert.ok(isVerified, `${kind}: ${printed(result)}`)
    if (!isVerified) continue
    verified += 1
    const commands = passed(world, mission.id)
    assert.ok(commands.length > 0, `${kind}: no command is named: ${printed(result)}`)
    assert.deepEqual(failuresInClone(world, commands), [], kind)
  }
  t.diagnostic(`${verified} of ${MISSIONS} missions were delivered as verified`)
})
