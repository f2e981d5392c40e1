/** The options of `bench:uplift -- --model`. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { ROOT } from "../../harness/index.mjs"

export const HELP = `\
npm run bench:uplift -- --model PROVIDER/MODEL [options]
  --missions N       missions in all (default 5), each a release of a package
  --usd X            the most that they may cost, in US dollars (default 2); none for a model without a price
  --tokens N         the most tokens (default 3000000)
  --calls N          the most prompts to roles (default 300)
  --wall T           the longest that one mission may take (default 1h)
  --packages NAME,…  packages whose releases are asked for (default: all)
  --toml FILE        settings of the missions, as in opencode.toml; without [budget]
  --config FILE      opencode.json with the provider (default: your own)
  --results FILE     where results are appended (default: .cache/uplift/PROVIDER-MODEL.jsonl)
  --yes              begin with the default limits

The limits hold for all that is in the results' file; each mission has an equal share. The same command goes on where it was.`

/** The arguments are invalid. */
export class UsageError extends Error {}

/** @typedef {{ usd: number | null, tokens: number, calls: number }} Limits `usd` is null if money is not limited */

/**
 * @typedef {object} Options
 * @property {boolean} help
 * @property {string} model
 * @property {number} missions
 * @property {Limits} limits
 * @property {Limits} share
 * @property {string} wall
 * @property {string[]} packages
 * @property {string} toml
 * @property {string} [config]
 * @property {string} results
 * @property {boolean} agreed
 */

/** @param {string} text @param {string} name */
function number(text, name, whole = true) {
  const value = Number(text.replaceAll("_", ""))
  if (!(value > 0) || !Number.isFinite(value) || (whole && !Number.isInteger(value)))
    throw new UsageError(`\`${name} ${text}\`: it needs a ${whole ? "whole " : ""}number above 0`)
  return value
}

/**
 * @param {string[]} args
 * @returns {Options}
 */
export function optionsOf(args) {
  /** @type {Map<string, string>} */
  const given = new Map()
  const plain = ["--yes", "--help"]
  const known = [...plain, ...["model", "missions", "usd", "tokens", "calls", "wall", "packages", "toml", "config", "results"].map((n) => `--${n}`)]
  for (let at = 0; at < args.length; at += 1) {
    const [name, joined] = args[at].split(/=(.*)/s)
    if (!known.includes(name)) throw new UsageError(`\`${name}\` is not known with --model\n${HELP}`)
    const value = plain.includes(name) ? "" : (joined ?? args[(at += 1)])
    if (value === undefined) throw new UsageError(`${name} needs a value\n${HELP}`)
    given.set(name, value)
  }
  const model = given.get("--model") ?? ""
  const help = given.has("--help")
  if (!help && !/^[^/\s]+\/\S+$/.test(model)) throw new UsageError(`\`--model ${model}\`: name it as \`opencode models\` does, provider/model`)
  const missions = number(given.get("--missions") ?? "5", "--missions")
  const usd = given.get("--usd") ?? "2"
  const limits = {
    usd: usd === "none" ? null : number(usd, "--usd", false),
    tokens: number(given.get("--tokens") ?? "3000000", "--tokens"),
    calls: number(given.get("--calls") ?? "300", "--calls"),
  }
  const share = {
    usd: limits.usd === null ? null : limits.usd / missions,
    tokens: Math.floor(limits.tokens / missions),
    calls: Math.floor(limits.calls / missions),
  }
  if (share.tokens < 1 || share.calls < 1) throw new UsageError(`${missions} missions cannot share ${limits.tokens} tokens and ${limits.calls} calls`)
  const wall = given.get("--wall") ?? "1h"
  if (!/^(\d+[dhms])+$/.test(wall)) throw new UsageError(`\`--wall ${wall}\`: write it as "1h", "90m" or "1h30m"`)
  return {
    help,
    model,
    missions,
    limits,
    share,
    wall,
    packages: (given.get("--packages") ?? "").split(",").filter(Boolean),
    toml: settings(given.get("--toml")),
    config: given.get("--config"),
    results: given.get("--results") ?? join(ROOT, ".cache", "uplift", `${model.replace(/[^\w.-]+/g, "-")}.jsonl`),
    agreed: given.has("--yes") || ["--usd", "--tokens", "--calls"].some((name) => given.has(name)),
  }
}

/** @param {string | undefined} path */
function settings(path) {
  if (path === undefined) return ""
  if (!existsSync(path)) throw new UsageError(`\`--toml ${path}\`: there is no such file`)
  const text = readFileSync(path, "utf8")
  if (/^\s*\[+\s*budget\b|^\s*budget\b/m.test(text))
    throw new UsageError(`\`--toml ${path}\` has a [budget]: limits are given by --usd, --tokens, --calls and --wall`)
  return text
}
