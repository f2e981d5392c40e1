/**
 * The terminal interface of the contract host: what OpenCode 2 documents for CLI plugins, and nothing else.
 * It must reject unknown slots, properties and arguments with an error that names their source. Tests read
 * what is drawn as text.
 */
import { register } from "node:module"
import { ContractError, anything, check, code, flag, list, object, one, record, text } from "./shapes.mjs"

const CLI = "docs/build/plugins/cli.mdx"
const TYPES = "packages/plugin/src/tui/context.ts"
const PLACEMENTS = ["prepend", "append", "before", "after", "replace"]
/** packages/plugin/src/tui/context.ts, `SlotMap` */
const SLOTS = ["app", "home.footer", "home.footer.status", "prompt.footer", "prompt.footer.status", "prompt.footer.file", "session.composer.top", "session.panel", "sidebar.content", "sidebar.footer"]

const keyCommand = object({ "id?": text, "title?": text, "description?": text, "group?": text, "enabled?": anything, "bind?": anything, "palette?": one(/** @type {any} */ (true)), "slash?": object({ name: text, "aliases?": list(text), "arguments?": flag }), "suggested?": anything, run: code })
const keyLayer = object({ "mode?": text, "enabled?": anything, "target?": code, "priority?": anything, "commands?": list(keyCommand), "bindings?": list(text) })
const toast = object({ "title?": text, message: text, "variant?": one("info", "success", "warning", "error"), "duration?": anything, "sessionID?": text })
const when = one("always", "focused", "blurred")
const attention = object({ "title?": text, message: text, "notification?": object({ "when?": when }), "sound?": object({ "name?": one("default", "question", "permission", "error", "done", "subagent_done"), "volume?": anything, "when?": when }) })
const option = object({ title: text, value: anything, "description?": text, "footer?": text, "category?": text, "disabled?": flag })
const select = object({ title: text, "placeholder?": text, options: list(option), "current?": anything })
const confirm = object({ title: text, message: text, "label?": object({ "confirm?": text, "cancel?": text }) })
const prompt = object({ title: text, "description?": text, "placeholder?": text, "value?": text })
/** packages/protocol/src/groups/session.ts, session.command */
const command = object({ sessionID: text, name: text, text, "files?": anything, "agents?": anything, "delivery?": one("steer", "queue") })
const create = object({ "title?": text, "location?": object({ directory: text, "workspaceID?": text }) })

/** packages/theme/src/tui/types.ts, `ResolvedThemeTokens` */
const TOKENS = { background: { surface: { offset: "offset" } }, diff: { text: { added: "added", removed: "removed", context: "context", hunkHeader: "hunk" } } }

/** A theme's tokens by the names of the newest documents, and by those of the first versions. */
export const THEMES = {
  newest: { ...TOKENS, text: { base: "text", muted: "muted", feedback: { info: { base: "info" }, success: { base: "good" }, warning: { base: "asks" }, error: { base: "bad" } } } },
  first: { ...TOKENS, text: { default: "text", subdued: "muted", feedback: { info: { default: "info" }, success: { default: "good" }, warning: { default: "asks" }, error: { default: "bad" } } } },
}

export class Terminal {
  /**
   * @param {{ directory: string, theme?: any, run?: (sessionID: string, name: string, text: string) => Promise<void>, create?: () => Promise<{ id: string }>, without?: string[] }} options
   */
  constructor({ directory, theme = THEMES.newest, run, create, without = [] }) {
    this.directory = directory
    this.theme = theme
    this.run = run
    this.create = create
    this.without = without
    /** @type {any} */
    this.route = { type: "home" }
    /** @type {{ placement: string, target: string, render: Function }[]} */
    this.claims = []
    /** @type {Map<string, Function>} */
    this.pages = new Map()
    /** @type {any[]} */
    this.toasts = []
    /** @type {any[]} */
    this.notes = []
    /** @type {any} */
    this.panel = undefined
    /** The page that is shown, with the component that owns it. @type {{ owner: { cleanups: (() => void)[], layers: (() => any)[] }, node: unknown } | undefined} */
    this.page = undefined
    /** The answers of the user to the next dialogs. @type {((options: any) => unknown)[]} */
    this.answers = []
    /** Closes the open dialog, which then has no answer. @type {(() => void) | undefined} */
    this.close = undefined
    /** What the host knows of sessions. @type {Record<string, { id: string, metadata?: any }>} */
    this.known = {}
    /** @type {Record<string, { permissions?: any[], forms?: any[] }>} */
    this.asks = {}
    /** @type {{ cleanups: (() => void)[], layers: (() => any)[] }} */
    this.app = { cleanups: [], layers: [] }
  }

