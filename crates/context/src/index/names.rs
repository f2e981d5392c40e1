//! The words of all files, each once, with an identifier that stays the same as long as an index is updated.

use crate::entry::TermId;
use std::collections::HashSet;

/// Words, which can be found by identifier, by text, and by prefix.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    text: String,
    /// The end of each word in `text`, by identifier.
    ends: Vec<u32>,
    /// The identifiers in the order of their words.
    sorted: Vec<TermId>,
}

impl Names {
    /// The words of a list, with identifiers in its order; `None` if a word occurs twice.
    pub(crate) fn of(words: &[&str]) -> Option<Self> {
        let mut names = Self::default();
        let mut seen = HashSet::with_capacity(words.len());
        for word in words {
            if !seen.insert(*word) || names.text.len() + word.len() > u32::MAX as usize {
                return None;
            }
            names.push(word);
        }
        names.sorted = (0..names.ends.len() as TermId).collect();
        let Self { text, ends, sorted } = &mut names;
        sorted.sort_by_key(|id| word(text, ends, *id));
        Some(names)
    }

    fn push(&mut self, word: &str) -> TermId {
        self.text.push_str(word);
        self.ends.push(self.text.len() as u32);
        (self.ends.len() - 1) as TermId
    }

    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, id: TermId) -> &str {
        word(&self.text, &self.ends, id)
    }

    pub(crate) fn find(&self, word: &str) -> Option<TermId> {
        let at = self.sorted.binary_search_by(|id| self.get(*id).cmp(word)).ok()?;
        self.sorted.get(at).copied()
    }

    /// The words with this prefix, in order.
    pub(crate) fn beginning_with<'a>(&'a self, start: &'a str) -> impl Iterator<Item = TermId> + 'a {
        let from = self.sorted.partition_point(|id| self.get(*id) < start);
        self.sorted.iter().skip(from).copied().take_while(move |id| self.get(*id).starts_with(start))
    }

    /// All identifiers, in the order of their words.
    pub(crate) fn sorted(&self) -> &[TermId] {
        &self.sorted
    }

    /// Adds words (sorted, each once) and returns the identifier of each. If no more identifiers are free, new words
    /// get none.
    pub(crate) fn take_in(&mut self, words: &[&str]) -> Vec<Option<TermId>> {
        let mut ids = Vec::with_capacity(words.len());
        let mut added = Vec::new();
        for word in words {
            let known = if self.sorted.is_empty() { None } else { self.find(word) };
            let fits = self.text.len() + word.len() <= u32::MAX as usize;
            ids.push(known.or_else(|| {
                fits.then(|| {
                    let id = self.push(word);
                    added.push(id);
                    id
                })
            }));
        }
        if added.is_empty() {
            return ids;
        }
        let Self { text, ends, sorted } = self;
        let mut merged = Vec::with_capacity(sorted.len() + added.len());
        let mut rest = sorted.as_slice();
        for id in added {
            // The words are sorted, so that each place is behind the one before
            let name = word(text, ends, id);
            let (before, after) = rest.split_at(rest.partition_point(|id| word(text, ends, *id) < name));
            merged.extend_from_slice(before);
            merged.push(id);
            rest = after;
        }
        merged.extend_from_slice(rest);
        *sorted = merged;
        ids
    }
}

fn word<'a>(text: &'a str, ends: &[u32], id: TermId) -> &'a str {
    let id = id as usize;
    let from = id.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    let to = ends.get(id).copied().unwrap_or(from);
    text.get(from as usize..to as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_by_name_and_beginning_whenever_they_came() {
        let mut names = Names::default();
        assert_eq!(names.take_in(&["auth", "zebra"]), [Some(0), Some(1)]);
        assert_eq!(names.take_in(&["a", "auth", "author", "zz"]), [Some(2), Some(0), Some(3), Some(4)]);
        let begin = |start| names.beginning_with(start).map(|id| names.get(id)).collect::<Vec<_>>();
        assert_eq!(begin("aut"), ["auth", "author"]);
        assert_eq!(begin(""), ["a", "auth", "author", "zebra", "zz"]);
        assert_eq!((names.find("zebra"), names.find("zeb"), names.get(99)), (Some(1), None, ""));
        assert!(Names::of(&["a", "b", "a"]).is_none());
    }
}
