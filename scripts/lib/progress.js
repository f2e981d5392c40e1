/**
 * Progress of a long command, printed often enough to show that it is not stuck.
 *
 * `tell` prints a line at a fixed interval. The other parts read the output of a test runner and compute
 * its progress. They decide nothing about the result.
 */

/** The interval of lines: at most thirty seconds are allowed, and a timer may be late. */
const EVERY_MS = 25_000

/**
 * Prints `describe()` at an interval until the returned function is called.
 * @param {() => string} describe
 * @param {number} [every_ms]
 * @param {(line: string) => void} [say]
 * @returns {() => void}
 */
export function tell(describe, every_ms = EVERY_MS, say = console.log) {
  const timer = setInterval(() => say(`-- ${describe()}`), every_ms)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * @param {number} since in milliseconds since 1970
 * @param {number} [now]
 */
export function seconds(since, now = Date.now()) {
  return `${Math.round((now - since) / 1000)} s`
}

/** The progress of `cargo nextest run --status-level=pass` or `cargo test`, from its output. */
export class CargoProgress {
  #started = Date.now()
  #compiling = ""
  #done = 0
  /** @type {number | undefined} */
  #total
  /** Tests that the runner reports as slow, with their start times. @type {Map<string, number>} */
  #slow = new Map()

  /**
   * @param {string} line without colours
   * @param {number} [now]
   * @returns {boolean} whether to show the line; lines of passed tests are not shown
   */
  read(line, now = Date.now()) {
    const compiling = /^\s*(?:Compiling|Building) (\S+)/.exec(line)
    if (compiling) this.#compiling = compiling[1]
    const starting = /^\s*Starting (\d+) tests? across/.exec(line)
    if (starting) {
      this.#total = Number(starting[1])
      this.#started = now
    }
    const status = /^\s*(PASS|LEAK|FAIL|TIMEOUT|SIG\w+|ABORT|SLOW|TERMINATING|TRY \d+ \w+) \[\s*>?\s*([\d.]+)s\] +(?:\([^)]*\) )?(.*)$/.exec(line)
    if (status) return this.#status(status[1], Number(status[2]), status[3], now)
    // cargo test prints only the number of tests of each program
    const [, ran] = /^test (?:\S+|.* - .*) \.\.\. (ok|ignored|FAILED)/.exec(line) ?? []
    if (!ran) return true
    this.#done += 1
    return ran === "FAILED"
  }

  /**
   * @param {string} status
   * @param {number} took_s
   * @param {string} name
   * @param {number} now
   */
  #status(status, took_s, name, now) {
    if (status === "SLOW") {
      this.#slow.set(name, now - took_s * 1000)
      return false
    }
    if (status === "TERMINATING") return true
    this.#slow.delete(name)
    // Failures are printed again at the end
    if (this.#total === undefined || this.#done < this.#total) this.#done += 1
    return status !== "PASS"
  }

  /** @param {number} [now] */
  line(now = Date.now()) {
    if (this.#total === undefined && this.#done === 0) {
      return `compiling${this.#compiling ? ` ${this.#compiling}` : ""}, ${seconds(this.#started, now)}`
    }
    const of = this.#total === undefined ? "" : ` of ${this.#total}`
    return `${this.#done}${of} tests done, ${seconds(this.#started, now)}; ${longest(this.#slow, now)}`
  }
}

/** The progress of `node --test`, from the events that `test-events.js` writes. */
export class NodeProgress {
  #started = Date.now()
  #files
  #done = 0
  #tests = 0
  /** Running files, with their start times. @type {Map<string, number>} */
  #running = new Map()
  #rest = ""

  /** @param {number} files how many files run */
  constructor(files) {
    this.#files = files
  }

  /** @param {string} text whole or partial lines, in the order in which they were written */
  read(text) {
    const lines = (this.#rest + text).split("\n")
    this.#rest = lines.pop() ?? ""
    for (const line of lines) {
      const { type, file, at } = JSON.parse(line)
      if (type === "test") this.#tests += 1
      if (type === "file started") this.#running.set(file, at)
      if (type === "file ended" && this.#running.delete(file)) this.#done += 1
    }
  }

  /** @param {number} [now] */
  line(now = Date.now()) {
    return `${this.#done} of ${this.#files} files done (${this.#tests} tests), ${seconds(this.#started, now)}; ${longest(this.#running, now)}`
  }
}

/**
 * @param {Map<string, number>} running
 * @param {number} now
 */
function longest(running, now) {
  const [first] = [...running].sort(([, a], [, b]) => a - b)
  return first ? `running longest: ${first[0]} (${seconds(first[1], now)})` : "nothing runs for more than 10 s"
}
