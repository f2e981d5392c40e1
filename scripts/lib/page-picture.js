/**
 * Draws the top of a page without scripts as SVG that contains the page's own elements. So the picture is
 * small and searchable, and dark or light as the reader's browser is. Chromium lays the page out once, to
 * find the elements below the picture's edge.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Puts what the picture shows into the page's title, as base64: elements below the edge are left out. */
const SCRIPT = `
  for (const part of [...document.querySelectorAll("main > *, main details > *")]) {
    if (part.getBoundingClientRect().top > HEIGHT && part.tagName !== "SUMMARY") part.remove()
  }
  const text = new XMLSerializer().serializeToString(document.body)
  document.title = btoa(String.fromCharCode(...new TextEncoder().encode(text)))
`

/**
 * @param {string} browser Chromium's program
 * @param {string} page the page's text
 * @param {{ folder: string, width: number, height: number, title: string }} how `folder`: where Chromium may write
 */
export function pagePicture(browser, page, { folder, width, height, title }) {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, "picture.html")
  writeFileSync(file, page.replace("</body>", () => `<script>${SCRIPT.replace("HEIGHT", String(height))}document.currentScript.remove()</script></body>`))
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", `--user-data-dir=${join(folder, "profile")}`]
  const { stdout, stderr } = spawnSync(browser, [...flags, `--window-size=${width},${height}`, "--virtual-time-budget=5000", "--dump-dom", `file://${file}`], {
    encoding: "utf8",
    timeout: 90_000,
    maxBuffer: 64 << 20,
  })
  const encoded = /<title>([A-Za-z0-9+/=]+)<\/title>/.exec(stdout)?.[1]
  if (!encoded) throw new Error(`the page cannot be drawn: ${stderr}`)
  const body = Buffer.from(encoded, "base64").toString("utf8").replace(/<script[^]*?<\/script>/g, "")
  const style = [...page.matchAll(/<style>([^]*?)<\/style>/g)].map((match) => match[1]).join("\n")
  const escaped = (/** @type {string} */ text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${escaped(style)}\nbody { margin: 0; height: ${height}px; overflow: hidden; } .wide { overflow: hidden; }</style>`,
    `<foreignObject width="${width}" height="${height}">${body}</foreignObject>`,
    "</svg>\n",
  ].join("\n")
}
