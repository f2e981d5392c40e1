/** The rules of ESLint for all JavaScript here. */
import js from "@eslint/js"

const globals = [
  "AbortController", "AbortSignal", "Blob", "Buffer", "DOMException", "Event", "EventTarget", "Headers",
  "ReadableStream", "Request", "Response", "TextDecoder", "TextDecoderStream", "TextEncoder", "TransformStream",
  "URL", "URLSearchParams", "WritableStream", "clearInterval", "clearTimeout", "console", "crypto", "fetch",
  "performance", "process", "queueMicrotask", "setImmediate", "setInterval", "setTimeout", "structuredClone",
]

export default [
  { ignores: ["node_modules/", "target/", "native/", ".cache/", "**/fixtures/"] },
  js.configs.recommended,
  {
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: "module",
      globals: Object.fromEntries(globals.map((name) => [name, "readonly"])),
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // A comment may begin with a name: of a tool, or of something in the code
      "capitalized-comments": ["error", "always", {
        ignoreConsecutiveComments: true,
        ignoreInlineComments: true,
        ignorePattern: "(npm|pnpm|bun|git|systemd|opencode|tmux|oxlint|zig|cargo)\\b|[a-z]+[A-Z_.(:/]",
      }],
      eqeqeq: "error",
      // Comments and blank lines do not count; `too_many_lines` holds Rust to the same
      "max-lines-per-function": ["error", { max: 100, skipBlankLines: true, skipComments: true }],
      "no-console": "off",
      "no-constructor-return": "error",
      "no-promise-executor-return": "off",
      "no-shadow-restricted-names": "error",
      "no-throw-literal": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": "error",
      "require-atomic-updates": "off",
    },
  },
  {
    // Inside OpenCode, printed text appears in the middle of the screen
    files: ["index.js", "tui.js", "plugin/**"],
    rules: { "no-console": "error" },
  },
]
