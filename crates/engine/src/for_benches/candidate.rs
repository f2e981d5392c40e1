//! Behaviour and form of an answer that is given as files, as a mission compares candidates by them.
//!
//! Nothing in the product may call it.

use std::collections::{BTreeMap, BTreeSet};

use crate::bench::files::kinds::kind;
use crate::for_benches::lint::ChangedFiles;
use crate::steps::work::candidates::behaviour::{Changed, form_of, words};
use crate::steps::work::candidates::symbols;

/// What an answer does to `base` (texts by path), equal for answers that do the same: the part of
/// [`mission::Candidate::behaviour`] that needs no run of checks.
pub fn behaviour(base: &BTreeMap<String, String>, answer: &ChangedFiles) -> String {
    let changed =
        of_behaviour(base, answer).flat_map(|(path, before, after)| symbols::changed(path, before, after));
    words(BTreeSet::new(), changed.collect())
}

/// The form of an answer to `base`: [`mission::Candidate::form`].
pub fn form(base: &BTreeMap<String, String>, answer: &ChangedFiles) -> String {
    form_of(of_behaviour(base, answer))
}

fn of_behaviour<'a>(
    base: &'a BTreeMap<String, String>,
    answer: &'a ChangedFiles,
) -> impl Iterator<Item = Changed<'a>> {
    answer.iter().filter(|(path, _)| kind(path).is_behaviour()).map(|(path, after)| {
        let before = base.get(path).map(String::as_bytes);
        (path.as_str(), before, after.as_deref().map(str::as_bytes))
    })
}
