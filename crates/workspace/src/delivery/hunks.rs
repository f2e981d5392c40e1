//! The hunks of a delivered file: lines that belong together, as `git diff` shows them. One hunk can be undone while the rest
//! of the file stays as the user has it.
//!
//! Lines are compared as bytes, and lines that the user changed are not merged. `deliver` writes the files, as safely as any
//! delivery. The caller passes which hunks were undone before.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

use crate::delivery::apply::{State, states};
use crate::delivery::plan::{Delivery, DeliveryEntry, Entry};
use crate::error::{Error, HunkError, UndoError};
use crate::workspace::Workspace;

/// Unchanged lines shown around a change. Two changes whose surroundings touch are one hunk.
const CONTEXT: usize = 3;
/// The longest file with hunks, in bytes.
const MAX_FILE: u64 = 2 << 20;
/// The most pairs of lines that are compared, without the equal lines at both ends. Beyond that, the whole rest is one
/// change. The limit is not a time, because a hunk must keep its number.
const MAX_PAIRS: usize = 25_000_000;

/// Lines of a delivered file that belong together; line numbers start at 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// First line and number of lines before the delivery, including unchanged lines around.
    pub old: (usize, usize),
    /// The same in the delivered file.
    pub new: (usize, usize),
    /// Each line with its sign (` `, `-` or `+`), without its end.
    pub lines: Vec<(char, String)>,
    /// The replaced range, in lines of the file before and after.
    before: Range<usize>,
    after: Range<usize>,
}

impl Hunk {
    /// The header that `git diff` shows.
    pub fn header(&self) -> String {
        let side = |(from, lines): (usize, usize)| match lines {
            1 => from.to_string(),
            _ => format!("{from},{lines}"),
        };
        format!("@@ -{} +{} @@", side(self.old), side(self.new))
    }

    /// The numbers of added and of removed lines.
    pub fn counts(&self) -> (usize, usize) {
        let of = |sign| self.lines.iter().filter(|(known, _)| *known == sign).count();
        (of('+'), of('-'))
    }
}

/// A hunk that can be undone now.
#[derive(Clone, Debug)]
pub struct HunkUndo {
    /// The file without the undone hunks and without other changes: an undo of the rest expects it.
    pub left: Entry,
    write: Delivery,
}

impl Workspace {
    /// The hunks of every file of a delivery, in the order of its entries; an added or removed file has one hunk.
    pub fn all_hunks(&self, delivery: &Delivery) -> Result<Vec<Result<Vec<Hunk>, HunkError>>, Error> {
        let sides = |entry: &DeliveryEntry| [entry.before.clone(), entry.after.clone()];
        let oids: Vec<String> =
            delivery.entries.iter().flat_map(sides).flatten().map(|entry| entry.oid).collect();
        let sizes = self.sizes(&oids)?;
        let fits = |entry: &&DeliveryEntry| {
            sides(entry)
                .iter()
                .flatten()
                .all(|side| sizes.get(&side.oid).is_some_and(|size| *size <= MAX_FILE))
        };
        let paths: Vec<&str> =
            delivery.entries.iter().filter(fits).map(|entry| entry.path.as_str()).collect();
        let before = self.read_all(&delivery.from_tree, &paths)?;
        let after = self.read_all(&delivery.to_tree, &paths)?;
        let mut contents = before.into_iter().zip(after);
        let of_files = delivery.entries.iter().map(|entry| {
            if !fits(&entry) {
                return Err(HunkError::TooLarge);
            }
            let (before, after) = contents.next().unwrap_or_default();
            let sides = [(&entry.before, before), (&entry.after, after)];
            let [before, after] = sides.map(|(side, bytes)| text(side.as_ref(), bytes.unwrap_or_default()));
            Ok(hunks(&lines(&before?), &lines(&after?)))
        });
        Ok(of_files.collect())
    }

    /// The lengths of contents, without reading them.
    fn sizes(&self, oids: &[String]) -> Result<HashMap<String, u64>, Error> {
        if oids.is_empty() {
            return Ok(HashMap::new());
        }
        let args = ["cat-file", "--batch-check=%(objectname) %(objectsize)"];
        let asked: Vec<u8> = oids.iter().flat_map(|oid| [oid.as_bytes(), b"\n"].concat()).collect();
        let answer = self.git()?.ok("look at delivered files", &args, Some(asked))?;
        let answer = String::from_utf8_lossy(&answer);
        let size = |line: &str| {
            let (oid, size) = line.split_once(' ')?;
            Some((oid.to_string(), size.parse().ok()?))
        };
        Ok(answer.lines().filter_map(size).collect())
    }

