//! The topics of `help`: what a user may want to do, each with the section of the page that explains it.

use super::page;

pub(super) struct Topic {
    pub name: &'static str,
    pub about: &'static str,
    /// Where the page is, from the root of the repository and of the package.
    path: &'static str,
    markdown: &'static str,
    /// The heading of the section; none for the whole page.
    section: Option<&'static str>,
}

const fn topic(
    name: &'static str,
    about: &'static str,
    (path, markdown): (&'static str, &'static str),
    section: Option<&'static str>,
) -> Topic {
    Topic { name, about, path, markdown, section }
}

/// A page with its text, which is part of the program.
macro_rules! page {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../../../", $path)))
    };
}

const README: (&str, &str) = page!("README.md");
const BOARD: (&str, &str) = page!("docs/BOARD.md");
const BUDGETS: (&str, &str) = page!("docs/BUDGETS.md");
const CONFIGURATION: (&str, &str) = page!("docs/CONFIGURATION.md");
const DURABILITY: (&str, &str) = page!("docs/DURABILITY.md");
const GLOSSARY: (&str, &str) = page!("docs/GLOSSARY.md");
const HEALING: (&str, &str) = page!("docs/HEALING.md");
const LINT: (&str, &str) = page!("docs/LINT.md");
const MEMORY: (&str, &str) = page!("docs/MEMORY.md");
const SCALE: (&str, &str) = page!("docs/SCALE.md");
const SECURITY: (&str, &str) = page!("docs/SECURITY.md");
const STEERING: (&str, &str) = page!("docs/STEERING.md");

/// In the order in which a new user needs them.
pub(super) const TOPICS: &[Topic] = &[
    topic("install", "install, update and remove the plugin", README, Some("Install")),
    topic("task", "what /task understands in OpenCode", README, Some("`/task`")),
    topic(
        "start",
        "start a mission from a terminal or a script",
        STEERING,
        Some("Start one from a terminal"),
    ),
    topic(
        "list",
        "run a list of missions one after the other",
        STEERING,
        Some("Several, one after the other"),
    ),
    topic("ci", "run missions every night in CI", STEERING, Some("In CI")),
    topic("watch", "see what a mission is doing", STEERING, Some("Watch it")),
    topic("board", "read the board in OpenCode's interface", BOARD, Some("What it shows")),
    topic("correct", "correct a mission while it runs", STEERING, Some("Correct it while it runs")),
    topic("questions", "answer what it asks before the plan", STEERING, Some("Answer before the plan")),
    topic("plan", "approve, change or edit the plan", STEERING, Some("Work on the plan")),
    topic("queue", "several missions in one project", STEERING, Some("Missions that wait")),
    topic("stop", "stop a mission", DURABILITY, Some("Stop")),
    topic("resume", "continue a mission after a stop or a crash", DURABILITY, Some("Resume")),
    topic("failures", "what happens when a task fails", HEALING, Some("The ladder")),
    topic("report", "read what was done, verified and spent", STEERING, Some("Read the report")),
    topic("review", "review, take back parts, comment", STEERING, Some("Review what was delivered")),
    topic("undo", "take a delivered change back", STEERING, Some("Undo")),
    topic("budgets", "limit calls, tokens, money and time", BUDGETS, Some("Budgets")),
    topic("settings", "see which settings are in effect", CONFIGURATION, Some("See what is in effect")),
    topic(
        "trust",
        "what a repository's own settings may do",
        CONFIGURATION,
        Some("What a repository may set"),
    ),
    topic("sandbox", "how the project's commands are confined", SECURITY, Some("Levels of the sandbox")),
    topic("memory", "what missions learned of a project", MEMORY, None),
    topic("lint", "use the linter alone, also in CI", LINT, Some("Use it")),
    topic("workers", "run checks on other machines", SCALE, Some("Two machines in ten minutes")),
    topic("words", "what the words mean", GLOSSARY, None),
];

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().map(|topic| topic.name)
}

impl Topic {
    /// The section as text for a terminal, with the page that has more.
    pub fn text(&self) -> String {
        format!("{}\nMore: {}\n", page::text(self.markdown, self.section), self.path)
    }
}
