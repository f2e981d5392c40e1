/** What the board uses of the libraries that OpenCode's program holds: they are found there and installed nowhere. */
declare module "@opentui/solid" {
  export function createElement(tag: string): unknown
  export function insert(parent: unknown, children: unknown): void
  export function spread(node: unknown, props: () => Record<string, unknown>, skipChildren?: boolean): void
  export function useTerminalDimensions(): () => { width: number; height: number }
}

declare module "solid-js" {
  export function createSignal<T>(value: T): [() => T, (value: T | ((before: T) => T)) => void]
  export function createMemo<T>(of: () => T): () => T
  export function onCleanup(end: () => void): void
}
