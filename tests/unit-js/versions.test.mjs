/** The versions that `doctor` names are the ones that docs/COMPATIBILITY.md lists as tested. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import test from "node:test"
import { TESTED } from "../../bin/doctor/machine.js"

test("doctor names the versions of the table, and README its ends", () => {
  const manual = readFileSync(new URL("../../docs/COMPATIBILITY.md", import.meta.url), "utf8")
  const works = [...manual.matchAll(/^\| (1\.[\d.]+) \| yes \| yes \| yes \|$/gm)].map(([, version]) => version)
  assert.deepEqual(TESTED, works)
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8")
  assert.ok(readme.includes(`run in versions from ${TESTED[0]} to ${TESTED.at(-1)}`))
})
