/** `npm run bench:uplift`: with a simulated model, or with `--model provider/model` with a real one. */
import { root, run } from "./lib/run.js"
import { join } from "node:path"

const args = process.argv.slice(2)
const real = args.some((arg) => arg === "--model" || arg.startsWith("--model="))
const [program, ...before] = real
  ? [process.execPath, join(root, "scripts", "bench.js"), "tests/bench/uplift-model.mjs"]
  : ["cargo", "run", "--release", "--quiet", "-p", "bench", "--bin", "bench_uplift", "--"]
process.exitCode = (await run(program, [...before, ...args])) ? 0 : 1
if (args.includes("--help")) console.error("\nWith a real model: npm run bench:uplift -- --model PROVIDER/MODEL --help")
