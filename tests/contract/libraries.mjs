/** Module hooks: the two libraries that OpenCode's program contains are found in `solid.mjs`. */
const OURS = new URL("./solid.mjs", import.meta.url).href

/** @param {string} specifier @param {any} context @param {(specifier: string, context: any) => any} next */
export function resolve(specifier, context, next) {
  if (specifier === "solid-js" || specifier === "@opentui/solid") return { url: OURS, shortCircuit: true }
  return next(specifier, context)
}