    /// Files of a delivery that the user has changed since, without those that are as before it.
    pub fn changed_since(&self, delivery: &Delivery) -> Result<Vec<String>, Error> {
        let found = states(self, &delivery.entries)?;
        let changed = delivery.entries.iter().zip(&found).filter(|(_, found)| found.state == State::Other);
        Ok(changed.map(|(entry, _)| entry.path.clone()).collect())
    }

    /// The user's current version of a delivered file; `None`: there is no file.
    pub fn now(&self, entry: &DeliveryEntry) -> Result<Option<Entry>, Error> {
        crate::delivery::apply::recorded(self, entry)
    }

    /// Checks whether hunk `number` (from 1) can be undone. `taken`: the hunks whose undo was recorded. The user's file is
    /// only read.
    pub fn plan_hunk_undo(
        &self,
        delivery: &Delivery,
        path: &str,
        number: usize,
        taken: &BTreeSet<usize>,
    ) -> Result<HunkUndo, HunkError> {
        let entry = delivery.entries.iter().find(|entry| entry.path == path).ok_or(HunkError::NoFile)?;
        let (Some(_), Some(delivered)) = (&entry.before, &entry.after) else { return Err(HunkError::Whole) };
        let (before, after) = (self.side(entry.before.as_ref())?, self.side(entry.after.as_ref())?);
        let (before, after) = (lines(&before), lines(&after));
        let all = hunks(&before, &after);
        let hunk = number.checked_sub(1).and_then(|at| all.get(at));
        let hunk = hunk.ok_or(HunkError::NoHunk { number, of: all.len() })?;
        let mut taken = taken.clone();
        let said = taken.remove(&number);
        let now = self.now(entry)?.ok_or(HunkError::Gone)?;
        let text = self.side(Some(&now))?;
        let (rest, at) = without(&before, &after, &all, &taken, Some(number));
        taken.insert(number);
        let (left, gap) = without(&before, &after, &all, &taken, Some(number));
        let text = lines(&text);
        // The undo is recorded before it is done, and a crash may come between: the file shows whether it was done
        if said && text != rest && found(&left, &text, gap).is_some() {
            return Err(HunkError::Taken);
        }
        let edited = if said { HunkError::Taken } else { HunkError::Edited { line: at.start + 1 } };
        let place = found(&rest, &text, at).ok_or(edited)?;
        let written =
            [&text[..place.start], &before[hunk.before.clone()], &text[place.end..]].concat().concat();
        let written = Entry { mode: now.mode.clone(), oid: self.keep(written)? };
        let left = Entry { mode: delivered.mode.clone(), oid: self.keep(left.concat())? };
        let entries = vec![DeliveryEntry { path: path.into(), before: Some(now), after: Some(written) }];
        // The attributes come from the delivered tree; only this file of it is written
        let (from_tree, to_tree) = (delivery.to_tree.clone(), delivery.to_tree.clone());
        let write = Delivery { from_tree, to_tree, to_commit: delivery.to_commit.clone(), entries };
        Ok(HunkUndo { left, write })
    }

    /// Writes the undo, if the file is still as at the planning.
    pub fn undo_hunk(&self, delivery: &Delivery, undo: &HunkUndo) -> Result<(), UndoError> {
        self.rewrite(&undo.write, delivery)
    }

    /// Adjusts a delivery after parts of it were undone: an entry expects the one of `versions` that the user's file equals,
    /// or the last of them.
    pub fn standing(&self, delivery: &mut Delivery, versions: &[(String, Vec<Entry>)]) -> Result<(), Error> {
        for (path, versions) in versions {
            let Some(entry) = delivery.entries.iter_mut().find(|entry| entry.path == *path) else { continue };
            let as_delivered = states(self, std::slice::from_ref(entry))?;
            if as_delivered.first().is_some_and(|found| found.state == State::After) {
                continue;
            }
            let now = self.now(entry)?;
            let same = |version: &&Entry| now.as_ref().is_some_and(|now| now.oid == version.oid);
            entry.after =
                versions.iter().rev().find(same).or(versions.last()).cloned().or(entry.after.take());
        }
        Ok(())
    }

