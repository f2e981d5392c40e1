/**
 * The preview of OpenCode 2 on npm (`@opencode-ai/cli-linux-x64` 1.18.18): it loads plugins by `setup`, and its context
 * has few domains yet. Shows what our plugin says there. Prints JSON; `OPENCODE_PREVIEW` names the program.
 */
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ROOT, until } from "../harness/index.mjs"

const program = process.env.OPENCODE_PREVIEW ?? ""
const root = mkdtempSync(join(tmpdir(), "preview-"))
const [home, project, plugin, seen] = ["home", "project", "plugin", "seen.json"].map((name) => join(root, name))
for (const folder of [join(home, "opencode"), project, plugin]) mkdirSync(folder, { recursive: true })
writeFileSync(join(plugin, "package.json"), JSON.stringify({ name: "seen", type: "module", main: "index.js" }))
// OpenCode does not report errors at load, so this plugin around ours records them
writeFileSync(
  join(plugin, "index.js"),
  `import { writeFileSync } from "node:fs"
import ours from ${JSON.stringify(join(ROOT, "index.js"))}
const note = (value) => writeFileSync(${JSON.stringify(seen)}, JSON.stringify(value))
export default { id: ours.id, setup: (ctx) => ours.setup(ctx).then(() => note({ loaded: true }), (error) => note({ refused: error.message, domains: Object.keys(ctx) })) }
`,
)
writeFileSync(join(home, "opencode", "opencode.json"), JSON.stringify({ plugins: [join(plugin, "index.js")] }))
const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home, XDG_STATE_HOME: home, OPENCODE_DISABLE_MODELS_FETCH: "1" }
try {
  spawnSync(program, ["service", "start"], { env, cwd: project, timeout: 30_000 })
  // A request for a location's agents opens the location and loads its plugins
  const asking = spawn(program, ["api", "GET", `/api/agent?location%5Bdirectory%5D=${encodeURIComponent(project)}`], { env, cwd: project, stdio: "ignore" })
  await until(() => existsSync(seen), 20_000, () => "the plugin to be loaded")
  asking.kill()
  console.log(readFileSync(seen, "utf8"))
} finally {
  spawnSync(program, ["service", "stop"], { env, timeout: 10_000 })
  rmSync(root, { recursive: true, force: true, maxRetries: 8 })
}
