//! Small texts that many files need; those that other crates need too are in `shared::text`. It knows no other file.

pub(crate) use mission::budget::duration;
pub(crate) use shared::text::{count, cut, nearest, one_of, one_of_quoted, quoted};

/// The state of a task for readers: the journal and the board keep names of their own.
pub(crate) fn state_for_readers(name: &str) -> String {
    if name == "given_up" { "abandoned".to_string() } else { name.replace('_', " ") }
}
