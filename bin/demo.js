/** `demo`: runs the repository's demonstration mission. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { packageRoot } from "../plugin/identity.js"

/** @returns {{ exit: number, stderr?: string }} */
export function demo() {
  const script = join(packageRoot, "scripts", "demo.js")
  if (!existsSync(script)) {
    return {
      exit: 1,
      stderr: "the demo is not part of the published package\nhint: in a checkout of the repository, run `npm run demo`\n",
    }
  }
  const { status } = spawnSync(process.execPath, [script], { stdio: "inherit" })
  return { exit: status === 0 ? 0 : 1 }
}
