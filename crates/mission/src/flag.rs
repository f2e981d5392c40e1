//! Red flags: answers and calls that are discarded, because it costs less than arguing with the model.
//!
//! It decides by size, repetition and form alone. A discarded answer is recorded as an event.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

/// The most text of a role in one turn beside its calls, in bytes.
pub const MAX_ANSWER: u64 = 64 * 1024;
/// The most reasoning in one turn, in bytes.
pub const MAX_THOUGHT: u64 = 512 * 1024;
/// Identical calls in a row after which the role is warned, and after which it is cut off.
pub const TOLD_AFTER: u32 = 3;
pub const CUT_OFF_AFTER: u32 = 4;
/// This many calls with at most two different ones among them count as a loop, too.
const CIRCLE: usize = 12;
/// The same call this often since the last change counts as a loop, whatever calls came in between.
const TOLD_AFTER_REPEATS: u32 = 5;
const CUT_OFF_AFTER_REPEATS: u32 = 8;
/// The most different calls that are counted since the last change.
const MAX_COUNTED: usize = 1_024;
/// Answers in a row that say nothing new after which the role is warned, and after which it is cut off.
const TOLD_AFTER_STALE: u32 = 12;
const CUT_OFF_AFTER_STALE: u32 = 24;
/// The most lines of answers that are remembered in one turn.
const MAX_LINES: usize = 200_000;
/// An answer of at least this many lines counts as old although one line is new: that line often says how much is left, or
/// how long the command took.
const LONG: usize = 5;
/// Tools that change files.
const WRITING: [&str; 5] = ["edit", "write", "patch", "apply_patch", "mission_move"];

/// Whether a tool changes files.
pub fn is_writing(tool: &str) -> bool {
    WRITING.contains(&tool)
}

/// The most refused calls of a session in one turn.
const MAX_REFUSED: u32 = 12;
/// A submission with unreadable JSON counts as this many refused calls.
const UNREADABLE: u32 = 3;

/// What is wrong with an answer that submitted nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedFlag {
    /// The answer has text and no call.
    Prose,
    /// The answer has neither text nor a call.
    Empty,
    /// The answer repeats the same text.
    Repetitive,
    /// The answer is longer than any answer needs to be.
    TooLong,
    /// The model reached the limit of its output before it called a tool.
    OutputLimit,
}

impl RedFlag {
    pub fn name(self) -> &'static str {
        match self {
            RedFlag::Prose => "prose instead of a call",
            RedFlag::Empty => "an empty answer",
            RedFlag::Repetitive => "the same words again and again",
            RedFlag::TooLong => "an answer without an end",
            RedFlag::OutputLimit => "an answer that the model's output limit cut off",
        }
    }

    /// Judges a turn without a submission. `text` is the end of its text, `bytes` the length of all its text, `calls`
    /// the number of its tool calls. `None`: the role worked, and only forgot to submit.
    pub fn of(text: &str, bytes: u64, calls: u32) -> Option<RedFlag> {
        if bytes > MAX_ANSWER {
            return Some(RedFlag::TooLong);
        }
        if is_repetitive(text) {
            return Some(RedFlag::Repetitive);
        }
        if calls > 0 {
            return None;
        }
        Some(if text.trim().is_empty() { RedFlag::Empty } else { RedFlag::Prose })
    }
}

/// Whether a text ends with at least 2 KiB in which one piece of at most 512 bytes repeats.
fn is_repetitive(text: &str) -> bool {
    const TAIL: usize = 2048;
    const PERIOD: usize = 512;
    let bytes = text.trim_end().as_bytes();
    let Some(tail) = bytes.len().checked_sub(TAIL).and_then(|from| bytes.get(from..)) else { return false };
    (1..=PERIOD).any(|period| tail.iter().zip(tail.iter().skip(period)).all(|(a, b)| a == b))
}

/// The last calls of a session.
#[derive(Clone, Debug, Default)]
pub struct Repeats {
    /// How often each call was made since the last change.
    counts: HashMap<u64, u32>,
    /// Hashes of the changes that were made.
    changes: HashSet<u64>,
    last: VecDeque<u64>,
    in_a_row: u32,
}

/// What the answers of tools told a role in one turn. A model that reads one file in ever new ranges repeats no call, but
/// learns nothing.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    lines: HashSet<u64>,
    stale: u32,
    told: bool,
}

