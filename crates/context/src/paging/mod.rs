//! Selects parts of a session's messages that a role no longer needs: texts of past changes, views of files that a later change
//! made stale, and old answers of tools.
//!
//! `engine` describes the messages of each request, stores the selected parts as pages, and replaces them by lines that name
//! the pages. Nothing is remembered here: the caller passes earlier pages as `out`, and they stay out, so that the prefix in a
//! provider's cache stays the same.

use std::collections::BTreeSet;

/// Shorter texts stay, because a line that names a page is hardly shorter.
const MIN_SIDE: usize = 240;
/// The length of a line that names a page, in bytes.
const LINE: usize = 70;
/// The least bytes that one batch must save.
const MIN_BATCH: usize = 1_000;
/// A file that was read or changed within this many answers is still in work.
const IN_WORK: u32 = 2;
/// This many of the newest calls keep their answers in any case.
const KEPT_CALLS: usize = 10;
/// Messages with more bytes than this are full: then answers without a replacement are paged out too, the oldest first.
const FULL: usize = 48_000;
const FULL_WHERE_CACHED: usize = 160_000;
/// The share of the model's window above which messages no longer profit from the cache.
const WINDOW_SHARE: f64 = 0.6;
/// The price of a cached token, relative to an uncached one.
const CACHED_PRICE: f64 = 0.1;
/// Bounds for the expected number of further requests of a session, which is estimated as the number so far.
const REQUESTS_LEFT: (u32, u32) = (4, 16);

/// The content of a part of the messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Stays: the role's own text, or a prompt without files.
    Other,
    /// A prompt; the files that it shows count as its answer.
    Shown(Vec<String>),
    /// A file that a tool showed: the whole file, or some lines.
    Read { path: String, whole: bool },
    /// Files that a call changed: with their whole text, or in places.
    Change { paths: Vec<String>, whole: bool },
    /// A call that failed and changed nothing.
    Failed,
    /// The results of a search, or of another tool that changes nothing.
    Found,
    /// The result of a check of the project.
    Checked,
    /// A page that was read again.
    Page,
}

/// A part of the messages: the sizes of a call's input and of its answer, in bytes that a page could take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePart {
    pub kind: PartKind,
    /// The model's answer to which it belongs, counted from 1; 0 for parts before the first.
    pub turn: u32,
    pub input: usize,
    pub output: usize,
    /// Bytes that cannot be paged out.
    pub rest: usize,
}

/// One of the two texts of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Input,
    Output,
}

/// The cost of the session's requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Economy {
    /// The provider reports that it uses a cache.
    pub cached: bool,
    /// The size of the model's window in bytes, if known.
    pub window: Option<usize>,
}

/// The index of a part, and the side that is paged out.
pub type PagedSide = (usize, Side);

/// The sides that the next request pages out in addition to `out`; empty if it is not worth it yet. These stay in any case: the
/// answers of the newest turn, which the model has not read, the newest check, and the current content of files in work.
pub fn page_out(parts: &[MessagePart], out: &BTreeSet<PagedSide>, economy: Economy) -> Vec<PagedSide> {
    let bytes: usize = (0..parts.len()).map(|n| size(parts, n, out)).sum();
    let narrow = economy.window.is_some_and(|window| bytes as f64 > window as f64 * WINDOW_SHARE);
    let full = narrow || bytes > if economy.cached { FULL_WHERE_CACHED } else { FULL };
    let candidates: Vec<PagedSide> = (0..parts.len())
        .flat_map(|n| [(n, Side::Input), (n, Side::Output)])
        .filter(|paged| !out.contains(paged) && text(parts, *paged) >= MIN_SIDE)
        .filter(|&(n, side)| is_stale(parts, n, side) || (full && side == Side::Output && is_old(parts, n)))
        .collect();
    let price = if economy.cached && !narrow { CACHED_PRICE } else { 1.0 };
    worthwhile(parts, out, &candidates, price)
}

/// The candidates from the best index on. An earlier index saves more bytes, but makes more of the provider's cache stale.
fn worthwhile(
    parts: &[MessagePart],
    out: &BTreeSet<PagedSide>,
    candidates: &[PagedSide],
    price: f64,
) -> Vec<PagedSide> {
    let newest = newest(parts);
    let left = f64::from(newest.clamp(REQUESTS_LEFT.0, REQUESTS_LEFT.1));
    let (mut best, mut most) = (candidates.len(), 0.0);
    let (mut saved, mut saved_of_sent, mut sent) = (0, 0, 0);
    let mut from = parts.len();
    for (at, paged) in candidates.iter().enumerate().rev() {
        let (n, _) = *paged;
        for n in n..from {
            if parts[n].turn < newest {
                sent += size(parts, n, out);
            }
        }
        from = n;
        let saves = text(parts, *paged).saturating_sub(LINE);
        saved += saves;
        if parts[n].turn < newest {
            saved_of_sent += saves;
        }
        let no_longer_cached = sent.saturating_sub(saved_of_sent) as f64 * (1.0 - price);
        let gain =
            saved as f64 * price * left + (saved - saved_of_sent) as f64 * (1.0 - price) - no_longer_cached;
        if saved >= MIN_BATCH && gain > most {
            (best, most) = (at, gain);
        }
    }
    candidates[best..].to_vec()
}

