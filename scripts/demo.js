/** `npm run demo`: a whole mission in the real OpenCode, against a scripted model. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fail, root, run } from "./lib/run.js"
import { core, packages } from "./lib/setup.js"

await packages()
if (!(await core())) fail("the demo needs the native core, which did not build")
const demo = join(root, "tests", "demo", "demo.mjs")
if (!existsSync(demo)) fail("tests/demo/demo.mjs is missing from this checkout")
process.exitCode = (await run(process.execPath, [demo, ...process.argv.slice(2)])) ? 0 : 1