    /// The content of one side, or an error if it cannot be shown as text.
    fn side(&self, side: Option<&Entry>) -> Result<Vec<u8>, HunkError> {
        let Some(entry) = side else { return Ok(Vec::new()) };
        if self.sizes(std::slice::from_ref(&entry.oid))?.get(&entry.oid).is_none_or(|size| *size > MAX_FILE) {
            return Err(HunkError::TooLarge);
        }
        let bytes = self.git()?.ok("read a delivered file", &["cat-file", "blob", &entry.oid], None)?;
        text(Some(entry), bytes)
    }

    fn keep(&self, bytes: Vec<u8>) -> Result<String, Error> {
        let oid =
            self.git()?.ok("keep what a file will hold", &["hash-object", "-w", "--stdin"], Some(bytes))?;
        Ok(String::from_utf8_lossy(&oid).trim().to_string())
    }
}

/// The content of one side, if it is a text of allowed size.
fn text(side: Option<&Entry>, bytes: Vec<u8>) -> Result<Vec<u8>, HunkError> {
    match side {
        Some(entry) if !entry.mode.starts_with("100") => Err(HunkError::NoText),
        _ if bytes.len() as u64 > MAX_FILE => Err(HunkError::TooLarge),
        _ if bytes.contains(&0) => Err(HunkError::NoText),
        _ => Ok(bytes),
    }
}

/// Lines with their line ends.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

fn hunks(before: &[&[u8]], after: &[&[u8]]) -> Vec<Hunk> {
    let groups = group_diff_ops(changes(before, after), CONTEXT);
    groups.iter().filter_map(|group| hunk(before, after, group)).collect()
}

/// The equal and the changed lines, in a time that the number of lines limits.
fn changes(before: &[&[u8]], after: &[&[u8]]) -> Vec<DiffOp> {
    let same = |pair: &(&&[u8], &&[u8])| pair.0 == pair.1;
    let first = before.iter().zip(after).take_while(same).count();
    let (old, new) = (&before[first..], &after[first..]);
    let last = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
    let (old_len, new_len) = (old.len() - last, new.len() - last);
    if old_len.saturating_mul(new_len) <= MAX_PAIRS {
        return capture_diff_slices(Algorithm::Myers, before, after);
    }
    let all = [
        DiffOp::Equal { old_index: 0, new_index: 0, len: first },
        DiffOp::Replace { old_index: first, old_len, new_index: first, new_len },
        DiffOp::Equal { old_index: first + old_len, new_index: first + new_len, len: last },
    ];
    all.into_iter().filter(|op| !op.old_range().is_empty() || !op.new_range().is_empty()).collect()
}

fn hunk(before: &[&[u8]], after: &[&[u8]], group: &[DiffOp]) -> Option<Hunk> {
    let changes = || group.iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let (first, last) = (changes().next()?, changes().next_back()?);
    let (top, end) = (group.first()?, group.last()?);
    let mut shown = Vec::new();
    let mut show = |sign, lines: &[&[u8]]| {
        for line in lines {
            let text = String::from_utf8_lossy(line);
            shown.push((sign, text.trim_end_matches(['\n', '\r']).to_string()));
        }
    };
    for op in group {
        match op {
            DiffOp::Equal { .. } => show(' ', &after[op.new_range()]),
            _ => {
                show('-', &before[op.old_range()]);
                show('+', &after[op.new_range()]);
            }
        }
    }
    // An empty side has the number of the line before it, as in git
    let side = |range: Range<usize>| (range.start + usize::from(!range.is_empty()), range.len());
    Some(Hunk {
        old: side(top.old_range().start..end.old_range().end),
        new: side(top.new_range().start..end.new_range().end),
        lines: shown,
        before: first.old_range().start..last.old_range().end,
        after: first.new_range().start..last.new_range().end,
    })
}