impl Learned {
    /// Takes in what a tool answered. Returns the number of answers in a row that said nothing new if the turn is to end.
    pub fn answer(&mut self, tool: &str, output: &str) -> Option<u32> {
        let (mut all, mut new) = (0usize, 0usize);
        for line in output.lines().map(str::trim).filter(|line| !line.is_empty()) {
            all += 1;
            let mut hasher = DefaultHasher::new();
            line.hash(&mut hasher);
            if self.lines.len() < MAX_LINES {
                new += usize::from(self.lines.insert(hasher.finish()));
            } else {
                new += usize::from(!self.lines.contains(&hasher.finish()));
            }
        }
        // A refusal of the engine tells the role nothing new
        let refused = output.lines().next().is_some_and(|line| line.contains("refused: "));
        let is_new = !refused && new > usize::from(all >= LONG);
        if is_new || is_writing(tool) {
            (self.stale, self.told) = (0, false);
        } else {
            self.stale = self.stale.saturating_add(1);
        }
        (self.stale >= CUT_OFF_AFTER_STALE).then_some(self.stale)
    }

    /// Returns the number of answers in a row that said nothing new if the role is to be warned now: once for each such row.
    pub fn tell(&mut self) -> Option<u32> {
        (self.stale >= TOLD_AFTER_STALE && !std::mem::replace(&mut self.told, true)).then_some(self.stale)
    }
}

/// How many calls of any kind were refused in one turn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Refused(u32);

impl Refused {
    /// Counts a refused call. Returns whether the limit is passed.
    pub fn call(&mut self) -> bool {
        self.add(1)
    }

    /// Counts a submission that was no JSON.
    pub fn unreadable(&mut self) -> bool {
        self.add(UNREADABLE)
    }

    fn add(&mut self, n: u32) -> bool {
        self.0 = self.0.saturating_add(n);
        self.0 >= MAX_REFUSED
    }
}

/// What to do about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    No,
    /// The call is not carried out, because its answer would be the same; the role is told so.
    Tell(u32),
    CutOff(u32),
}

impl Repeats {
    pub fn call(&mut self, tool: &str, arguments: &str) -> Repeated {
        let mut hasher = DefaultHasher::new();
        (tool, arguments).hash(&mut hasher);
        let call = hasher.finish();
        self.in_a_row = if self.last.back() == Some(&call) { self.in_a_row.saturating_add(1) } else { 1 };
        self.last.push_back(call);
        if self.last.len() > CIRCLE {
            self.last.pop_front();
        }
        let in_all = self.in_all(tool, call);
        let mut different: Vec<u64> = self.last.iter().copied().collect();
        different.sort_unstable();
        different.dedup();
        if self.last.len() == CIRCLE && different.len() <= 2 {
            return Repeated::CutOff(CIRCLE as u32);
        }
        match self.in_a_row {
            n if n >= CUT_OFF_AFTER => Repeated::CutOff(n),
            _ if in_all >= CUT_OFF_AFTER_REPEATS => Repeated::CutOff(in_all),
            n if n >= TOLD_AFTER => Repeated::Tell(n),
            _ if in_all >= TOLD_AFTER_REPEATS => Repeated::Tell(in_all),
            _ => Repeated::No,
        }
    }

    /// How often this call was made since the last change. A new change resets the count; a repeated one does not.
    fn in_all(&mut self, tool: &str, call: u64) -> u32 {
        if self.counts.len() >= MAX_COUNTED || self.changes.len() >= MAX_COUNTED {
            self.counts.clear();
            self.changes.clear();
        }
        if is_writing(tool) && self.changes.insert(call) {
            self.counts.clear();
        }
        let times = self.counts.entry(call).or_default();
        *times = times.saturating_add(1);
        *times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        let chinese = "我已经完成了这个任务，所有文件都写好了。";
        let long = |bytes: usize| (0..bytes / 8).map(|n| format!("{n:07} ")).collect::<String>();
        let cases = [
            ("I think that it is done.", 0, Some(RedFlag::Prose)),
            (chinese, 0, Some(RedFlag::Prose)),
            ("", 0, Some(RedFlag::Empty)),
            (" \n", 0, Some(RedFlag::Empty)),
            ("I think that it is done.", 3, None),
            ("", 3, None),
        ];
        for (text, calls, flag) in cases {
            assert_eq!(RedFlag::of(text, text.len() as u64, calls), flag, "{text}");
        }
        let again = "Let me check that once more. ".repeat(300);
        assert_eq!(RedFlag::of(&again, again.len() as u64, 5), Some(RedFlag::Repetitive));
        let late = long(8_000) + &"no ".repeat(1_000);
        assert_eq!(RedFlag::of(&late, late.len() as u64, 5), Some(RedFlag::Repetitive));
        assert_eq!(RedFlag::of(&long(30_000), 30_000, 5), None);
        assert_eq!(RedFlag::of("the end of it", MAX_ANSWER + 1, 5), Some(RedFlag::TooLong));
        // A regular table or list is no repetition
        let list: String = (0..200).map(|n| format!("- src/module_{n}.js: exports CONST_{n}\n")).collect();
        assert_eq!(RedFlag::of(&list, list.len() as u64, 1), None);
    }

