//! Decides which findings of a change are new: compares the head's findings with the base's, across moved
//! and rewritten lines. Knows files and findings, no rules.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::code::file::{File, Raw};

/// One changed file with the findings of its base and its head.
pub(crate) struct Compared<'a> {
    pub(crate) head: Option<&'a File>,
    pub(crate) base: Option<&'a File>,
    pub(crate) head_raws: Vec<Raw>,
    pub(crate) base_raws: Vec<Raw>,
}

/// The findings that a change introduced: those of the head without those that the base had in the same
/// file or, if the code moved, in another file of the change. Of several equal findings, those on lines
/// that the change wrote are the new ones.
pub(crate) fn introduced(files: Vec<Compared<'_>>) -> Vec<Raw> {
    let mut new: Vec<Raw> = Vec::new();
    // Findings of the base that are gone from their file: the code may have moved and taken them along
    let mut gone: HashMap<(Arc<str>, String), usize> = HashMap::new();
    for file in files {
        let Compared { head, base, head_raws, base_raws } = file;
        if base_raws.is_empty() {
            new.extend(head_raws);
            continue;
        }
        let hunks = base.zip(head).map(|(base, head)| Hunks::new(base, head)).unwrap_or_default();
        // An edit inside a finding's lines counts as an edit of the finding
        let rows = |raw: &Raw| raw.line as usize - 1..raw.last_line.max(raw.line) as usize;
        let written = |raw: &Raw| hunks.of_head(rows(raw));
        let mut known: HashMap<(Arc<str>, String), Vec<&Raw>> = HashMap::new();
        for raw in &base_raws {
            known.entry((raw.rule.clone(), raw.key.clone())).or_default().push(raw);
        }
        // Unchanged lines first, so that written lines remain as the new ones
        let mut ordered: Vec<(bool, Raw)> =
            head_raws.into_iter().map(|raw| (written(&raw).is_some(), raw)).collect();
        ordered.sort_by_key(|(written, raw)| (*written, raw.start));
        let mut left: Vec<(bool, Raw)> = Vec::new();
        for (written, raw) in ordered {
            if let Some(same) = known.get_mut(&(raw.rule.clone(), raw.key.clone()))
                && same.pop().is_some()
            {
                continue;
            }
            left.push((written, raw));
        }
        // A rewritten line that had the same finding before is not worse now
        let mut rewritten: HashMap<(Arc<str>, usize), usize> = HashMap::new();
        for raw in known.values().flatten() {
            if let Some(hunk) = hunks.of_base(rows(raw)) {
                *rewritten.entry((family(&raw.rule), hunk)).or_default() += 1;
            }
        }
        for (_, raw) in left {
            if let Some(hunk) = written(&raw)
                && let Some(n) = rewritten.get_mut(&(family(&raw.rule), hunk))
                && *n > 0
            {
                *n -= 1;
                continue;
            }
            new.push(raw);
        }
        for ((rule, key), raws) in known {
            if !raws.is_empty() {
                *gone.entry((rule, key)).or_default() += raws.len();
            }
        }
    }
    new.retain(|raw| {
        if gone.is_empty() {
            return true;
        }
        match gone.get_mut(&(raw.rule.clone(), raw.key.clone())) {
            Some(n) if *n > 0 => {
                *n -= 1;
                false
            }
            _ => true,
        }
    });
    new
}

/// The family of a rule: replacing one way to silence a tool by another is not a new silence.
fn family(rule: &Arc<str>) -> Arc<str> {
    if rule.ends_with("suppression") { "suppression".into() } else { rule.clone() }
}

/// The lines that a change rewrote, as numbered hunks.
#[derive(Debug, Default)]
pub(crate) struct Hunks {
    /// (first base line, after last, first head line, after last), 0-based
    hunks: Vec<(usize, usize, usize, usize)>,
}

impl Hunks {
    pub(crate) fn new(base: &File, head: &File) -> Hunks {
        // A diff's cost grows with the number of differences: beyond this, every line counts as written
        const MAX_LINES: usize = 20_000;
        if base.lines() > MAX_LINES || head.lines() > MAX_LINES {
            return Hunks { hunks: vec![(0, base.lines(), 0, head.lines())] };
        }
        let old: Vec<&str> = base.text.lines().collect();
        let new: Vec<&str> = head.text.lines().collect();
        let hunks = capture_diff_slices(Algorithm::Histogram, &old, &new)
            .into_iter()
            .filter(|op| !matches!(op, DiffOp::Equal { .. }))
            .map(|op| {
                let (old, new) = (op.old_range(), op.new_range());
                (old.start, old.end, new.start, new.end)
            })
            .collect();
        Hunks { hunks }
    }

    /// The first hunk that wrote any of these lines of the head (0-based).
    pub(crate) fn of_head(&self, rows: Range<usize>) -> Option<usize> {
        self.hunks.iter().position(|(_, _, start, end)| *start < rows.end && rows.start < *end)
    }

    /// The first hunk that removed any of these lines of the base (0-based).
    pub(crate) fn of_base(&self, rows: Range<usize>) -> Option<usize> {
        self.hunks.iter().position(|(start, end, _, _)| *start < rows.end && rows.start < *end)
    }

    /// How many lines at the end of the base are missing from the head.
    pub(crate) fn lost_at_end(&self, base_lines: usize) -> usize {
        self.hunks
            .last()
            .filter(|(_, end, _, _)| *end >= base_lines)
            .map_or(0, |(start, end, new_start, new_end)| (end - start).saturating_sub(new_end - new_start))
    }
}