fn newest(parts: &[MessagePart]) -> u32 {
    parts.iter().map(|part| part.turn).max().unwrap_or_default()
}

/// The current size of a part in bytes.
fn size(parts: &[MessagePart], n: usize, out: &BTreeSet<PagedSide>) -> usize {
    let side = |side| if out.contains(&(n, side)) { LINE } else { text(parts, (n, side)) };
    parts[n].rest + side(Side::Input) + side(Side::Output)
}

fn text(parts: &[MessagePart], (n, side): PagedSide) -> usize {
    match side {
        Side::Input => parts[n].input,
        Side::Output => parts[n].output,
    }
}

/// Whether a later part has the same or newer content.
fn is_stale(parts: &[MessagePart], n: usize, side: Side) -> bool {
    let part = &parts[n];
    let unread = part.turn == newest(parts) && part.turn > 0;
    match (&part.kind, side) {
        (PartKind::Change { paths, .. }, Side::Input) => paths.iter().all(|path| is_past(parts, n, path)),
        (PartKind::Failed, Side::Input) => !unread,
        (PartKind::Read { path, .. }, Side::Output) => !unread && is_view_stale(parts, n, path),
        (PartKind::Shown(files), Side::Output) => {
            !files.is_empty() && files.iter().all(|path| is_view_stale(parts, n, path))
        }
        (PartKind::Checked, Side::Output) => {
            !unread && later(parts, n).any(|part| part.kind == PartKind::Checked)
        }
        (PartKind::Page, Side::Output) => part.turn + 2 * IN_WORK < newest(parts),
        _ => false,
    }
}

/// A view of a file is stale after a later view or write of the whole file, or after a change if the file is no longer in work.
fn is_view_stale(parts: &[MessagePart], n: usize, path: &str) -> bool {
    let changed = || later(parts, n).any(|part| part.changes(path));
    later(parts, n).any(|part| part.holds(path)) || (changed() && !in_work(parts, path))
}

/// A change is past after a later view or write of the whole file, or if the file is no longer in work. The whole text of a
/// file is past at once if a change of another file follows, and none of the same file.
fn is_past(parts: &[MessagePart], n: usize, path: &str) -> bool {
    if later(parts, n).any(|part| part.holds(path)) {
        return true;
    }
    let whole = parts[n].holds(path) && last_changed(parts) != Some(n);
    let of_others = || later(parts, n).any(|part| part.is_change() && !part.changes(path));
    (whole && of_others() && !later(parts, n).any(|part| part.changes(path))) || !in_work(parts, path)
}

/// Whether a file is in work: it was changed last, or the newest answers used it.
fn in_work(parts: &[MessagePart], path: &str) -> bool {
    let newest = newest(parts);
    last_changed(parts).is_some_and(|n| parts[n].changes(path))
        || parts.iter().any(|part| part.touches(path) && part.turn > 0 && part.turn + IN_WORK > newest)
}

fn last_changed(parts: &[MessagePart]) -> Option<usize> {
    parts.iter().rposition(MessagePart::is_change)
}

fn later(parts: &[MessagePart], n: usize) -> impl Iterator<Item = &MessagePart> {
    parts.iter().skip(n + 1)
}

/// Whether the answer of a call is so old that full messages can do without it.
fn is_old(parts: &[MessagePart], n: usize) -> bool {
    let is_call = |part: &MessagePart| part.turn > 0 && part.kind != PartKind::Other;
    let last_check = parts.iter().rposition(|part| part.kind == PartKind::Checked);
    let of_work = |path: &str| in_work(parts, path);
    let holds_work = match &parts[n].kind {
        PartKind::Read { path, .. } => of_work(path),
        PartKind::Found | PartKind::Checked | PartKind::Page => false,
        PartKind::Other | PartKind::Shown(_) | PartKind::Change { .. } | PartKind::Failed => true,
    };
    !holds_work && last_check != Some(n) && later(parts, n).filter(|part| is_call(part)).count() >= KEPT_CALLS
}

impl MessagePart {
    fn is_change(&self) -> bool {
        matches!(self.kind, PartKind::Change { .. })
    }

    fn changes(&self, path: &str) -> bool {
        matches!(&self.kind, PartKind::Change { paths, .. } if paths.iter().any(|own| own == path))
    }

    /// Whether the part contains the whole file.
    fn holds(&self, path: &str) -> bool {
        match &self.kind {
            PartKind::Read { path: own, whole: true } => own == path,
            PartKind::Change { paths, whole: true } => paths.iter().any(|own| own == path),
            _ => false,
        }
    }

