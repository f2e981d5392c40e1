/**
 * What the board uses of `solid-js` and `@opentui/solid`, for the contract host's terminal. Elements are a
 * tree that is read as text; a function in it is called when it is read. As in Solid, elements belong to an
 * owner.
 */

/** @type {{ cleanups: (() => void)[] } | undefined} */
let owner

/**
 * Calls a function as a component of the host.
 * @template T
 * @param {{ cleanups: (() => void)[] }} of
 * @param {() => T} render
 */
export function owned(of, render) {
  const before = owner
  owner = of
  try {
    return render()
  } finally {
    owner = before
  }
}

export const currentOwner = () => owner

/** @param {string} tag */
export function createElement(tag) {
  if (!owner) throw new Error(`an element \`${tag}\` was created outside of a component`)
  return { tag, owner, props: /** @type {Record<string, any>} */ ({}), children: /** @type {unknown[]} */ ([]) }
}

/** @param {any} node @param {() => Record<string, any>} props */
export function spread(node, props) {
  node.props = props()
  if ("fg" in node.props && node.props.fg === undefined) throw new Error(`a \`${node.tag}\` has an undefined colour`)
}

/** @param {any} node @param {unknown} child */
export function insert(node, child) {
  node.children.push(child)
}

/**
 * The texts of a tree, with their elements.
 * @param {any} node
 * @param {any} [parent]
 * @returns {{ text: string, props: Record<string, any> }[]}
 */
export function texts(node, parent) {
  if (typeof node === "function") return texts(owned(parent?.owner, node), parent)
  if (Array.isArray(node)) return node.flatMap((child) => texts(child, parent))
  if (node === null || node === undefined || node === "") return []
  if (typeof node === "string") return [{ text: node, props: parent?.props ?? {} }]
  return node.children.flatMap((/** @type {any} */ child) => texts(child, node))
}

/** @param {any} value */
export function createSignal(value) {
  return [() => value, (/** @type {any} */ next) => (value = typeof next === "function" ? next(value) : next)]
}

/** @param {any} of */
export const createMemo = (of) => of

/** @param {() => void} end */
export function onCleanup(end) {
  owner?.cleanups.push(end)
}

export const useTerminalDimensions = () => () => ({ width: 120, height: 40 })
