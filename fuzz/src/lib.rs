//! What is fuzzed, a module a target: `run` holds what must be true of every input, `seeds` gives inputs to
//! begin with. `tests/seeds.rs` runs the former on the latter and writes the corpus.

pub mod journal;
pub mod lint;
pub mod mailbox;
pub mod paths;
pub mod rules;
pub mod test_output;

/// A target by name, what it runs, and the inputs that it begins with.
pub type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

/// Every target.
pub const TARGETS: [Target; 6] = [
    ("lint", lint::run, lint::seeds),
    ("rules", rules::run, rules::seeds),
    ("test_output", test_output::run, test_output::seeds),
    ("journal", journal::run, journal::seeds),
    ("mailbox", mailbox::run, mailbox::seeds),
    ("paths", paths::run, paths::seeds),
];

/// The input as text, broken bytes replaced.
fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}
