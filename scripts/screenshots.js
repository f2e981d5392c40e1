/**
 * Makes pictures of the real interface: a mission with a scripted model in OpenCode's terminal interface (through tmux,
 * as SVG text) and its report (through Chromium, as SVG and PNG). `node scripts/screenshots.js [FOLDER]`; without a
 * folder it renews the pictures in docs/, and writes everything else to target/screenshots.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { delimiter, join, resolve } from "node:path"
import { World, tuiMissing } from "../tests/harness/index.mjs"
import { constant, ended, project, task } from "../tests/e2e/fixtures.mjs"
import { pagePicture } from "./lib/page-picture.js"
import { picture } from "./lib/terminal-picture.js"
import { fail, root } from "./lib/run.js"

const COLUMNS = 140
const ROWS = 32
/** The pictures that README and docs/BOARD.md show. */
const SHOWN = ["board", "review", "report"]

const given = process.argv[2]
const folder = given ? resolve(given) : join(root, "target", "screenshots")
const missing = tuiMissing()
if (missing) fail(missing)
mkdirSync(folder, { recursive: true })

/** Six tasks, two of them running, as in the middle of a mission. */
const FILES = ["parse-date", "format-date", "time-zones", "cli-flag", "readme", "changelog"]
const after = /** @type {Record<string, string[]>} */ ({ "format-date": ["parse-date"], "cli-flag": ["format-date"], readme: ["cli-flag"], changelog: ["cli-flag"] })
const path = (/** @type {string} */ id) => `src/${id}.js`
const scenario = {
  plan: { tasks: FILES.map((id) => task(id, [path(id)], { title: `Add ${id.replace("-", " ")}`, depends_on: after[id] ?? [] })) },
  work: Object.fromEntries(FILES.map((id, at) => [id, { [path(id)]: constant(id.replace("-", "_").toUpperCase(), at) }])),
  answers: ["format-date", "time-zones"].map((id) => ({
    role: "coder",
    task: id,
    turns: [{ gate: id, write: { [path(id)]: constant(id.replace("-", "_").toUpperCase(), 1) } }, { done: `Did ${id}.` }],
  })),
}

const world = await World.create({ files: project(), scenario })
try {
  const tui = await world.tui({ columns: COLUMNS, rows: ROWS, board: true })
  const take = async (/** @type {string} */ name, /** @type {string} */ title) => {
    // The project's path is not interesting and differs each time
    const screen = (await tui.tmux("capture-pane", "-e", "-p", "-t", "tui")).replaceAll(world.root, "~".padStart(world.root.length))
    keep(name, picture(screen, { columns: COLUMNS, title }))
  }
  await tui.type('/task "Add dates with time zones"')
  await tui.press("Enter")
  await Promise.all(["format-date", "time-zones"].map((gate) => world.model.reached(gate)))
  await tui.shows(/● coding format-date/, 60_000)
  await take("board", "The board in OpenCode while a mission runs")
  await tui.press("C-x", "k")
  await tui.shows(/Running/)
  await take("dialog", "The dialog of the board")
  await tui.press("Escape")
  for (const gate of ["format-date", "time-zones"]) world.model.release(gate)
  await tui.shows(/✓ Done, verified/, 120_000)
  await take("done", "The end of a mission")
  await tui.press("C-x", "k")
  await tui.shows(/take back, comment/)
  await tui.type("Review")
  await tui.press("Enter")
  await tui.shows(/Review of m-[^]*@@/)
  await take("review", "The review of a change in the board")
  await tui.press("q")
  ended(world, "done")
  report(JSON.parse(world.program("report", "--json")).folder)
  const review = world.program("review", "--summary")
  writeFileSync(join(folder, "review.txt"), review)
  console.log(join(folder, "review.txt"))
} finally {
  await world.close()
}

/** @param {string} name @param {string} svg */
function keep(name, svg) {
  const file = join(folder, `${name}.svg`)
  writeFileSync(file, svg)
  if (SHOWN.includes(name) && !given) writeFileSync(join(root, "docs", `${name}.svg`), svg)
  console.log(`${file}  ${svg.length} bytes`)
}

/** Pictures of the report at the widths of a screen and a phone. @param {string} mission */
function report(mission) {
  const names = ["chromium", "chromium-browser", "google-chrome"]
  const folders = (process.env.PATH ?? "").split(delimiter)
  const browser = process.env.CHROMIUM_BIN ?? names.flatMap((name) => folders.map((at) => join(at, name))).find((file) => existsSync(file))
  if (!browser) return console.log("no picture of the report: install Chromium, or name it in CHROMIUM_BIN")
  const page = readFileSync(join(mission, "report.html"), "utf8")
  keep("report", pagePicture(browser, page, { folder: join(world.root, "picture"), width: 1000, height: 760, title: "The report of a mission" }))
  for (const width of [1440, 390]) {
    const file = join(folder, `report-${width}.png`)
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
    execFileSync(browser, [...flags, `--user-data-dir=${join(world.root, "profile")}`, `--window-size=${width},1200`, `--screenshot=${file}`, `file://${join(mission, "report.html")}`], { stdio: "ignore", timeout: 60_000 })
    console.log(file)
  }
}
