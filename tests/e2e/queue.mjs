/**
 * A real `nats-server`, workers as processes, and a line between them that a test can cut, for tests of more than one
 * machine. All listen on loopback, and end with the test that starts them.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { ROOT, start, until } from "../harness/index.mjs"
import { freePort } from "../harness/world.mjs"
import { noPlugin } from "./fixtures.mjs"

/** @typedef {import("../harness/index.mjs").World} World */

export const PROGRAM = join(ROOT, "bin", "opencode-orchestrator.js")
const SERVER = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"].map((folder) => join(folder, "nats-server")).find(existsSync)
/** Why tests with a server cannot run here, or false. */
export const noServer = noPlugin || (SERVER ? false : "nats-server is not installed here: apt install nats-server")

/** A server that can be killed and started again with the same files. */
export class Nats {
  /** @param {string[]} [args] further arguments */
  static async start(args = []) {
    const nats = new Nats(await freePort(), args)
    await nats.go()
    return nats
  }

  /** @param {number} port @param {string[]} args */
  constructor(port, args) {
    this.port = port
    this.args = args
    this.url = `nats://127.0.0.1:${port}`
    this.folder = mkdtempSync(join(tmpdir(), "nats-test-"))
    /** @type {import("../harness/index.mjs").Running | undefined} */
    this.running = undefined
  }

  async go() {
    const args = ["-js", "-a", "127.0.0.1", "-p", String(this.port), "-sd", this.folder, ...this.args]
    this.running = start(String(SERVER), args, { cwd: this.folder, env: {}, deadline_ms: 900_000 })
    const listens = () =>
      new Promise((done) => {
        const socket = connect(this.port, "127.0.0.1", () => done((socket.end(), true))).on("error", () => done(false))
      })
    await until(listens, 20_000, "nats-server")
  }

  async kill() {
    this.running?.signal("SIGKILL")
    await this.running?.done
  }

  async stop() {
    await this.running?.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/**
 * Starts a worker with its own home. It is ready when this returns.
 * @param {World} world
 * @param {string} name
 * @param {string} queue
 * @param {string[]} [more] further arguments
 */
export async function worker(world, name, queue, more = []) {
  const home = join(world.root, name)
  mkdirSync(home, { recursive: true })
  const env = { PATH: process.env.PATH ?? "", HOME: home, TMPDIR: join(world.root, "tmp") }
  const args = [PROGRAM, "worker", "--queue", queue, "--name", name, "--lease", "2", "--json", ...more]
  const running = start(process.execPath, args, { cwd: home, env, deadline_ms: 900_000 })
  await running.output(/"event":"ready"/)
  return running
}

/**
 * A line to the server. While it is cut, nothing arrives and no connection ends, as in a network that is parted.
 * @param {number} to the server's port
 */
export async function line(to) {
  let cut = false
  /** @type {Set<import("node:net").Socket>} */
  const sockets = new Set()
  const server = createServer((near) => {
    const far = connect(to, "127.0.0.1")
    for (const [from, into] of [[near, far], [far, near]]) {
      sockets.add(from)
      from.on("data", (bytes) => void (cut || into.write(bytes)))
      from.on("error", () => {})
      from.on("close", () => (sockets.delete(from), into.destroy()))
    }
  })
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)))
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address())
  const drop = () => sockets.forEach((socket) => socket.destroy())
  return {
    url: `nats://127.0.0.1:${port}`,
    cut: () => void (cut = true),
    // Bytes were lost in between, so these connections cannot go on
    heal: () => ((cut = false), drop()),
    close: () => (drop(), server.close()),
  }
}
