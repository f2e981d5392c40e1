#!/usr/bin/env node
/**
 * Plays a scenario until it is interrupted: `node tests/model/cli.mjs scenario.json --port 0`.
 */
import { parseArgs } from "node:util"
import { startModel } from "./server.mjs"

const USAGE = "usage: node tests/model/cli.mjs <scenario.json> [--port <number>] [--quiet]"

async function main() {
  let args
  try {
    args = parseArgs({
      allowPositionals: true,
      options: {
        port: { type: "string", default: "0" },
        quiet: { type: "boolean", default: false },
        help: { type: "boolean", short: "h" },
      },
    })
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`)
    return 2
  }
  const { values, positionals } = args
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const port = Number(values.port)
  if (positionals.length !== 1 || !Number.isInteger(port) || port < 0 || port > 65535) {
    console.error(USAGE)
    return 2
  }
  let server
  try {
    server = await startModel(positionals[0], { port })
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 1
  }
  console.log(server.url)
  let printed = 0
  const report = setInterval(() => {
    for (; printed < server.requests.length && server.requests[printed].outcome; printed += 1) {
      if (!values.quiet)
        console.error(
          server
            .summary()
            .split("\n")
            .at(-(server.requests.length - printed)),
        )
    }
  }, 200)
  await new Promise((done) => {
    process.once("SIGINT", done)
    process.once("SIGTERM", done)
  })
  clearInterval(report)
  await server.close()
  return 0
}

process.exitCode = await main()
