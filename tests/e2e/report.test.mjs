/** `report.html` of a mission, in a real browser: it has no accessibility violations, and fits on a phone. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { delimiter, join } from "node:path"
import { scene } from "../harness/index.mjs"
import { modules, noPlugin, project } from "./fixtures.mjs"

const browser = ["chromium", "chromium-browser", "google-chrome"]
  .flatMap((name) => (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)))
  .concat(process.env.CHROMIUM_BIN ?? [])
  .findLast((path) => existsSync(path))
const skip = noPlugin || (browser ? false : "no Chromium: install it, or name it in CHROMIUM_BIN")

/**
 * Opens a page, runs a script in it, and returns the text that the script put into the title.
 * @param {string} folder
 * @param {string} page
 * @param {string} script
 * @param {{ width: number, dark?: boolean }} how
 */
function ask(folder, page, script, { width, dark = false }) {
  const file = join(folder, `asked-${width}-${dark}.html`)
  writeFileSync(file, page.replace("</body>", () => `<script>${script}</script></body>`))
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", `--user-data-dir=${join(folder, "profile")}`]
  const colours = dark ? ["--blink-settings=preferredColorScheme=0", "--force-dark-mode"] : []
  const shown = [`--window-size=${width},900`, "--virtual-time-budget=20000", "--dump-dom"]
  const { stdout, stderr } = spawnSync(browser ?? "", [...flags, ...colours, ...shown, `file://${file}`], { encoding: "utf8", timeout: 90_000, maxBuffer: 64 << 20 })
  const title = /<title>([^]*?)<\/title>/.exec(stdout)?.[1].replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")
  assert.ok(title, stderr)
  return JSON.parse(title)
}

scene("the report's page passes axe, fits a phone, and asks for nothing", { skip, files: project(), scenario: modules(["one", "two"]), timeout_ms: 240_000 }, async (world) => {
  await world.task("Add <two> modules")
  const { folder } = JSON.parse(world.program("report", "--json"))
  const page = readFileSync(join(folder, "report.html"), "utf8")
  assert.ok(page.length < 2_000_000 && !/<script|<link|@import|url\(/.test(page), "one file without a network")
  assert.ok(page.indexOf('class="verdict') < page.indexOf('id="tasks"') && page.indexOf('id="tasks"') < page.indexOf('id="journal"'))
  assert.match(page, /<span class="add">\+<i class="k">export<\/i> <i class="k">const<\/i> ONE = <i class="n">0<\/i>;<\/span>/, "each task's change, its code in colours")
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
  const open = "document.querySelectorAll('details').forEach((part) => (part.open = true));"
  const run = "axe.run().then(({ violations }) => { document.title = JSON.stringify(violations.map(({ id, nodes }) => id + ': ' + nodes[0].html)) })"
  for (const how of [{ width: 1440 }, { width: 390 }, { width: 1440, dark: true }]) {
    assert.deepEqual(ask(world.root, page, `${axe};${open}${run}`, how), [], JSON.stringify(how))
  }
  const wide = ask(world.root, page, `${open}document.title = JSON.stringify([document.documentElement.scrollWidth, innerWidth])`, { width: 500 })
  assert.ok(wide[0] <= wide[1], `the page is ${wide[0]} wide in a window of ${wide[1]}`)
})
