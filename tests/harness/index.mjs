/** The harness: one import for tests. */
export { Client, Events, answerText } from "./client.mjs"
export { OPENCODE_VERSION, ROOT, opencodeBinary } from "./opencode.mjs"
export { Running, isAlive, start, until } from "./process.mjs"
export { changes, git, makeProject, picture, repositoryPicture, writeFiles } from "./project.mjs"
export { Tui, tuiMissing } from "./tui.mjs"
export { scene } from "./scene.mjs"
export { World, plantModules } from "./world.mjs"
