/** Access to the model: the user's configuration of its provider, and the key for it. */
import { existsSync, readFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { parse } from "jsonc-parser"
import { UsageError } from "./options.mjs"

/**
 * Variables that providers and connections to them need. Others, such as `PWD` or `GIT_DIR`, could lead out of the
 * world.
 */
const NEEDED = /(^|_)(KEY|KEY_ID|TOKEN|SECRET|REGION|PROFILE|PROJECT|LOCATION|ENDPOINT|RESOURCE_NAME|BASE_URL)$|^(AWS|AZURE|GOOGLE|VERTEX|CLOUDFLARE)_|_PROXY$|^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR)$/i
const OPENCODES = /^(OPENCODE|npm)_/i

/**
 * @typedef {object} Access
 * @property {Record<string, unknown>} config merged over OpenCode's configuration
 * @property {Record<string, string>} env
 */

/**
 * Takes over only what belongs to the provider: neither plugins nor agents nor permissions.
 * @param {import("./options.mjs").Options} options
 * @returns {Access}
 */
export function accessOf({ model, config }) {
  const [id] = model.split("/", 1)
  const provider = providerOf(id, config)
  const described = Boolean(provider?.models?.[model.slice(id.length + 1)])
  const key = keyOf(id)
  return {
    config: { model, small_model: model, provider: provider ? { [id]: provider } : {} },
    env: {
      ...variables(JSON.stringify(provider ?? {})),
      ...(key ? { OPENCODE_AUTH_CONTENT: JSON.stringify({ [id]: key }) } : {}),
      // OpenCode fetches its list of models and prices
      OPENCODE_DISABLE_MODELS_FETCH: described ? "1" : "0",
    },
  }
}

/** @param {string} config which may name variables as `{env:NAME}` @returns {Record<string, string>} */
function variables(config) {
  const named = [...config.matchAll(/\{env:([^}]+)\}/g)].map(([, name]) => name)
  const needed = (/** @type {string} */ name) => named.includes(name) || (NEEDED.test(name) && !OPENCODES.test(name))
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value && needed(name) ? [[name, value]] : [])))
}

/** @param {string} id @param {string} [named] */
function providerOf(id, named) {
  if (named !== undefined && !existsSync(named)) throw new UsageError(`\`--config ${named}\`: there is no such file`)
  const folder = join(process.env.XDG_CONFIG_HOME || join(homedir(), ".config"), "opencode")
  const files = named ? [named] : ["config.json", "opencode.json", "opencode.jsonc"].map((name) => join(folder, name))
  let found
  for (const file of files.filter((path) => existsSync(path))) {
    const value = parse(readFileSync(file, "utf8"), [], { allowTrailingComma: true })
    found = value?.provider?.[id] ?? found
  }
  if (named && !found) throw new UsageError(`\`--config ${named}\` has no provider \`${id}\``)
  return found
}

/**
 * A key from `opencode auth login`. A log-in with a refresh token is not used: refreshing it here would end the user's
 * own.
 * @param {string} id
 */
function keyOf(id) {
  const file = join(process.env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "opencode", "auth.json")
  if (!existsSync(file)) return undefined
  const entry = parse(readFileSync(file, "utf8"))?.[id]
  return entry?.type === "api" ? entry : undefined
}
