/**
 * Draws a terminal's screen as SVG with real text, so that the picture is small and searchable. It knows colours and
 * weight, and no other terminal features.
 */

/** Size of a cell, in pixels. */
const WIDTH = 8.4
const HEIGHT = 18
const BASIC = ["#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5"]
const BRIGHT = ["#666666", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff"]

/** @typedef {{ fg?: string, bg?: string, bold: boolean, dim: boolean, inverse: boolean }} Style */

/** @param {number} n one of the 256 colours */
function indexed(n) {
  if (n < 8) return BASIC[n]
  if (n < 16) return BRIGHT[n - 8]
  if (n > 231) return grey(8 + (n - 232) * 10)
  const step = (/** @type {number} */ part) => (part === 0 ? 0 : 55 + part * 40)
  return rgb(step(Math.floor((n - 16) / 36)), step(Math.floor((n - 16) / 6) % 6), step((n - 16) % 6))
}

/** @param {number} level */
const grey = (level) => rgb(level, level, level)
/** @param {...number} parts */
const rgb = (...parts) => `#${parts.map((part) => Math.min(255, part).toString(16).padStart(2, "0")).join("")}`

/**
 * The style after an escape sequence with `m`, from the style before.
 * @param {Style} style
 * @param {string} codes
 * @returns {Style}
 */
function changed(style, codes) {
  const numbers = codes.split(/[;:]/).map((code) => Number(code || 0))
  const next = { ...style }
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at]
    if (code === 0) Object.assign(next, PLAIN)
    else if (code === 1) next.bold = true
    else if (code === 2) next.dim = true
    else if (code === 22) Object.assign(next, { bold: false, dim: false })
    else if (code === 7) next.inverse = true
    else if (code === 27) next.inverse = false
    else if (code === 38 || code === 48) {
      const side = code === 38 ? "fg" : "bg"
      if (numbers[at + 1] === 5) {
        next[side] = indexed(numbers[at + 2])
        at += 2
      } else {
        next[side] = rgb(...numbers.slice(at + 2, at + 5))
        at += 4
      }
    } else if (code === 39) next.fg = undefined
    else if (code === 49) next.bg = undefined
    else if (code >= 30 && code < 38) next.fg = BASIC[code - 30]
    else if (code >= 40 && code < 48) next.bg = BASIC[code - 40]
    else if (code >= 90 && code < 98) next.fg = BRIGHT[code - 90]
    else if (code >= 100 && code < 108) next.bg = BRIGHT[code - 100]
  }
  return next
}

/** @type {Style} */
const PLAIN = { fg: undefined, bg: undefined, bold: false, dim: false, inverse: false }

/**
 * Runs of one style in a line.
 * @param {string} line
 * @param {Style} style the style at its start
 */
function runs(line, style) {
  /** @type {{ text: string, at: number, style: Style }[]} */
  const found = []
  let at = 0
  // eslint-disable-next-line no-control-regex
  for (const [i, part] of line.split(/\u001b\[([0-9;:]*)m/).entries()) {
    if (i % 2 === 1) {
      style = changed(style, part)
      continue
    }
    // eslint-disable-next-line no-control-regex
    const text = part.replace(/\u001b[^m]*m?|[\u0000-\u001f]/g, "")
    if (text) found.push({ text, at, style })
    at += [...text].length
  }
  return { found, style }
}

/** @param {string} text */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

/**
 * @param {string} screen as `tmux capture-pane -e` prints it
 * @param {{ columns: number, title: string, background?: string, foreground?: string }} how
 */
export function picture(screen, { columns, title, background = "#0a0a0a", foreground = "#eeeeee" }) {
  const lines = screen.replace(/\n+$/, "").split("\n")
  const [width, height] = [Math.ceil(columns * WIDTH), lines.length * HEIGHT + 12]
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="${background}"/>`,
  ]
  let style = PLAIN
  for (const [row, line] of lines.entries()) {
    const read = runs(line, style)
    style = read.style
    for (const { text, at, style } of read.found) {
      const [fg, bg] = style.inverse ? [style.bg ?? background, style.fg ?? foreground] : [style.fg ?? foreground, style.bg]
      const [x, length] = [at * WIDTH, [...text].length * WIDTH]
      if (bg && bg !== background) parts.push(`<rect x="${x.toFixed(1)}" y="${row * HEIGHT + 6}" width="${length.toFixed(1)}" height="${HEIGHT}" fill="${bg}"/>`)
      if (!text.trim()) continue
      const start = text.length - text.trimStart().length
      const more = `${style.bold ? ' font-weight="bold"' : ""}${style.dim ? ' opacity="0.6"' : ""}`
      const shown = text.trim()
      const from = (at + start) * WIDTH
      parts.push(`<text x="${from.toFixed(1)}" y="${row * HEIGHT + 19}" fill="${fg}"${more} textLength="${([...shown].length * WIDTH).toFixed(1)}" xml:space="preserve">${escaped(shown)}</text>`)
    }
  }
  return `${parts.join("\n")}\n</svg>\n`
}
