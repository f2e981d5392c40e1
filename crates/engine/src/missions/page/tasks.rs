//! A task's part of the page: its instructions, its attempts with their findings, the verdict of each gate, and its
//! change.
//!
//! `page` calls it, with the diff and the most bytes for it. Titles, findings and diffs come from models and files:
//! `markup` escapes everything. It reads no file and computes no totals.

use std::fmt::Write;

use mission::{Phase, State, Task};

use super::change;
use super::markup::{escaped, marked};
use crate::text::cut;

/// The most bytes of an instruction and of a finding; the most verdicts and findings that are listed.
const MAX_TEXT: usize = 600;
const MAX_LISTED: usize = 12;

/// `room`: about how many bytes the task may take; findings and verdicts take at most half of them, the change the rest.
pub(super) fn draw(page: &mut String, state: &State, task: &Task, diff: Option<&str>, room: usize) {
    let begins = page.len();
    let (half, end) = (begins.saturating_add(room / 2), begins.saturating_add(room));
    let word = match &task.phase {
        Phase::Integrated { .. } => "integrated",
        Phase::Split => "split",
        Phase::Abandoned { .. } => "abandoned",
        Phase::Cancelled { .. } => "cancelled",
        Phase::Passed { .. } => "passed",
        Phase::Waiting => "waiting",
        _ => "in work",
    };
    let _ = write!(
        page,
        "<details id=\"task-{0}\"><summary>{0}: {1} <span class=\"soft\">({word})</span></summary>\n<p>{2}</p>\n",
        escaped(&task.id),
        escaped(cut(&task.title, MAX_TEXT)),
        escaped(cut(&task.instructions, MAX_TEXT)),
    );
    if let Phase::Abandoned { reason } | Phase::Cancelled { reason } = &task.phase {
        let _ = writeln!(page, "<p class=\"bad\">{}</p>", marked(&cut(reason, MAX_TEXT)));
    }
    for said in &task.corrections {
        let _ = writeln!(page, "<p>From the user: {}</p>", escaped(cut(said, MAX_TEXT)));
    }
    list(page, half, "Acceptance", task.acceptance.iter().map(|item| escaped(cut(item, MAX_TEXT))));
    let failures = task.failures.iter().flat_map(|failure| {
        failure.issues.iter().take(MAX_LISTED).map(move |issue| {
            let what = escaped(cut(&issue.to_string(), MAX_TEXT));
            format!("attempt {}, {}: {what}", failure.attempt, failure.class.name())
        })
    });
    list(page, half, "What was found", failures);
    let verdicts = state.verdicts.iter().filter(|verdict| verdict.task.as_ref() == Some(&task.id));
    let said = verdicts.map(|verdict| {
        let word = match verdict.verdict {
            mission::GateVerdict::Pass => "<span class=\"good\">pass</span>",
            mission::GateVerdict::Fail => "<span class=\"bad\">fail</span>",
            mission::GateVerdict::NoEvidence => "no evidence",
        };
        format!("{}: {word}: {}", verdict.gate.name(), escaped(cut(&verdict.detail, MAX_TEXT)))
    });
    list(page, half, "What the gates said", said);
    list(page, half, "Verified by", task.verified_by.iter().map(|by| escaped(cut(by, MAX_TEXT))));
    match diff {
        Some(diff) if !diff.is_empty() => {
            page.push_str("<h3>Change</h3>\n");
            change::draw(page, diff, end);
        }
        _ if matches!(task.phase, Phase::Integrated { .. }) && !task.compound => {
            page.push_str("<p class=\"soft\">Its change is not part of this page.</p>\n");
        }
        _ => {}
    }
    page.push_str("</details>\n");
}

/// The items, as far as the page is not longer than `end` bytes.
fn list(page: &mut String, end: usize, title: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        return;
    }
    let _ = writeln!(page, "<h3>{title}</h3>\n<ul>");
    let mut shown = 0;
    for item in items.iter().take(MAX_LISTED) {
        if page.len() >= end {
            break;
        }
        let _ = writeln!(page, "<li>{item}</li>");
        shown += 1;
    }
    if items.len() > shown {
        let _ = writeln!(page, "<li>and {} more</li>", items.len() - shown);
    }
    page.push_str("</ul>\n");
}
