/**
 * Reads from an ELF file which versions of which libraries its symbols need (`.gnu.version_r`). It does what
 * `readelf --version-info` does, so that no tool has to be installed. It must not run or change the file.
 */
import { readFileSync } from "node:fs"

const [DYNAMIC, LOAD] = [2, 1]
const [STRTAB, VERNEED, VERNEEDNUM] = [5n, 0x6ffffffen, 0x6fffffffn]
/** The most entries of one list; a damaged file could have a list without end. */
const MOST = 10_000

/**
 * The versions that a file needs, by library: `{ "libc.so.6": ["GLIBC_2.2.5", …] }`.
 * @param {string} file
 * @returns {Record<string, string[]>}
 */
export function neededVersions(file) {
  try {
    return versions(readFileSync(file))
  } catch (error) {
    const why = error instanceof RangeError ? "the ELF file is damaged or cut off" : /** @type {Error} */ (error).message
    throw new Error(`${file}: ${why}`, { cause: error })
  }
}

/**
 * The newest version of glibc that a file needs, as `[2, 17]`; undefined if it needs none.
 * @param {string} file
 * @returns {number[] | undefined}
 */
export function newestGlibc(file) {
  const names = Object.values(neededVersions(file)).flat()
  const numbers = names.flatMap((name) => /^GLIBC_(\d+(?:\.\d+)*)$/.exec(name)?.[1] ?? []).map((text) => text.split(".").map(Number))
  return numbers.sort(compare).at(-1)
}

/**
 * @param {number[]} a
 * @param {number[]} b
 */
export function compare(a, b) {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    if ((a[at] ?? 0) !== (b[at] ?? 0)) return (a[at] ?? 0) - (b[at] ?? 0)
  }
  return 0
}

/**
 * @param {Buffer} bytes
 * @returns {Record<string, string[]>}
 */
function versions(bytes) {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46) throw new Error("it is no ELF file")
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new Error("only 64-bit little-endian ELF files are read")
  const segments = programHeaders(bytes)
  const dynamic = segments.find(({ type }) => type === DYNAMIC)
  if (!dynamic) return {}
  /** @type {Map<bigint, bigint>} */
  const tags = new Map()
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    const tag = bytes.readBigUInt64LE(at)
    if (tag === 0n) break
    tags.set(tag, bytes.readBigUInt64LE(at + 8))
  }
  /** @param {bigint} tag */
  const place = (tag) => {
    const address = tags.get(tag)
    const segment = segments.find(({ type, address: start, size }) => type === LOAD && address !== undefined && address >= start && address < start + BigInt(size))
    return segment && address !== undefined ? segment.offset + Number(address - segment.address) : undefined
  }
  const [needed, strings] = [place(VERNEED), place(STRTAB)]
  const count = Number(tags.get(VERNEEDNUM) ?? 0n)
  if (needed === undefined || strings === undefined) return {}
  return listed(bytes, needed, count, (offset) => text(bytes, strings + offset))
}

/** @param {Buffer} bytes */
function programHeaders(bytes) {
  const [start, size, count] = [Number(bytes.readBigUInt64LE(32)), bytes.readUInt16LE(54), bytes.readUInt16LE(56)]
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size
    return {
      type: bytes.readUInt32LE(at),
      offset: Number(bytes.readBigUInt64LE(at + 8)),
      address: bytes.readBigUInt64LE(at + 16),
      size: Number(bytes.readBigUInt64LE(at + 32)),
    }
  })
}

/**
 * The entries of `.gnu.version_r`: a list of libraries, each with a list of versions.
 * @param {Buffer} bytes
 * @param {number} start
 * @param {number} count
 * @param {(offset: number) => string} name
 */
function listed(bytes, start, count, name) {
  /** @type {Record<string, string[]>} */
  const found = {}
  let library = start
  for (let left = Math.min(count, MOST); left > 0; left--) {
    const names = (found[name(bytes.readUInt32LE(library + 4))] ??= [])
    let version = library + bytes.readUInt32LE(library + 8)
    for (let more = Math.min(bytes.readUInt16LE(library + 2), MOST); more > 0; more--) {
      names.push(name(bytes.readUInt32LE(version + 8)))
      version += bytes.readUInt32LE(version + 12)
    }
    library += bytes.readUInt32LE(library + 12)
  }
  return found
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 */
function text(bytes, start) {
  const end = bytes.indexOf(0, start)
  if (end < 0) throw new RangeError("a name has no end")
  return bytes.toString("utf8", start, end)
}