/// The delivered file without the undone hunks, and the place of hunk `wanted` in it.
fn without<'a>(
    before: &[&'a [u8]],
    after: &[&'a [u8]],
    hunks: &[Hunk],
    taken: &BTreeSet<usize>,
    wanted: Option<usize>,
) -> (Vec<&'a [u8]>, Range<usize>) {
    let (mut text, mut place, mut at) = (Vec::new(), 0..0, 0);
    for (n, hunk) in hunks.iter().enumerate() {
        text.extend_from_slice(&after[at..hunk.after.start]);
        let from = text.len();
        match taken.contains(&(n + 1)) {
            true => text.extend_from_slice(&before[hunk.before.clone()]),
            false => text.extend_from_slice(&after[hunk.after.clone()]),
        }
        if wanted == Some(n + 1) {
            place = from..text.len();
        }
        at = hunk.after.end;
    }
    text.extend_from_slice(&after[at..]);
    (text, place)
}

/// The place of these lines in a later version of the text; `None` if one of them, or one beside them, was changed.
fn found(text: &[&[u8]], later: &[&[u8]], lines: Range<usize>) -> Option<Range<usize>> {
    // The neighbours are compared as well: a diff cannot tell an empty line or a brace of the user from another one
    let (from, to) = (lines.start.saturating_sub(1), (lines.end + 1).min(text.len()));
    if from == to {
        return later.is_empty().then_some(0..0);
    }
    let ops = changes(text, later);
    let same = ops.iter().find(|op| {
        matches!(op, DiffOp::Equal { .. }) && op.old_range().start <= from && op.old_range().end >= to
    })?;
    let start = same.new_range().start + (lines.start - same.old_range().start);
    Some(start..start + lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\n";
    const AFTER: &str = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\nnew\nl\n";

    fn split(text: &str) -> Vec<&[u8]> {
        lines(text.as_bytes())
    }

    fn taken(numbers: &[usize]) -> BTreeSet<usize> {
        numbers.iter().copied().collect()
    }

    #[test]
    fn changes_far_from_each_other_are_hunks_of_their_own() {
        let all = hunks(&split(BEFORE), &split(AFTER));
        let heads: Vec<String> = all.iter().map(Hunk::header).collect();
        assert_eq!(heads, ["@@ -1,5 +1,5 @@", "@@ -9,5 +9,5 @@"]);
        assert_eq!(all[0].counts(), (1, 1));
        assert_eq!(all[0].lines[1..3], [('-', "b".to_string()), ('+', "B".to_string())]);
        assert_eq!(hunks(&[], &split("a\nb\n"))[0].header(), "@@ -0,0 +1,2 @@");
        assert!(hunks(&split(AFTER), &split(AFTER)).is_empty());
    }

    #[test]
    fn very_many_changed_lines_are_one_hunk() {
        let text = |word: &str| {
            let lines: Vec<String> = (0..100_000).map(|n| format!("{word}{n}\n")).collect();
            format!("first\n{}last\n", lines.concat())
        };
        let (before, after) = (text("a"), text("b"));
        let start = std::time::Instant::now();
        let all = hunks(&split(&before), &split(&after));
        assert_eq!((all.len(), all[0].counts()), (1, (100_000, 100_000)));
        assert_eq!(without(&split(&before), &split(&after), &all, &taken(&[1]), None).0, split(&before));
        assert!(found(&split(&after), &split(&before), 5..6).is_none());
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }

    #[test]
    fn the_file_without_every_hunk_is_the_file_before() {
        let (before, after) = (split(BEFORE), split(AFTER));
        let all = hunks(&before, &after);
        assert_eq!(without(&before, &after, &all, &taken(&[]), None).0, after);
        assert_eq!(without(&before, &after, &all, &taken(&[1, 2]), None).0, before);
        let (text, place) = without(&before, &after, &all, &taken(&[1]), Some(2));
        assert_eq!((text[1], &text[place]), (b"b\n".as_slice(), &[b"new\n".as_slice(), b"l\n"][..]));
    }

    #[test]
    fn lines_are_found_again_where_the_user_wrote_elsewhere_and_not_where_they_wrote_in_them() {
        let text = split("a\nb\nc\nd\n");
        assert_eq!(found(&text, &split("new\na\nb\nc\nd\n"), 1..2), Some(2..3));
        assert_eq!(found(&text, &split("a\nB\nc\nd\n"), 1..2), None);
        assert_eq!(found(&text, &split("new\na\nb\nc\nd\n"), 0..1), Some(1..2), "nothing was above it");
        // The user's own empty line is not the delivered one
        assert_eq!(found(&split("x\n\ny\n"), &split("x\nq\n\nz\n"), 1..2), None);
        // A place between lines
        assert_eq!(found(&text, &split("x\na\nb\nc\nd\n"), 2..2), Some(3..3));
        assert_eq!(found(&text, &split("a\nb\nx\nc\nd\n"), 2..2), None, "which side of x?");
        assert_eq!(found(&text, &split("a\nb\nc\nd\nx\n"), 0..0), Some(0..0));
        assert_eq!(found(&[], &[], 0..0), Some(0..0));
        assert_eq!(found(&[], &split("x\n"), 0..0), None);
    }
}
