//! A delivered change by task and file, each with its evidence: the verdicts of the gates, and which check covers which
//! file. Numbered hunks can be undone (`undo`), and lines can be commented on (`follow`). It changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use journal::Redactor;
use mission::{Delivery, GateVerdict, Phase, State, Task};
use serde::Serialize;
use workspace::{DeliveryEntry, Hunk, HunkError, Workspace};

use crate::actor::past::PastMission;
use crate::blocking::blocking;
use crate::missions::after::undo::{intended, versions};
use crate::missions::project::Project;
use crate::missions::report;
use crate::text::{count, cut, visible};

/// The most bytes of a gate's detail.
const MAX_DETAIL: usize = 160;

/// A change in the form for a user's review.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Review {
    pub mission: String,
    pub objective: String,
    /// How the mission ended, and how far its change is verified.
    pub verdict: String,
    /// The current place of the change, in words: working tree, branch, or not delivered.
    pub place: String,
    pub tasks: Vec<ReviewTask>,
    pub files: Vec<ReviewFile>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReviewTask {
    pub id: String,
    pub title: String,
    pub files: Vec<String>,
    pub gates: Vec<ReviewGate>,
    pub verified_by: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReviewGate {
    pub gate: &'static str,
    pub verdict: GateVerdict,
    pub detail: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReviewFile {
    pub path: String,
    /// `added`, `changed` or `removed`.
    pub change: &'static str,
    /// `delivered`, `taken_back`, or `changed_since` by the user.
    pub state: &'static str,
    pub tasks: Vec<String>,
    /// Checks that passed and run tests of it.
    pub covered_by: Vec<String>,
    /// The file needs a test, and no passed check runs one.
    pub uncovered: bool,
    pub added: usize,
    pub removed: usize,
    pub hunks: Vec<ReviewHunk>,
    /// Why it has no hunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_hunks: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReviewHunk {
    /// From 1; `undo --hunk PATH:N` takes it back.
    pub hunk: usize,
    pub header: String,
    pub taken_back: bool,
    /// The lines with their signs.
    pub lines: Vec<String>,
}

impl Project {
    /// The change of the named mission, or of the newest one that has any.
    pub(crate) async fn review(&self, id: Option<&str>) -> Result<Review, String> {
        let has_change = |past: &PastMission| past.state.integrated_tree.is_some();
        let (dir, past) = match id {
            Some(id) => self.find(Some(id), has_change)?,
            None => self
                .find(None, has_change)
                .map_err(|_| "no mission of this project has changed anything yet".to_string())?,
        };
        if !has_change(&past) {
            return Err(format!(
                "mission `{}` has integrated nothing: there is no change to review",
                dir.id()
            ));
        }
        let (root, state) = (self.root.clone(), self.state.path().to_path_buf());
        let redactor = self.redactor.clone();
        blocking(move || {
            let workspace = Workspace::open(&root, &state).map_err(|error| error.to_string())?;
            let mut review = of(&workspace, &past).map_err(|error| error.to_string())?;
            for hunk in review.files.iter_mut().flat_map(|file| &mut file.hunks) {
                hunk.lines = redacted(&redactor, &hunk.lines);
            }
            Ok(review)
        })
        .await
    }
}

/// The most lines of hunks in a chat: a later turn sends them to a model.
const IN_CHAT: usize = 60;
/// The most bytes of a line in a chat, and of the whole.
const MAX_LINE: usize = 400;
const MAX_CHAT: usize = 24_000;

impl Project {
    /// The same for a chat, inside a code fence.
    pub(crate) async fn review_in_chat(&self, id: Option<&str>) -> String {
        match self.review(id).await {
            Ok(review) => {
                let text = review.text(IN_CHAT);
                let text = for_chat(&visible(&self.redactor.redact(&text)), &review.mission);
                let fence = crate::talk::prompt::fence(&text);
                format!("{fence}\n{text}{fence}\n")
            }
            Err(why) => format!("There is no review: {why}.\n"),
        }
    }
}

/// The lines of a hunk without secrets. A secret may span lines, so lines with the same sign are redacted as one text,
/// and then all lines together.
fn redacted(redactor: &Redactor, lines: &[String]) -> Vec<String> {
    let sign = |line: &String| line.chars().next();
    let mut signed: Vec<String> = Vec::new();
    for run in lines.chunk_by(|a, b| sign(a) == sign(b)) {
        let plain: Vec<&str> = run.iter().map(|line| line.get(1..).unwrap_or_default()).collect();
        let mark = run.first().and_then(sign).unwrap_or(' ');
        signed.extend(redactor.redact(&plain.join("\n")).split('\n').map(|line| format!("{mark}{line}")));
    }
    if signed.is_empty() {
        return signed;
    }
    redactor.redact(&signed.join("\n")).split('\n').map(str::to_string).collect()
}

/// A text cut for a chat; a minified file may be one very long line.
fn for_chat(text: &str, mission: &str) -> String {
    let mut shown = String::new();
    for line in text.lines() {
        if shown.len() > MAX_CHAT {
            let _ = writeln!(
                shown,
                "\nThe rest is left out here: `opencode-orchestrator review {mission}` shows it."
            );
            break;
        }
        shown.push_str(&cut(line, MAX_LINE));
        shown.push('\n');
    }
    shown
}

fn of(workspace: &Workspace, past: &PastMission) -> Result<Review, workspace::Error> {
    let state = &past.state;
    let mut delivery = match (intended(past), &state.base, &state.head) {
        (Some(delivery), ..) => delivery,
        (None, Some(base), Some(head)) => workspace.plan_delivery(&base.commit, &head.commit)?,
        (None, ..) => workspace::Delivery {
            from_tree: String::new(),
            to_tree: String::new(),
            to_commit: String::new(),
            entries: Vec::new(),
        },
    };
    let hunks = workspace.all_hunks(&delivery)?;
    let by_task = files_of_tasks(workspace, state)?;
    let written = matches!(state.delivery, Delivery::Delivered { branch: None, .. });
    let changed: BTreeSet<String> = if written {
        workspace.standing(&mut delivery, &versions(state))?;
        workspace.changed_since(&delivery)?.into_iter().collect()
    } else {
        BTreeSet::new()
    };
    let files = delivery.entries.iter().zip(hunks).map(|(entry, hunks)| {
        let mut file = file(state, entry, hunks);
        let tasks = by_task.iter().filter(|(_, files)| files.contains(&entry.path));
        file.tasks = tasks.map(|(task, _)| task.clone()).collect();
        if state.taken_back.contains(&entry.path) {
            file.state = "taken_back";
        } else if changed.contains(&entry.path) {
            file.state = "changed_since";
        }
        file
    });
    let files: Vec<ReviewFile> = files.collect();
    let tasks = integrated(state).map(|task| {
        let own = files.iter().filter(|file| file.tasks.contains(&task.id));
        task_of(state, task, own.map(|file| file.path.clone()).collect())
    });
    Ok(Review {
        mission: state.mission.clone(),
        objective: state.objective.clone(),
        verdict: report::headline(state).replace("**", ""),
        place: place(state),
        tasks: tasks.collect(),
        files,
    })
}

fn integrated(state: &State) -> impl Iterator<Item = &Task> {
    let tasks = state.order.iter().filter_map(|id| state.tasks.get(id));
    tasks.filter(|task| matches!(task.phase, Phase::Integrated { .. }) && !task.compound)
}

fn place(state: &State) -> String {
    match &state.delivery {
        Delivery::Delivered { branch: Some(branch), .. } => format!("on branch {branch}"),
        Delivery::Delivered { .. } => "in your working tree".into(),
        Delivery::Undone { .. } => "taken back".into(),
        Delivery::Intended { .. } => "in part in your working tree: the delivery was interrupted".into(),
        Delivery::Pending | Delivery::Failed { .. } => "not delivered".into(),
    }
}

/// The files that each task changed, from its own commits.
fn files_of_tasks(
    workspace: &Workspace,
    state: &State,
) -> Result<BTreeMap<String, BTreeSet<String>>, workspace::Error> {
    let mut files = BTreeMap::new();
    for task in integrated(state) {
        let (Some(base), Some(passed)) = (&task.base, &task.passed) else { continue };
        let changes = workspace.changes(base, passed)?;
        files.insert(task.id.clone(), changes.into_iter().flat_map(workspace::Change::paths).collect());
    }
    Ok(files)
}

fn task_of(state: &State, task: &Task, files: Vec<String>) -> ReviewTask {
    // The task was integrated with the newest verdict of each gate
    let mut gates: Vec<ReviewGate> = Vec::new();
    for judged in state.verdicts.iter().filter(|judged| judged.task.as_ref() == Some(&task.id)) {
        let gate = judged.gate.name();
        gates.retain(|known| known.gate != gate);
        let detail = cut(judged.detail.lines().next().unwrap_or_default(), MAX_DETAIL);
        gates.push(ReviewGate { gate, verdict: judged.verdict, detail });
    }
    ReviewTask {
        id: task.id.clone(),
        title: task.title.clone(),
        files,
        gates,
        verified_by: task.verified_by.clone(),
    }
}

fn file(state: &State, entry: &DeliveryEntry, hunks: Result<Vec<Hunk>, HunkError>) -> ReviewFile {
    let change = match (&entry.before, &entry.after) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    };
    let vouching = || state.head_checks.iter().filter(|check| check.vouches());
    let covered_by: Vec<String> = vouching()
        .filter(|check| check.covers.contains(&entry.path))
        .map(|check| check.run.clone())
        .collect();
    let missed = state.head_checks.iter().any(|check| check.misses.contains(&entry.path));
    let backs = state.hunks_back.get(&entry.path);
    let taken = |number: usize| backs.is_some_and(|backs| backs.iter().any(|b| b.hunk as usize == number));
    let (hunks, no_hunks) = match hunks {
        Ok(hunks) => (hunks, None),
        Err(why) => (Vec::new(), Some(why.to_string())),
    };
    let counts: Vec<(usize, usize)> = hunks.iter().map(Hunk::counts).collect();
    let hunks = hunks.into_iter().enumerate().map(|(at, hunk)| ReviewHunk {
        hunk: at + 1,
        header: hunk.header(),
        taken_back: taken(at + 1),
        lines: hunk.lines.into_iter().map(|(sign, text)| format!("{sign}{text}")).collect(),
    });
    ReviewFile {
        path: entry.path.clone(),
        change,
        state: "delivered",
        tasks: Vec::new(),
        uncovered: missed && covered_by.is_empty(),
        covered_by,
        added: counts.iter().map(|(added, _)| added).sum(),
        removed: counts.iter().map(|(_, removed)| removed).sum(),
        hunks: hunks.collect(),
        no_hunks,
    }
}

impl Review {
    /// Keeps only one file; the error names the existing ones.
    pub fn only(&mut self, path: &str) -> Result<(), String> {
        let path = path.trim_start_matches("./");
        if !self.files.iter().any(|file| file.path == path) {
            let known = crate::text::quoted(self.files.iter().map(|file| &file.path));
            return Err(format!("mission `{}` did not change `{path}`; it changed {known}", self.mission));
        }
        self.files.retain(|file| file.path == path);
        self.tasks.retain(|task| task.files.iter().any(|file| file == path));
        Ok(())
    }

    /// The text for a terminal or a chat; `lines`: how many lines of hunks are shown.
    pub fn text(&self, lines: usize) -> String {
        let id = &self.mission;
        let title = self.objective.lines().next().unwrap_or_default();
        let mut text = format!("Mission {id}: {}\n{}; {}\n", cut(title, 200), self.verdict, self.place);
        let mut room = lines;
        for task in &self.tasks {
            let _ = write!(text, "\n{}  {}\n", task.id, cut(&task.title, 200));
            for gate in &task.gates {
                let _ = writeln!(text, "  {} {}: {}", sign(gate.verdict), gate.gate, gate.detail);
            }
            for file in self.files.iter().filter(|file| file.tasks.first() == Some(&task.id)) {
                shown(&mut text, file, &mut room);
            }
        }
        let rest: Vec<&ReviewFile> = self.files.iter().filter(|file| !self.is_listed(file)).collect();
        if !rest.is_empty() {
            text.push_str("\nNot part of one task (packages, or merged with your own changes)\n");
        }
        for file in rest {
            shown(&mut text, file, &mut room);
        }
        if lines > 0 && room == 0 {
            let _ = writeln!(
                text,
                "\nMore is left out here: `opencode-orchestrator review {id} --file PATH` shows one file."
            );
        }
        let _ = write!(
            text,
            "\nTake back one file:  opencode-orchestrator undo {id} --file PATH\nTake back one hunk:  opencode-orchestrator undo {id} \
             --hunk PATH:N\nComment on a line:   /task fix {id} PATH:LINE: what to change\n"
        );
        text
    }

    fn is_listed(&self, file: &ReviewFile) -> bool {
        file.tasks.first().is_some_and(|first| self.tasks.iter().any(|task| task.id == *first))
    }
}

fn sign(verdict: GateVerdict) -> &'static str {
    match verdict {
        GateVerdict::Pass => "✓",
        GateVerdict::Fail => "✗",
        GateVerdict::NoEvidence => "–",
    }
}

