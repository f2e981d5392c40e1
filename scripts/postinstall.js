/**
 * Registers the plugin after `npm install --global opencode-orchestrator`.
 *
 * This is optional: npm may skip it, and an error here must not make an installation fail.
 * `opencode-orchestrator install` does the same.
 */
const { env } = process
const wanted = env.npm_config_global === "true" && !env.CI && !env.OPENCODE_ORCHESTRATOR_NO_POSTINSTALL

if (wanted) {
  const again = "hint: run `opencode-orchestrator install`"
  try {
    const { postinstall } = await import("../bin/install/postinstall.js")
    console.log(postinstall() ?? again)
  } catch (error) {
    console.log(`opencode-orchestrator is installed but not registered with OpenCode: ${error}. ${again}`)
  }
}