    #[test]
    fn the_same_call_is_told_and_then_cut_off() {
        let mut repeats = Repeats::default();
        let answers: Vec<Repeated> = (0..4).map(|_| repeats.call("read", r#"{"filePath":"a"}"#)).collect();
        use Repeated::*;
        assert_eq!(answers, [No, No, Tell(3), CutOff(4)]);
    }

    #[test]
    fn a_round_of_calls_that_changes_nothing_ends_and_one_that_does_goes_on() {
        let mut repeats = Repeats::default();
        let mut round = |write: Option<&str>| {
            let reads = ["a", "b", "c", "d"].map(|file| repeats.call("read", file));
            if let Some(text) = write {
                repeats.call("edit", text);
            }
            reads
        };
        for n in 0..50 {
            assert_eq!(round(Some(&n.to_string())), [Repeated::No; 4], "round {n}");
        }
        let rounds: Vec<[Repeated; 4]> = (0..8).map(|_| round(Some("the same"))).collect();
        assert_eq!(rounds[3], [Repeated::No; 4]);
        assert_eq!(rounds[5][0], Repeated::Tell(5));
        assert_eq!(round(None)[0], Repeated::CutOff(8));
    }

    #[test]
    fn a_role_that_reads_only_what_it_knows_is_told_and_then_cut_off() {
        let file = "<file>\n1: a\n2: b\n3: c\n4: d\n</file>\n";
        let mut learned = Learned::default();
        assert_eq!(learned.answer("read", file), None);
        let mut ends = Vec::new();
        for n in 0..24 {
            let (tool, output) = match n % 3 {
                0 => ("read", format!("{file}(File has {n} more lines)\n")),
                1 => ("grep", "No files found".to_string()),
                _ => ("read", "2: b\n3: c\n".to_string()),
            };
            let end = learned.answer(tool, &output);
            ends.push((end, learned.tell()));
        }
        let told: Vec<u32> = ends.iter().filter_map(|(_, told)| *told).collect();
        let cut: Vec<u32> = ends.iter().filter_map(|(end, _)| *end).collect();
        // `No files found` was news once
        assert_eq!((told, cut), (vec![12], vec![]));
        assert_eq!((learned.answer("read", file), learned.answer("read", file)), (None, Some(24)));
    }

    #[test]
    fn a_role_that_reads_on_or_changes_files_is_left_alone() {
        let mut learned = Learned::default();
        for n in 0..200 {
            assert_eq!(learned.answer("read", &format!("{n}: line {n}\n")), None);
            assert_eq!(learned.answer("edit", "Edit applied successfully."), None);
            assert_eq!(learned.answer("read", "same\n"), None);
            assert_eq!(learned.tell(), None);
        }
    }

    #[test]
    fn a_turn_ends_after_twelve_refusals_or_four_submissions_that_are_no_json() {
        let mut refused = Refused::default();
        assert_eq!((0..12).filter(|_| refused.call()).count(), 1);
        let mut refused = Refused::default();
        assert_eq!((0..4).filter(|_| refused.unreadable()).count(), 1);
    }

    #[test]
    fn other_arguments_begin_again_but_a_circle_of_two_is_a_circle() {
        let mut repeats = Repeats::default();
        for n in 0..100 {
            assert_eq!(repeats.call("read", &format!("{n}")), Repeated::No);
        }
        let ends = (0..20).map(|n| repeats.call("read", if n % 2 == 0 { "a" } else { "b" }));
        let ends: Vec<Repeated> = ends.collect();
        assert_eq!((ends[7], ends[8]), (Repeated::No, Repeated::Tell(5)));
        assert_eq!(ends[11], Repeated::CutOff(12));
    }
}