fn shown(text: &mut String, file: &ReviewFile, room: &mut usize) {
    let also = match file.tasks.as_slice() {
        [_, others @ ..] if !others.is_empty() => format!(" (also {})", others.join(", ")),
        _ => String::new(),
    };
    let evidence = match (file.covered_by.as_slice(), file.uncovered) {
        ([], true) => ", no test covers it".to_string(),
        ([], false) => String::new(),
        (checks, _) => format!(", covered by {}", checks.join(", ")),
    };
    let since = match file.state {
        "taken_back" => ", taken back",
        "changed_since" => ", changed by you since",
        _ => "",
    };
    let _ = writeln!(
        text,
        "  {} {} +{} -{}{evidence}{since}{also}",
        file.change, file.path, file.added, file.removed
    );
    if let Some(why) = &file.no_hunks {
        let _ = writeln!(text, "    no hunks: {why}");
    }
    for hunk in &file.hunks {
        if *room == 0 {
            return;
        }
        let back = if hunk.taken_back { "  (taken back)" } else { "" };
        let _ = writeln!(text, "\n    {}:{}  {}{back}", file.path, hunk.hunk, hunk.header);
        let kept = hunk.lines.len().min(*room);
        for line in &hunk.lines[..kept] {
            let _ = writeln!(text, "    {line}");
        }
        *room -= kept;
        if kept < hunk.lines.len() {
            let _ = writeln!(text, "    … {} more", count(hunk.lines.len() - kept, "line"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_spans_lines_of_a_hunk_is_not_shown() {
        let redactor = Redactor::shapes_only();
        let key = |sign: char| -> Vec<String> {
            let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
            let begin = format!("-----BEGIN {} KEY-----", "PRIVATE");
            let lines = [begin.as_str(), body, body];
            lines.iter().map(|line| format!("{sign}{line}")).collect()
        };
        for sign in ['+', '-', ' '] {
            let lines = [vec![" before".to_string()], key(sign), vec!["*after".to_string()]].concat();
            let shown = redacted(&redactor, &lines);
            assert_eq!((&*shown[0], shown.last().unwrap().as_str()), (" before", "*after"));
            assert!(!shown.concat().contains("MIIE"), "{shown:?}");
        }
        let plain = [" a", "-b", "+", "+c"].map(str::to_string);
        assert_eq!(redacted(&redactor, &plain), plain);
        assert!(redacted(&redactor, &[]).is_empty());
    }

    #[test]
    fn a_chat_gets_no_more_than_it_can_take() {
        assert_eq!(for_chat("a\n\nb\n", "m-00000001"), "a\n\nb\n");
        let minified = for_chat(&"x".repeat(2 << 20), "m-00000001");
        assert!(minified.len() < 500 && minified.contains("bytes more"), "{minified}");
        let many = for_chat(&"a line of a list of files\n".repeat(100_000), "m-00000001");
        assert!(
            many.len() < 25_000 && many.contains("`opencode-orchestrator review m-00000001`"),
            "{}",
            many.len()
        );
    }
}
