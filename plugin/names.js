/** Names that users see. They are public: users, scripts and tests rely on them. */

export const PROVIDER = "orchestrator"
export const MODEL = "mission"
/** The agent of the mission model. */
export const AGENT = "orchestrator"
export const COMMAND = "task"
export const ROLES = /** @type {const} */ (["searcher", "planner", "coder", "reviewer", "fixer"])

/** @param {string} role */
export const agentOf = (role) => `${AGENT}-${role}`
