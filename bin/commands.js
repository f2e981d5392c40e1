/** The commands of the program: what each is for and how it is called. */

/**
 * @typedef {object} Command
 * @property {string} name
 * @property {string} usage what follows the name
 * @property {string} summary one line
 * @property {[string, string][]} [options]
 * @property {boolean} [core] answered by the native core rather than here
 */

/** @type {Command[]} */
export const COMMANDS = [
  {
    name: "install",
    usage: "[--project | --config DIR] [--spec SPEC] [--dry-run] [--json]",
    summary: "register the plugin in OpenCode's configuration",
    options: [
      ["--project", "in the opencode.json of this project in place of yours"],
      ["--config DIR", "in the configuration in DIR"],
      ["--spec SPEC", "write this entry (a path or npm package) in place of this package's path"],
      ["--dry-run", "say what would change, and change nothing"],
      ["--json", "print what was done as JSON"],
    ],
  },
  {
    name: "uninstall",
    usage: "[--project | --config DIR] [--dry-run] [--json]",
    summary: "take the plugin out of OpenCode's configuration",
    options: [
      ["--project", "from the opencode.json of this project in place of yours"],
      ["--config DIR", "from the configuration in DIR"],
      ["--dry-run", "say what would change, and change nothing"],
      ["--json", "print what was done as JSON"],
    ],
  },
  {
    name: "doctor",
    usage: "[--json]",
    summary: "check that everything a mission needs is there, and say what to do where it is not",
    options: [["--json", "print the findings as JSON"]],
  },
  {
    name: "status",
    usage: "[id] [--json]",
    summary: "show the missions of this project, or one of them",
    options: [["--json", "print them as JSON"]],
    core: true,
  },
  {
    name: "stop",
    usage: "[id] [--json]",
    summary: "stop a running mission; it can be resumed",
    options: [["--json", "print what was stopped as JSON"]],
    core: true,
  },
  {
    name: "report",
    usage: "[id] [--open] [--json]",
    summary: "show what a mission did, verified and cost",
    options: [
      ["--open", "open the report's page as well"],
      ["--json", "print it as JSON"],
    ],
    core: true,
  },
  {
    name: "graph",
    usage: "[id] [--format mermaid|svg]",
    summary: "draw a mission's task graph",
    options: [["--format FORMAT", "mermaid (as text) or svg (as a picture)"]],
    core: true,
  },
  {
    name: "log",
    usage: "[id] [--follow] [--since N] [--json]",
    summary: "list a mission's events",
    options: [
      ["--follow", "go on with what happens, until the mission stops"],
      ["--since N", "leave the first N events out"],
      ["--json", "print an event a line as JSON"],
    ],
    core: true,
  },
  {
    name: "lint",
    usage: "[paths] [--base REV] [--format text|json|sarif]",
    summary: "run the guardian's rules over files, or over what changed since a revision",
    options: [
      ["paths", "files and folders, looked at whole; without any, what changed since HEAD"],
      ["--base REV", "only what this branch changed since it left that revision"],
      ["--format FORMAT", "text, json or sarif"],
      ["--json", "the same as --format json"],
    ],
    core: true,
  },
  {
    name: "search",
    usage: "<words> [--limit N] [--json]",
    summary: "rank this project's files and symbols for some words",
    options: [
      ["--limit N", "the most files that are named; 10 without it"],
      ["--json", "print them as JSON"],
    ],
    core: true,
  },
  {
    name: "checks",
    usage: "[PATH] [--json]",
    summary: "show the project's own commands that a mission runs, those it refuses, and why; runs nothing",
    options: [
      ["PATH", "the folder of a project; this one without it"],
      ["--json", "print them as JSON"],
    ],
    core: true,
  },
  {
    name: "config",
    usage: "check|schema|show [--json]",
    summary: "check opencode.toml, print its schema, or show what is in force",
    options: [["--json", "print problems, or what is in force, as JSON"]],
    core: true,
  },
  {
    name: "clean",
    usage: "[--force] [--all] [--json]",
    summary: "remove what finished missions left on disk",
    options: [
      ["--force", "also where a mission is not finished, whose work is lost then"],
      ["--all", "also the missions themselves: journals, pages and reports"],
      ["--json", "print what was removed as JSON"],
    ],
    core: true,
  },
  { name: "demo", usage: "", summary: "run a whole mission against a scripted model, without a key or a cost" },
]

/**
 * @param {string} version
 * @returns {string}
 */
export function overview(version) {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length))
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    `opencode-orchestrator ${version}: missions for OpenCode`,
    "",
    "usage: opencode-orchestrator <command> [options]",
    "",
    ...lines,
    "",
    "`opencode-orchestrator <command> --help` explains one of them.",
    'In OpenCode, type /task "…" to start a mission.',
    "",
  ].join("\n")
}

/**
 * @param {Command} command
 * @returns {string}
 */
export function helpFor({ name, usage, summary, options = [] }) {
  const width = Math.max(0, ...options.map(([option]) => option.length))
  return [
    `usage: opencode-orchestrator ${`${name} ${usage}`.trim()}`,
    "",
    `  ${summary}`,
    ...(options.length > 0 ? [""] : []),
    ...options.map(([option, meaning]) => `  ${option.padEnd(width)}  ${meaning}`),
    "",
  ].join("\n")
}

/**
 * The known word that was probably meant.
 * @param {string} word
 * @param {string[]} known
 * @returns {string | undefined}
 */
export function nearest(word, known) {
  const ranked = known
    .map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate) }))
    .sort((a, b) => a.far - b.far)
  const best = ranked[0]
  return best && best.far <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined
}

/**
 * Edits between two words; two neighbours swapped count as one.
 * @param {string} a
 * @param {string} b
 */
function distance(a, b) {
  a = a.slice(0, 64)
  /** @type {number[][]} */
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, rows[i - 2][j - 2] + 1)
      row.push(cost)
    }
    rows.push(row)
  }
  return rows[a.length][b.length]
}
