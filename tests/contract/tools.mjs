/** The file tools of OpenCode 2 for the contract host: docs/tools.mdx, and the rules of docs/permissions.mdx. */
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { dirname, isAbsolute, join, relative } from "node:path"

/** @typedef {import("../../plugin/v2/rules.js").Rule} Rule */

const path = { path: { type: "string" } }
/** @type {Record<string, { action: string, properties: Record<string, object>, required: string[] }>} */
const TOOLS = {
  read: { action: "read", properties: { ...path, offset: { type: "number" }, limit: { type: "number" } }, required: ["path"] },
  glob: { action: "glob", properties: { pattern: { type: "string" }, ...path }, required: ["pattern"] },
  grep: { action: "grep", properties: { pattern: { type: "string" }, ...path, include: { type: "string" } }, required: ["pattern"] },
  edit: { action: "edit", properties: { ...path, oldString: { type: "string" }, newString: { type: "string" }, replaceAll: { type: "boolean" } }, required: ["path", "oldString", "newString"] },
  write: { action: "edit", properties: { ...path, content: { type: "string" } }, required: ["path", "content"] },
  shell: { action: "shell", properties: { command: { type: "string" } }, required: ["command"] },
  subagent: { action: "subagent", properties: { agent: { type: "string" }, prompt: { type: "string" } }, required: ["agent", "prompt"] },
  webfetch: { action: "webfetch", properties: { url: { type: "string" } }, required: ["url"] },
}

/** The tools that every location has, by name. */
export const builtin = () =>
  Object.entries(TOOLS).map(([name, { properties, required }]) => ({
    name,
    description: `${name} of the contract host`,
    input: { type: "object", properties, required, additionalProperties: false },
    options: { codemode: false },
    execute: async () => ({ content: "" }),
  }))

/**
 * The resource that a call needs permission for: docs/permissions.mdx, Actions.
 * @param {string} name
 * @param {any} input
 * @param {string} directory
 */
export function asked(name, input, directory) {
  const tool = TOOLS[name]
  if (!tool) return { action: name, resources: ["*"], external: false }
  if (!("path" in tool.properties) || !tool.required.includes("path")) return { action: tool.action, resources: [String(input.pattern ?? input.command ?? input.url ?? "*")], external: false }
  const at = isAbsolute(input.path) ? relative(directory, input.path) : input.path
  const external = at.startsWith("..")
  return { action: tool.action, resources: [external ? input.path : at], external }
}

/**
 * The last matching rule counts; without one OpenCode asks.
 * @param {readonly Rule[]} rules
 * @param {string} action
 * @param {string} resource
 */
export function effectOf(rules, action, resource) {
  const rule = rules.findLast((rule) => matches(rule.action, action) && matches(rule.resource, resource))
  return rule?.effect ?? "ask"
}

/**
 * A tool whose last rule denies it for all resources is not offered: packages/core/src/tool/registry.ts, whollyDisabled.
 * @param {string} name
 * @param {readonly Rule[]} rules
 */
export function offered(name, rules) {
  const action = TOOLS[name]?.action ?? name
  const rule = rules.findLast((rule) => matches(rule.action, action))
  return !(rule?.resource === "*" && rule.effect === "deny")
}

/** docs/permissions.mdx, Matching @param {string} pattern @param {string} value */
function matches(pattern, value) {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&")
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s").test(value)
}

/**
 * @param {string} name
 * @param {any} input
 * @param {string} directory
 * @returns {{ content: string }}
 */
export function carryOut(name, input, directory) {
  const tool = TOOLS[name]
  for (const key of Object.keys(input)) if (!(key in tool.properties)) throw new Error(`${name} has no argument \`${key}\``)
  for (const key of tool.required) if (input[key] === undefined) throw new Error(`${name} needs \`${key}\``)
  const file = input.path === undefined ? directory : isAbsolute(input.path) ? input.path : join(directory, input.path)
  if (name === "read") {
    if (statSync(file).isDirectory()) return { content: readdirSync(file).join("\n") }
    return { content: readFileSync(file, "utf8").split("\n").map((line, index) => `${index + 1}: ${line}`).join("\n") }
  }
  if (name === "glob" || name === "grep") return { content: "nothing found" }
  if (name === "write") {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, input.content)
    return { content: `wrote ${input.path}` }
  }
  if (name === "edit") {
    const before = readFileSync(file, "utf8")
    const times = before.split(input.oldString).length - 1
    if (times === 0 || (times > 1 && !input.replaceAll)) throw new Error(`oldString is there ${times} times in ${input.path}`)
    writeFileSync(file, input.replaceAll ? before.replaceAll(input.oldString, input.newString) : before.replace(input.oldString, () => input.newString))
    return { content: `edited ${input.path}` }
  }
  throw new Error(`the contract host does not carry out ${name}`)
}
