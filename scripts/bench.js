/** `npm run bench:*`: runs a benchmark with the native core in its published form. */
import { join } from "node:path"
import { fail, root, run } from "./lib/run.js"
import { core, packages } from "./lib/setup.js"

const [program, ...args] = process.argv.slice(2)
if (!program) fail("bench.js needs the program that measures", 2)
await packages()
if (!(await core("release"))) fail("the measurement needs the native core, which did not build")
process.exitCode = (await run(process.execPath, [join(root, program), ...args])) ? 0 : 1
