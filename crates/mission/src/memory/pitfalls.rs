//! Pitfalls: flaky tests, slow commands, and a set-up that fails.
//!
//! Reads the `BaseChecked` and `FlakySeen` events of a mission. It must drop a pitfall that a later run
//! contradicts.

use super::entry::Kind;
use super::lesson::Lesson;
use super::store::Memory;
use crate::Event;

/// A command that takes this long, in milliseconds, is slow until it takes less than half as long.
const SLOW_MS: u64 = 60_000;
/// A flaky test is dropped after this many missions in a row in which its check was not flaky.
const STEADY: u32 = 5;
/// The most tests of one flaky run that are kept.
const MAX_TESTS: usize = 5;

pub(super) fn learn(memory: &mut Memory, lesson: &Lesson<'_>) {
    for event in lesson.events {
        let Event::BaseChecked { checks, setup, .. } = event else { continue };
        for check in checks {
            let flaky = format!("flaky:{}:", check.run);
            for entry in memory.entries.iter_mut().filter(|entry| entry.key.starts_with(&flaky)) {
                entry.quiet = entry.quiet.saturating_add(1);
            }
            slow(memory, lesson, &check.run, check.took_ms);
        }
        for step in setup {
            let key = format!("failed:{}:{}", step.directory, step.run);
            match step.failed.as_ref().and_then(|_| step.failure()) {
                Some(failure) => {
                    let text = format!("the set-up failed: {failure}");
                    memory.confirm(Kind::Pitfall, &key, &text, &lesson.source);
                }
                None => {
                    memory.drop_entry(Kind::Pitfall, &key);
                    slow(memory, lesson, &step.run, Some(step.took_ms).filter(|_| !step.warm));
                }
            }
        }
    }
    for event in lesson.events {
        let Event::FlakySeen { run, tests, .. } = event else { continue };
        let all = [String::new()];
        let tests = if tests.is_empty() { &all[..] } else { tests.get(..MAX_TESTS).unwrap_or(tests) };
        for test in tests {
            let what = if test.is_empty() { String::new() } else { format!(" `{test}`") };
            let text = format!("flaky:{what} in `{run}` failed and then passed on the same files");
            memory.confirm(Kind::Pitfall, &format!("flaky:{run}:{test}"), &text, &lesson.source);
        }
    }
    memory.drop_quiet(Kind::Pitfall, STEADY);
}

fn slow(memory: &mut Memory, lesson: &Lesson<'_>, run: &str, took_ms: Option<u64>) {
    let Some(took_ms) = took_ms else { return };
    let key = format!("slow:{run}");
    if took_ms >= SLOW_MS {
        let text = format!("slow: `{run}`");
        if let Some(entry) = memory.confirm(Kind::Pitfall, &key, &text, &lesson.source) {
            entry.took_ms = Some(took_ms);
        }
    } else if took_ms < SLOW_MS / 2 {
        memory.drop_entry(Kind::Pitfall, &key);
    }
}
