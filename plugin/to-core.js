/**
 * JSON for the core, which accepts only whole characters. JavaScript may cut a text in the middle of one (OpenCode does
 * with long lines), and a model may write half of one: such a half becomes U+FFFD, so that the rest arrives.
 */

/** How JSON writes half a character. The same letters in a text also match, which only costs time. */
const HALF = /\\ud[89a-f]/

/**
 * @param {unknown} value
 * @returns {string}
 */
export function toCore(value) {
  const text = JSON.stringify(value)
  if (!HALF.test(text)) return text
  // A written backslash is `\\`, and is passed over as a whole
  return text.replace(/\\\\|\\ud[89a-f]../g, (part) => (part === "\\\\" ? part : "\ufffd"))
}
