/**
 * The conformance suite of the host interface: every behaviour on the real OpenCode 1 and on the contract host for
 * OpenCode 2. `HOST=v1` or `HOST=v2` runs only one of them.
 */
import test from "node:test"
import { noPlugin } from "../e2e/fixtures.mjs"
import { OPENCODE_VERSION } from "../harness/index.mjs"
import { BEHAVIOURS } from "./behaviours.mjs"
import { open as openV1 } from "./v1.mjs"
import { open as openV2 } from "./v2.mjs"

const HOSTS = [
  { key: "v2", name: "the contract host for OpenCode 2", open: openV2 },
  { key: "v1", name: `OpenCode ${OPENCODE_VERSION}`, open: openV1 },
]

for (const { name, open } of HOSTS.filter(({ key }) => !process.env.HOST || process.env.HOST === key)) {
  for (const behaviour of BEHAVIOURS) {
    test(`${name}: ${behaviour.name}`, { skip: noPlugin, timeout: 150_000 }, async () => {
      const { trial, close, evidence } = await open(behaviour.setting)
      try {
        await behaviour.play(trial)
      } catch (error) {
        if (error instanceof Error) error.message += `\n\n${evidence().slice(0, 8_000)}`
        throw error
      } finally {
        await close()
      }
    })
  }
}
