/**
 * `npm run test:attacks`: plays attacks on the sandbox at each level of this machine, and shows the results beside
 * those in docs/SECURITY.md. Attacks that need an ordinary user, or root, are reported as skipped otherwise.
 */
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { root } from "./lib/run.js"

const LEVELS = ["full", "basic"]

/** @type {Map<string, Record<string, string>>} */
const table = new Map()
/** @type {string[]} */
const rest = []

const cargo = spawn("cargo", ["test", "--quiet", "-p", "checks", "--test", "attacks", "--", "--nocapture"], {
  cwd: root,
  stdio: ["ignore", "pipe", "pipe"],
})
for (const stream of [cargo.stdout, cargo.stderr]) {
  createInterface({ input: stream }).on("line", (line) => {
    const [word, name, level, came] = line.split("\t")
    if (word !== "ATTACK" || !name || !level || !came) {
      rest.push(line)
      return
    }
    table.set(name, { ...table.get(name), [level]: came })
  })
}
const code = await new Promise((done) => {
  cargo.on("error", () => done(2))
  cargo.on("close", done)
})

console.log(`| a command tries to | ${LEVELS.join(" | ")} |\n|---|${LEVELS.map(() => "---|").join("")}`)
for (const [name, came] of table) {
  console.log(`| ${name} | ${LEVELS.map((level) => came[level] ?? "not here").join(" | ")} |`)
}
const asRoot = process.getuid?.() === 0
console.log(
  asRoot
    ? "\nskipped: what only an ordinary user can show, such as ports at level basic. Run it without root for that."
    : "\nskipped: what only root can show, such as the kernel's settings at level full. Run it as root for that.",
)
for (const line of rest.filter((line) => line.startsWith("skipped"))) console.log(line)
if (code === 0 && table.size > 0) console.log("All of it is as docs/SECURITY.md says.")
else console.error(rest.slice(-40).join("\n"))
process.exitCode = code === 0 && table.size > 0 ? 0 : 1
