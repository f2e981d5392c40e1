/** The definitions of OpenCode's own tools that roles get. */
import assert from "node:assert/strict"
import test from "node:test"
import { defineFileTool } from "../../plugin/v1/file-tools.js"

test("a tool that OpenCode hands over without a schema gets a short one with every argument that it reads", () => {
  const wanted = { read: ["filePath", "limit", "offset"], grep: ["include", "path", "pattern"], glob: ["path", "pattern"] }
  for (const [name, args] of Object.entries(wanted)) {
    const output = /** @type {any} */ ({ description: "long" })
    defineFileTool(name, output)
    assert.deepEqual(Object.keys(output.jsonSchema.properties).sort(), args)
    assert.equal(output.jsonSchema.required.length, 1)
    assert.ok(JSON.stringify(output).length < 560, `${name}: ${JSON.stringify(output)}`)
  }
  const other = { description: "as it was" }
  defineFileTool("list", other)
  assert.deepEqual(other, { description: "as it was" })
})