  /** Loads the package's `./tui`, as "Publish and load" describes. */
  async start() {
    register("./libraries.mjs", import.meta.url)
    this.solid = await import("./solid.mjs")
    const { default: plugin } = await import("../../tui.js")
    if (typeof plugin?.id !== "string" || typeof plugin.setup !== "function") throw new ContractError("the plugin has no `id` and `setup`", `${CLI}, the first example`)
    const context = this.context()
    this.cleanup = plugin.setup(context)
    // The host draws `app` once, when it starts
    this.drawn("app")
    return this
  }

  async stop() {
    await this.cleanup?.()
    for (const end of this.app.cleanups) end()
  }

  context() {
    const of = (/** @type {string} */ source, /** @type {any} */ shape, /** @type {Function} */ call) => (/** @type {any} */ given, /** @type {unknown[]} */ ...more) => {
      check(shape, given, "the argument", source)
      return call(given, ...more)
    }
    const context = {
      options: {},
      location: { directory: this.directory },
      app: { version: "2.0.32", channel: "latest" },
      client: {
        session: {
          create: of("packages/protocol/src/groups/session.ts, session.create", create, async () => this.create?.()),
          command: of("packages/protocol/src/groups/session.ts, session.command", command, async (/** @type {any} */ { sessionID, name, text }) => this.run?.(sessionID, name, text)),
        },
      },
      data: {
        location: { default: () => ({ directory: this.directory }) },
        session: {
          get: of(`${TYPES}, Data`, text, (/** @type {string} */ id) => this.known[id]),
          permission: { list: of(`${TYPES}, Data`, text, (/** @type {string} */ id) => this.asks[id]?.permissions) },
          form: { list: of(`${TYPES}, Data`, text, (/** @type {string} */ id) => this.asks[id]?.forms) },
        },
      },
      attention: { notify: of(`${TYPES}, Attention`, attention, async (/** @type {any} */ note) => ({ ok: true, notification: this.notes.push(note) > 0, sound: false })) },
      theme: this.theme,
      keymap: { layer: of(`${TYPES}, Keymap`, code, (/** @type {() => any} */ layer) => this.layer(layer)) },
      ui: {
        slot: of(`${TYPES}, SlotClaim`, record, (/** @type {any} */ claim) => this.slot(claim)),
        panel: { open: (/** @type {string} */ name) => this.openPanel(name) },
        router: {
          register: of(`${TYPES}, Page`, object({ name: text, render: code }), (/** @type {any} */ page) => void this.pages.set(page.name, page.render)),
          current: () => this.route,
          navigate: (/** @type {any} */ to) => this.navigate(to),
        },
        dialog: {
          select: of(`${TYPES}, DialogSelectOptions`, select, async (/** @type {any} */ options) => this.opened(options)),
          clear: () => this.close?.(),
          confirm: of(`${TYPES}, DialogConfirmOptions`, confirm, async (/** @type {any} */ options) => this.answer(options)),
          prompt: of(`${TYPES}, DialogPromptOptions`, prompt, async (/** @type {any} */ options) => this.answer(options)),
        },
        toast: { show: of(`${TYPES}, ToastOptions`, toast, (/** @type {any} */ shown) => void this.toasts.push(shown)) },
      },
    }
    for (const name of this.without) {
      const parts = name.split(".")
      const last = /** @type {string} */ (parts.pop())
      delete parts.reduce((/** @type {any} */ at, part) => at[part], context)[last]
    }
    return context
  }

  /** @param {any} claim */
  slot(claim) {
    const kinds = PLACEMENTS.filter((kind) => claim[kind] !== undefined)
    if (kinds.length !== 1) throw new ContractError("a slot claim has exactly one placement", `${TYPES}, SlotClaim`)
    check(object({ [kinds[0]]: one(...SLOTS), render: code }), claim, "the slot claim", `${CLI}, Slots`)
    this.claims.push({ placement: kinds[0], target: claim[kinds[0]], render: claim.render })
    return () => {}
  }

  /** @param {() => any} layer */
  layer(layer) {
    const owner = this.solid?.currentOwner()
    if (!owner) throw new ContractError("a layer of keys is created outside of a component, which would own it", `${TYPES}, Keymap.layer`)
    check(keyLayer, layer(), "the layer", `${TYPES}, KeymapLayer`)
    owner.layers.push(layer)
  }

