/** Projects, plans and expectations that the end-to-end tests share. */
import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { ROOT } from "../harness/index.mjs"

/** @typedef {import("../harness/index.mjs").World} World */
/** @typedef {import("../harness/project.mjs").Files} Files */

/** Why missions cannot run in this checkout, or false. */
export const noPlugin = existsSync(join(ROOT, "index.js")) ? false : "the plugin is not built: run `npm run build`"

/**
 * A small project with one green test.
 * @param {Files} [more]
 * @returns {Files}
 */
export const project = (more = {}) => ({
  "package.json": `${JSON.stringify({ name: "lengths", version: "1.0.0", type: "module", scripts: { test: "node --test" } }, null, 2)}\n`,
  "src/metre.js": "export const METRE = 1;\n",
  "test/metre.test.js": testOf("metre", "METRE", "1"),
  ...more,
})

/**
 * A test file of one case.
 * @param {string} module
 * @param {string} name
 * @param {string} value
 */
export const testOf = (module, name, value) =>
  `import assert from "node:assert/strict";\nimport test from "node:test";\nimport { ${name} } from "../src/${module}.js";\n\ntest("${module} gives ${name}", () => {\n  assert.equal(${name}, ${value});\n});\n`

/** @param {string} name @param {string | number} value */
export const constant = (name, value) => `export const ${name} = ${value};\n`

/**
 * A task of a plan.
 * @param {string} id
 * @param {string[]} files
 * @param {Record<string, unknown>} [more]
 */
export const task = (id, files, more = {}) => ({
  id,
  title: `Add ${id}`,
  instructions: `Write ${files.join(", ")}.`,
  files,
  acceptance: [`${files[0]} is there`],
  ...more,
})

/**
 * A plan of independent tasks, each a module of one constant, with their work.
 * @param {string[]} names
 */
export const modules = (names) => ({
  plan: { tasks: names.map((name) => task(name, [`src/${name}.js`])) },
  work: Object.fromEntries(names.map((name, i) => [name, { [`src/${name}.js`]: constant(name.toUpperCase(), i) }])),
})

/**
 * OpenCode's output as a reader sees it: without colours.
 * @param {{ stdout: string, stderr: string }} result
 */
// eslint-disable-next-line no-control-regex
export const printed = ({ stdout, stderr }) => `${stdout}\n${stderr}`.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "")

/**
 * Checks the mission's end in its journal.
 * @param {World} world
 * @param {"done" | "incomplete" | "failed"} outcome
 */
export function ended(world, outcome) {
  assert.deepEqual(
    world.facts("ended").map((fact) => fact.outcome),
    [outcome],
  )
}

/**
 * The gates' verdicts on a task, newest last: `checks fail`.
 * @param {World} world
 * @param {string} id
 */
export const verdicts = (world, id) =>
  world
    .facts("gate_judged")
    .filter((fact) => fact.task === id)
    .map((fact) => `${fact.gate} ${fact.verdict}`)

/**
 * Checks that only ordinary requests of roles reached the model.
 * @param {World} world
 */
export function onlyRoles(world) {
  const others = world.model.requests.filter((request) => request.kind !== "role")
  assert.deepEqual(
    others.map((request) => `${request.kind}: ${request.prompt_text.slice(0, 200)}`),
    [],
    "the `/task` turn itself asks no model",
  )
  assert.deepEqual(world.model.problems, [])
}
