/** The `ctx` that the contract host passes to `setup`: only the documented parts that this plugin needs. */
import { HOOKS, METHODS, TRANSFORMS, ContractError, check, code } from "./shapes.mjs"

const CTX = "docs/build/plugins/index.mdx, Context"

/**
 * @param {import("./host.mjs").ContractHost} host
 * @param {import("./host.mjs").Location} location
 * @param {Record<string, unknown>} options
 * @param {string[]} without methods that this version lacks
 */
export function contextFor(host, location, options, without = []) {
  /** @type {Record<string, Record<string, any>>} */
  const domains = {
    app: { version: host.version, name: "opencode" },
    location: { directory: location.directory, project: { id: "p", directory: location.directory, canonical: location.directory } },
    options,
    event: { subscribe: (/** @type {{ signal?: AbortSignal }} */ options = {}) => host.subscribe(options.signal) },
  }
  const put = (/** @type {string} */ name, /** @type {Function} */ method) => {
    if (without.includes(name)) return
    const [domain, call] = name.split(".")
    ;(domains[domain] ??= {})[call] = method
  }
  for (const [name, { input, optional, source }] of Object.entries(METHODS)) {
    put(name, async (/** @type {any} */ given, /** @type {unknown[]} */ ...more) => {
      if (more.length > 0) throw new ContractError(`ctx.${name} takes one argument`, source)
      // The arguments become JSON before they are decoded: packages/plugin/src/promise/adapter.ts, adaptApiMethod
      const plain = given === undefined && optional ? {} : JSON.parse(JSON.stringify(given ?? null))
      check(input, plain, `the argument of ctx.${name}`, source)
      const answer = await host.call(name, plain, location)
      return answer === undefined ? undefined : JSON.parse(JSON.stringify(answer))
    })
  }
  for (const [domain, source] of Object.entries(TRANSFORMS)) {
    put(`${domain}.transform`, async (/** @type {any} */ callback) => {
      check(code, callback, `the argument of ctx.${domain}.transform`, source)
      return registration(location.transform(/** @type {keyof typeof TRANSFORMS} */ (domain), callback))
    })
    put(`${domain}.reload`, async () => location.changed())
  }
  for (const [domain, { names, source }] of Object.entries(HOOKS)) {
    put(`${domain}.hook`, async (/** @type {string} */ name, /** @type {any} */ callback) => {
      if (!names.includes(name)) throw new ContractError(`ctx.${domain} has no hook \`${name}\``, source)
      check(code, callback, `the hook ${name}`, source)
      return registration(location.hook(`${domain}.${name}`, callback))
    })
  }
  return strict(domains, "ctx", CTX)
}

/** docs/build/plugins/index.mdx, Agent: `Registration` @param {() => void} dispose */
const registration = (dispose) => ({ dispose: async () => dispose() })

/**
 * Allows only the listed properties: reading any other one fails, and nothing can be set.
 * @param {Record<string, any>} object
 * @param {string} path
 * @param {string} source
 * @returns {any}
 */
function strict(object, path, source) {
  return new Proxy(object, {
    get(target, name) {
      if (typeof name === "symbol" || name === "then" || name === "toJSON") return undefined
      const value = target[name]
      if (value && typeof value === "object" && path === "ctx" && name !== "options") return strict(value, `${path}.${name}`, source)
      return value
    },
    set(_, name) {
      throw new ContractError(`${path}.${String(name)} cannot be set`, source)
    },
  })
}
