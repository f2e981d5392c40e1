/** The prompt and the host tools of each role, by the engine's names, for every host. */
import { readFileSync } from "node:fs"

const READ = ["read", "grep", "glob", "list"]
const WRITE = ["edit"]
/** @type {Record<string, string[]>} */
export const TOOLS = {
  searcher: READ,
  planner: [],
  coder: [...READ, ...WRITE],
  reviewer: READ,
  fixer: [...READ, ...WRITE],
}

/** @param {string} role */
export function prompt(role) {
  return readFileSync(new URL(`../prompts/${role}.md`, import.meta.url), "utf8")
}
