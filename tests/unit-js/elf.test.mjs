/** The reader of symbol versions, and the published core for old Linux systems. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { compare, neededVersions, newestGlibc } from "../../scripts/lib/elf.js"
import { folder, ROOT, withGlibc } from "./support.mjs"

/**
 * An ELF file with a list of needed versions, laid out by hand: the header, two program headers, the dynamic
 * section, the list and its names. As in real files, the address of the segment is not its place in the file.
 */
function elf(needs) {
  const names = [Buffer.from([0])]
  let used = 1
  const name = (text) => {
    const at = used
    names.push(Buffer.from(`${text}\0`))
    used += text.length + 1
    return at
  }
  const list = Object.entries(needs).flatMap(([library, versions], index, all) => {
    const head = Buffer.alloc(16)
    head.writeUInt16LE(1, 0)
    head.writeUInt16LE(versions.length, 2)
    head.writeUInt32LE(name(library), 4)
    head.writeUInt32LE(16, 8)
    head.writeUInt32LE(index + 1 < all.length ? 16 + 16 * versions.length : 0, 12)
    const entries = versions.map((version, at) => {
      const entry = Buffer.alloc(16)
      entry.writeUInt32LE(name(version), 8)
      entry.writeUInt32LE(at + 1 < versions.length ? 16 : 0, 12)
      return entry
    })
    return [head, ...entries]
  })
  const base = 0x10000
  const [dynamicAt, listAt] = [64 + 2 * 56, 64 + 2 * 56 + 4 * 16]
  const body = Buffer.concat(list)
  const stringsAt = listAt + body.length
  const dynamic = Buffer.alloc(64)
  const tags = [[5, base + stringsAt], [0x6ffffffe, base + listAt], [0x6fffffff, Object.keys(needs).length], [0, 0]]
  tags.forEach(([tag, value], at) => {
    dynamic.writeBigUInt64LE(BigInt(tag), at * 16)
    dynamic.writeBigUInt64LE(BigInt(value), at * 16 + 8)
  })
  const strings = Buffer.concat(names)
  const total = stringsAt + strings.length
  const header = Buffer.alloc(64)
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  header.writeBigUInt64LE(64n, 32)
  header.writeUInt16LE(56, 54)
  header.writeUInt16LE(2, 56)
  const segment = (type, at, size) => {
    const entry = Buffer.alloc(56)
    entry.writeUInt32LE(type, 0)
    entry.writeBigUInt64LE(BigInt(at), 8)
    entry.writeBigUInt64LE(BigInt(base + at), 16)
    entry.writeBigUInt64LE(BigInt(size), 32)
    return entry
  }
  return Buffer.concat([header, segment(1, 0, total), segment(2, dynamicAt, 64), dynamic, body, strings])
}

function written(t, bytes) {
  const file = join(folder(t), "library.so")
  writeFileSync(file, bytes)
  return file
}

test("the needed versions of each library are read, and the newest glibc among them", (t) => {
  const needs = { "libc.so.6": ["GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.9", "GLIBC_PRIVATE"], "libgcc_s.so.1": ["GCC_3.0", "GCC_4.2.0"] }
  const file = written(t, elf(needs))
  assert.deepEqual(neededVersions(file), needs)
  assert.deepEqual(newestGlibc(file), [2, 17])
  assert.deepEqual(newestGlibc(written(t, elf({ "libgcc_s.so.1": ["GCC_3.0"] }))), undefined)
  assert.deepEqual([[2, 17], [2, 9], [2, 2, 5], [3]].toSorted(compare), [[2, 2, 5], [2, 9], [2, 17], [3]])
})

test("a file that is no ELF file, or a part of one, is an error with its name", (t) => {
  const whole = elf({ "libc.so.6": ["GLIBC_2.17"] })
  const wrong = (bytes, message) => {
    const file = written(t, bytes)
    assert.throws(() => neededVersions(file), (error) => error.message.startsWith(file) && message.test(error.message))
  }
  wrong(Buffer.from("MZ, and then a program of another system".repeat(4)), /no ELF file/)
  wrong(Buffer.concat([whole.subarray(0, 4), Buffer.from([1]), whole.subarray(5)]), /64-bit/)
  for (let end = 65; end < whole.length; end += 7) wrong(whole.subarray(0, end), /damaged or cut off/)
  assert.throws(() => neededVersions(join(folder(t), "missing")), /missing.*ENOENT/)
})

test("objdump reads the same from this Node", { skip: !withGlibc && "this system has no glibc" }, (t) => {
  const { error, stdout } = spawnSync("objdump", ["-T", process.execPath], { encoding: "utf8", maxBuffer: 1e9 })
  if (error) return t.skip("objdump is not installed")
  const seen = new Set(stdout.split("\n").flatMap((line) => (line.includes("*UND*") ? (/\((GLIBC_[\d.]+)\)/.exec(line)?.[1] ?? []) : [])))
  const read = Object.values(neededVersions(process.execPath)).flat().filter((name) => /^GLIBC_\d/.test(name))
  assert.ok(seen.size > 0)
  assert.deepEqual([...new Set(read)].toSorted(), [...seen].toSorted())
})

test("the core for old Linux systems needs no newer glibc than its folder says, and is small enough", (t) => {
  const native = join(ROOT, "native")
  const folders = existsSync(native) ? readdirSync(native).filter((name) => /^glibc-\d+\.\d+$/.test(name)) : []
  if (folders.length === 0) return t.skip("not built: npm run build -- --glibc 2.17")
  for (const name of folders) {
    const most = name.replace("glibc-", "").split(".").map(Number)
    for (const file of readdirSync(join(native, name)).filter((file) => file.endsWith(".node"))) {
      const path = join(native, name, file)
      const newest = newestGlibc(path)
      assert.ok(newest && compare(newest, most) <= 0, `${file} needs glibc ${newest?.join(".")}`)
      assert.ok(statSync(path).size <= 30e6, `${file} has ${statSync(path).size} bytes`)
    }
  }
})
