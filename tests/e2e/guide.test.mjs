/**
 * docs/GUIDE.md, executed word for word: the test runs its `sh` blocks, types its `task` blocks into OpenCode, and
 * expects the text of its `console` blocks. The test fails if the page promises something that does not happen.
 */
import assert from "node:assert/strict"
import { copyFileSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { ROOT, changes, scene, tuiMissing } from "../harness/index.mjs"
import { constant, modules, project } from "./fixtures.mjs"
import { packed, picture, skip, stranger } from "./stranger-world.mjs"

const PAGE = "docs/GUIDE.md"

/** @typedef {{ kind: string, text: string, line: number }} Block */

/** The page's fenced blocks, in order, and its headings. @param {string} page @returns {Block[]} */
function blocks(page) {
  /** @type {Block[]} */
  const found = []
  /** @type {Block | undefined} */
  let open
  page.split("\n").forEach((line, at) => {
    if (open && line === "```") open = undefined
    else if (open) open.text += `${line}\n`
    else if (line.startsWith("```")) found.push((open = { kind: line.slice(3), text: "", line: at + 1 }))
    else if (line.startsWith("## ")) found.push({ kind: "heading", text: line.slice(3), line: at + 1 })
  })
  return found
}

/** The lines that a `console` block promises; `…` matches anything. @param {string} text */
function promised(text) {
  const escaped = (/** @type {string} */ part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+")
  return text.trim().split("\n").map((line) => line.split("…").map(escaped).join(".*"))
}

/** The Coder of one task is held, so that it can be corrected, and submits again when it is asked to look again. */
const scenario = {
  ...modules(["feet", "yards"]),
  answers: [{ role: "coder", task: "feet", turns: [{ gate: "feet", write: { "src/feet.js": constant("FEET", 0) } }, { done: "Did it." }, { done: "It is in one line." }] }],
}

scene(
  `${PAGE}: from npm install to undo, every command does what the page says`,
  { skip: skip || tuiMissing(), plugin: false, files: project(), timeout_ms: 300_000, scenario },
  async (world) => {
    const user = stranger(world)
    const main = readdirSync(packed).find((name) => /^opencode-orchestrator-\d/.test(name))
    assert.ok(main)
    // Beside the project, because the page's install line runs there
    copyFileSync(join(packed, main), join(world.root, "the-package.tgz"))
    const before = world.picture()
    /** @type {import("../harness/tui.mjs").Tui | undefined} */
    let tui
    let said = ""
    let onScreen = false
    /** @type {Record<string, (block: Block) => Promise<void>>} */
    const walk = {
      sh: async ({ text, line }) => {
        said = ""
        for (const command of text.trim().split("\n")) {
          if (command === "opencode") {
            tui = await world.tui({ columns: 160, rows: 60 })
            continue
          }
          const cwd = command.includes("./the-package.tgz") ? world.root : world.project
          const { code, stdout, stderr } = await world.startProgram("/bin/sh", ["-c", command], { cwd, deadline_ms: 120_000 }).done
          said += `${stdout}${stderr}`
          assert.equal(code, 0, `${PAGE}:${line}: \`${command}\`: ${stdout}${stderr}`)
        }
        onScreen = text.trim() === "opencode"
      },
      task: async ({ text }) => {
        assert.ok(tui, "OpenCode is open")
        await tui.type(text.trim())
        await tui.press("Enter")
        onScreen = true
      },
      console: async ({ text, line }) => {
        const lines = promised(text)
        // A screen shows its parts beside each other; a terminal prints one line after the other
        if (onScreen && tui) for (const wanted of lines) await tui.shows(new RegExp(wanted), 90_000)
        else assert.match(said, new RegExp(lines.join("[^]*")), `${PAGE}:${line} says what did not happen`)
      },
      heading: async ({ text }) => {
        if (/Watch and correct/.test(text)) await world.model.reached("feet")
        if (!/It ends/.test(text)) return
        world.model.release("feet")
        onScreen = true
      },
    }
    for (const block of blocks(readFileSync(join(ROOT, PAGE), "utf8"))) {
      assert.ok(walk[block.kind], `${PAGE}:${block.line}: a block of a kind that nothing walks: ${block.kind}`)
      await walk[block.kind](block)
    }
    assert.deepEqual(changes(before, world.picture()), [], "the project is as it was")
    assert.deepEqual(picture(world), user.before, "and so is OpenCode's configuration")
  },
)