  /** @param {string} name */
  openPanel(name) {
    check(text, name, "the name of the panel", `${CLI}, Session panels`)
    // "Opening outside a session returns `false`"
    if (this.route.type !== "session") return false
    this.panel = { name, sessionID: this.route.sessionID, width: 60, presentation: "panel", focused: true, focus() {}, close() {}, toggleFullscreen() {} }
    return true
  }

  /** @param {any} to */
  navigate(to) {
    const shapes = { home: object({ type: text }), session: object({ type: text, sessionID: text }), plugin: object({ type: text, "id?": text, name: text, "data?": record }) }
    const shape = shapes[/** @type {keyof typeof shapes} */ (to?.type)]
    if (!shape) throw new ContractError(`there is no route of the type ${to?.type}`, `${TYPES}, Destination`)
    check(shape, to, "the destination", `${TYPES}, Destination`)
    if (to.type === "plugin" && !this.pages.has(to.name)) throw new ContractError(`no page ${to.name} is registered`, `${CLI}, Routes and tabs`)
    for (const end of this.page?.owner.cleanups ?? []) end()
    this.page = undefined
    // The host gives the route of a page the id of its plugin
    this.route = to.type === "plugin" ? { id: "opencode-orchestrator", ...to } : to
    if (to.type !== "plugin") return
    const owner = { cleanups: /** @type {(() => void)[]} */ ([]), layers: /** @type {(() => any)[]} */ ([]) }
    const solid = /** @type {NonNullable<typeof this.solid>} */ (this.solid)
    this.page = { owner, node: solid.owned(owner, () => this.pages.get(to.name)?.({ data: to.data })) }
  }

  /**
   * Presses a key on the page that is shown or in the open dialog, as a terminal names it.
   * @param {string} key
   */
  async press(key) {
    const found = this.bound(key)
    if (found.length !== 1) throw new Error(`${found.length} commands have the key ${key}`)
    await found[0].run()
  }

  /**
   * The commands that a key runs now: those of the page, unless a dialog is open, which has a mode of its own, and those
   * of layers for every mode.
   * @param {string} key
   * @returns {any[]}
   */
  bound(key) {
    const on = (/** @type {any} */ { enabled = true }) => (typeof enabled === "function" ? enabled() : enabled)
    const page = this.page?.owner.layers ?? []
    const layers = [...page, ...this.app.layers].map((layer) => layer()).filter((layer) => on(layer) && (layer.mode === "global" || !this.close))
    return layers.flatMap(({ commands = [] }) => commands).filter((command) => command.bind === key && on(command))
  }

  /**
   * A dialog that is open until it is answered or closed.
   * @param {any} options
   */
  async opened(options) {
    const closed = new Promise((resolve) => {
      this.close = () => resolve(undefined)
    })
    return await Promise.race([this.answer(options), closed]).finally(() => {
      this.close = undefined
    })
  }

  /** @param {any} options */
  answer(options) {
    const next = this.answers.shift()
    if (!next) throw new Error(`nobody answers the dialog ${options.title}`)
    return next(options)
  }

  /**
   * The text that the plugin draws into a slot.
   * @param {string} target
   * @param {any} [input]
   */
  drawn(target, input = {}) {
    return this.elements(target, input).map((element) => element.text)
  }

  /**
   * @param {string} target
   * @param {any} [input]
   */
  elements(target, input = {}) {
    const solid = /** @type {NonNullable<typeof this.solid>} */ (this.solid)
    return this.claims.filter((claim) => claim.target === target).flatMap(({ render }) => solid.texts(solid.owned(this.app, () => render(input)), { owner: this.app }))
  }

  /** What the route or the open panel shows. */
  shown() {
    const solid = /** @type {NonNullable<typeof this.solid>} */ (this.solid)
    if (this.page && this.route.type === "plugin") return solid.texts(this.page.node, { owner: this.page.owner }).map((element) => element.text)
    return this.panel ? this.drawn("session.panel", this.panel) : []
  }

  /**
   * Runs a command of the palette, as its slash name does.
   * @param {string} name
   */
  async slash(name) {
    const found = this.app.layers.flatMap((layer) => layer().commands ?? []).find((command) => command.slash?.name === name || command.id === name)
    if (!found) throw new Error(`there is no command ${name}`)
    await found.run()
  }
}
