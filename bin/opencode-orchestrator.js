#!/usr/bin/env node
/**
 * The program `opencode-orchestrator`.
 *
 * Exit status: 0 done, 1 found problems, 2 wrong use, 3 delivered unverified. Results go to standard
 * output, messages to standard error.
 */
import { answerFor, main } from "./program.js"

for (const stream of [process.stdout, process.stderr]) {
  // The reader of a pipe may close it early, as `head` does
  stream.on("error", (error) => process.exit(/** @type {NodeJS.ErrnoException} */ (error).code === "EPIPE" ? 0 : 1))
}

const answer = await main(process.argv.slice(2)).catch(answerFor)
if (answer.stderr) process.stderr.write(answer.stderr)
if (answer.stdout) process.stdout.write(answer.stdout)
// Not `exit()`, which would drop output that a pipe has not read yet
process.exitCode = answer.exit
