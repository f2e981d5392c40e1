/**
 * A worker at a server that asks for TLS and a credentials file, as a team would close it. The certificates and the
 * credentials are made here, with openssl and the keys of NATS; without openssl the test is skipped.
 */
import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { generateKeyPairSync, createHash, sign } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test from "node:test"
import { start } from "../harness/index.mjs"
import { Nats, PROGRAM, noServer } from "./queue.mjs"

const noOpenssl = spawnSync("openssl", ["version"]).status === 0 ? false : "openssl is not installed here"

/** The letters of base 32. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
/** The first byte of NATS keys of a kind. */
const KINDS = { operator: 14 << 3, account: 0, user: 20 << 3 }
const SEED = 18 << 3

/** @param {Uint8Array} bytes */
function base32(bytes) {
  let [text, bits, value] = ["", 0, 0]
  for (const byte of bytes) {
    value = (value << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += LETTERS[(value >>> (bits - 5)) & 31]
    value &= (1 << bits) - 1
  }
  return bits > 0 ? text + LETTERS[(value << (5 - bits)) & 31] : text
}

/** The bytes with the checksum of NATS keys. @param {number[]} bytes */
function checked(bytes) {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff) >>> 0
  }
  return base32(Uint8Array.from([...bytes, crc & 255, crc >> 8]))
}

/** A key of NATS. @param {keyof typeof KINDS} kind */
function key(kind) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519")
  const raw = (/** @type {any} */ jwk, /** @type {string} */ part) => [...Buffer.from(jwk[part], "base64url")]
  const id = checked([KINDS[kind], ...raw(publicKey.export({ format: "jwk" }), "x")])
  const seed = checked([SEED | (KINDS[kind] >> 5), (KINDS[kind] & 31) << 3, ...raw(privateKey.export({ format: "jwk" }), "d")])
  return { id, seed, privateKey }
}

/**
 * @param {ReturnType<typeof key>} by
 * @param {string} subject
 * @param {string} name
 * @param {Record<string, unknown>} nats
 */
function token(by, subject, name, nats) {
  const text = (/** @type {unknown} */ value) => Buffer.from(JSON.stringify(value)).toString("base64url")
  const claims = { jti: "", iat: Math.floor(Date.now() / 1000), iss: by.id, sub: subject, name, nats: { version: 2, ...nats } }
  claims.jti = base32(createHash("sha256").update(JSON.stringify(claims)).digest())
  const body = `${text({ typ: "JWT", alg: "ed25519-nkey" })}.${text(claims)}`
  return `${body}.${sign(null, Buffer.from(body), by.privateKey).toString("base64url")}`
}

/** A server with TLS that lets in only owners of the credentials file. @param {string} folder */
async function closed(folder) {
  const openssl = (/** @type {string[]} */ ...args) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" })
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test", "-keyout", "ca.key", "-out", "ca.pem")
  openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.csr")
  writeFileSync(join(folder, "names"), "subjectAltName=IP:127.0.0.1\n")
  openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem")
  const [operator, system, account, user] = [key("operator"), key("account"), key("account"), key("user")]
  const none = { subs: -1, data: -1, payload: -1 }
  const limits = { ...none, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1, mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 }
  const operatorToken = token(operator, operator.id, "test", { type: "operator", system_account: system.id })
  const systemToken = token(operator, system.id, "system", { type: "account", limits: { ...limits, mem_storage: 0, disk_storage: 0, streams: 0, consumer: 0 } })
  const accountToken = token(operator, account.id, "team", { type: "account", limits })
  const userToken = token(account, user.id, "worker", { type: "user", ...none, pub: {}, sub: {} })
  const credentials = join(folder, "user.creds")
  const part = (/** @type {string} */ name, /** @type {string} */ value) => `-----BEGIN ${name}-----\n${value}\n------END ${name}------\n\n`
  writeFileSync(credentials, part("NATS USER JWT", userToken) + part("USER NKEY SEED", user.seed))
  const tls = `tls { cert_file: "${join(folder, "server.pem")}", key_file: "${join(folder, "server.key")}" }`
  writeFileSync(join(folder, "server.conf"), `${tls}\noperator: ${operatorToken}\nresolver: MEMORY\nsystem_account: ${system.id}\nresolver_preload: { ${account.id}: ${accountToken}, ${system.id}: ${systemToken} }\n`)
  const nats = await Nats.start(["-c", join(folder, "server.conf")])
  return { nats, credentials, url: nats.url.replace("nats://", "tls://") }
}

test("workers: TLS and a credentials file", { skip: noServer || noOpenssl, timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "login-test-"))
  const { nats, credentials, url } = await closed(folder)
  try {
    mkdirSync(join(folder, "home"))
    const env = { PATH: process.env.PATH ?? "", HOME: join(folder, "home"), SSL_CERT_FILE: join(folder, "ca.pem") }
    const program = (/** @type {string[]} */ args, /** @type {Record<string, string>} */ more = {}) =>
      start(process.execPath, [PROGRAM, ...args], { cwd: folder, env: { ...env, ...more }, deadline_ms: 60_000 })
    const worker = program(["worker", "--queue", url, "--credentials", credentials, "--name", "closed", "--json"])
    await worker.output(/"event":"ready"/, 40_000)
    const listed = await program(["workers", "--queue", url, "--credentials", credentials, "--json"]).done
    assert.equal(listed.code, 0, listed.stderr)
    assert.deepEqual(JSON.parse(listed.stdout).workers.map((/** @type {any} */ card) => card.name), ["closed"])
    worker.kill("SIGINT")
    assert.equal((await worker.done).code, 0, worker.stderr)
    const without = await program(["workers", "--queue", url]).done
    assert.deepEqual([without.code, /tls:\/\/127\.0\.0\.1:\d+ does not answer: .*authorization/.test(without.stderr)], [1, true], without.stderr)
    const stranger = await program(["workers", "--queue", url, "--credentials", credentials], { SSL_CERT_FILE: "/dev/null" }).done
    assert.deepEqual([stranger.code, / does not answer: /.test(stranger.stderr)], [1, true], stranger.stderr)
  } finally {
    await nats.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})