    fn touches(&self, path: &str) -> bool {
        self.changes(path) || matches!(&self.kind, PartKind::Read { path: own, .. } if own == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Side::{Input, Output};

    const NONE: BTreeSet<PagedSide> = BTreeSet::new();

    fn part(turn: u32, kind: PartKind, input: usize, output: usize) -> MessagePart {
        MessagePart { kind, turn, input, output, rest: 100 }
    }

    fn prompt(files: &[&str], bytes: usize) -> MessagePart {
        part(0, PartKind::Shown(files.iter().map(ToString::to_string).collect()), 0, bytes)
    }

    fn read(turn: u32, path: &str) -> MessagePart {
        part(turn, PartKind::Read { path: path.into(), whole: true }, 0, 8_000)
    }

    fn change(turn: u32, path: &str, whole: bool) -> MessagePart {
        part(turn, PartKind::Change { paths: vec![path.into()], whole }, 6_000, 20)
    }

    fn check(turn: u32) -> MessagePart {
        part(turn, PartKind::Checked, 0, 3_000)
    }

    fn plain(parts: &[MessagePart]) -> Vec<PagedSide> {
        page_out(parts, &NONE, Economy::default())
    }

    #[test]
    fn the_file_in_work_and_what_was_not_read_yet_stay() {
        let parts = [prompt(&["a.rs"], 9_000), read(1, "a.rs"), change(2, "a.rs", false)];
        assert_eq!(plain(&parts), [(0, Output)], "the read replaces what the prompt shows");
        let parts = [read(1, "a.rs"), change(2, "a.rs", false), read(3, "a.rs")];
        assert_eq!(plain(&parts), [(0, Output), (1, Input)], "the newest view has it all");
        let parts = [read(1, "b.rs"), read(1, "b.rs"), check(1), check(1)];
        assert_eq!(plain(&parts), [], "nobody has read these answers");
    }

    #[test]
    fn a_file_that_was_written_whole_goes_when_another_one_is_written() {
        let parts = [change(1, "a.rs", true)];
        assert_eq!(plain(&parts), []);
        let parts = [change(1, "a.rs", true), change(1, "b.rs", true), change(1, "c.rs", true)];
        assert_eq!(plain(&parts), [(0, Input), (1, Input)]);
        let parts = [change(1, "a.rs", true), change(2, "a.rs", false), change(3, "b.rs", true)];
        assert_eq!(plain(&parts), [], "a.rs may be changed on");
    }

    #[test]
    fn what_was_edited_goes_once_its_file_is_left() {
        let mut parts = vec![prompt(&["a.rs"], 9_000), read(1, "a.rs"), change(2, "a.rs", false)];
        parts.extend([read(3, "b.rs"), change(4, "b.rs", false)]);
        assert_eq!(plain(&parts), [(0, Output), (1, Output), (2, Input)]);
        parts.extend([check(5), check(6)]);
        let out: BTreeSet<PagedSide> = plain(&parts).into_iter().collect();
        assert!(out.contains(&(5, Output)) && !out.contains(&(4, Input)), "{out:?}");
        assert_eq!(page_out(&parts, &out, Economy::default()), [], "what is out is not chosen again");
    }

    #[test]
    fn a_file_that_was_only_looked_at_stays_until_the_messages_are_full() {
        let few = [prompt(&["a.rs", "b.rs"], 9_000), read(1, "c.rs"), change(2, "a.rs", false)];
        assert_eq!(plain(&few), []);
        let mut many: Vec<MessagePart> = (1..=12).map(|n| read(n, &format!("{n}.rs"))).collect();
        assert_eq!(plain(&many), [(0, Output), (1, Output)], "the ten newest stay");
        many.push(check(13));
        many.extend((14..30).map(|n| part(n, PartKind::Found, 0, 3_000)));
        assert!(!plain(&many).contains(&(12, Output)), "the newest check stays");
    }

    #[test]
    fn where_a_cache_is_read_a_batch_has_to_be_worth_what_it_makes_stale() {
        let cached = Economy { cached: true, window: None };
        // A small candidate before much content that stays
        let mut parts = vec![read(1, "a.rs"), change(2, "a.rs", false), change(3, "z.rs", false)];
        parts.extend((3..9).map(|n| read(n, &format!("{n}.rs"))));
        assert_eq!(page_out(&parts, &NONE, cached), []);
        assert_eq!(plain(&parts), [(0, Output), (1, Input)]);
        // Text that was just written was never cached
        parts.extend([change(9, "b.rs", true), change(9, "c.rs", true)]);
        assert_eq!(page_out(&parts, &NONE, cached), [(9, Input)]);
        // A narrow window counts more than the cache
        let narrow = Economy { cached: true, window: Some(60_000) };
        assert_eq!(page_out(&parts, &NONE, narrow), [(0, Output), (1, Input), (2, Input), (9, Input)]);
    }

    #[test]
    fn nothing_small_goes_out_and_no_description_is_a_fault() {
        assert_eq!(plain(&[]), []);
        let small = [part(1, PartKind::Failed, 200, 0), part(2, PartKind::Failed, 900, 0), check(3)];
        assert_eq!(plain(&small), [], "a batch saves less than it is worth");
        let strange = [part(9, PartKind::Shown(vec![]), 9_000, 9_000), part(0, PartKind::Page, 9_000, 9_000)];
        assert_eq!(plain(&strange), [(1, Output)]);
    }
}
