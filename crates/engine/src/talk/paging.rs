//! Paging in a role's live session: describes to `context::page_out` the messages that the host is about to send, and
//! replaces the parts that it chooses. A replaced part has the same replacement in every later request.
//!
//! `requests` stores the pages. This file knows no host, file or clock.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use context::{Economy, MessagePart, PartKind, Side, page_out};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::text::count;

/// The heading of the files that a prompt shows: the text after it may be paged out.
pub(crate) const READING: &str = "\n# What it touches\n";
/// The fewest bytes of a token.
const BYTES_PER_TOKEN: u64 = 3;
/// The most parts that are replaced in one session.
const MAX_PARTS: usize = 10_000;
/// Arguments that contain a file's text, or a part of it.
const BODIES: [&str; 4] = ["content", "oldString", "newString", "patchText"];

/// The messages of a request, in their order.
#[derive(Debug, Deserialize)]
pub(crate) struct Handed {
    parts: Vec<HandedPart>,
}

#[derive(Debug, Deserialize)]
struct HandedPart {
    /// The host's id of the part; the same in every request.
    id: String,
    /// The number of the model's answer to which the part belongs, from 1; 0 before the first answer.
    #[serde(default)]
    turn: u32,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum What {
    /// A prompt's text.
    Asked { text: String },
    /// Text of the model.
    Said { bytes: usize },
    /// A finished tool call.
    Call { tool: String, input: Map<String, Value>, output: String, failed: bool },
}

impl Handed {
    /// What tools answered: the host's name of the part, the tool, its output.
    pub(super) fn answers(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.parts.iter().filter_map(|part| match &part.what {
            What::Call { tool, output, .. } => Some((part.id.as_str(), tool.as_str(), output.as_str())),
            What::Asked { .. } | What::Said { .. } => None,
        })
    }
}

/// The replacements for a request.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct Replaced {
    /// Prompts that the host has dropped, to be inserted before the newest one.
    front: Vec<String>,
    parts: BTreeMap<String, ReplacedPart>,
    /// The number of bytes by which this request is shorter.
    #[serde(skip)]
    pub saved: u64,
}

/// The new content of a part; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct ReplacedPart {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    input: BTreeMap<String, String>,
}

/// The parts that one session has paged out.
#[derive(Default)]
pub(crate) struct Paging {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The first and the newest prompt.
    first: String,
    newest: String,
    /// The model's context size in bytes, if it is known.
    window: Option<usize>,
    parts: BTreeMap<String, ReplacedPart>,
}

impl Paging {
    /// Notes a prompt that is about to be sent. `window`: the model's context size in tokens.
    pub fn asked(&self, text: &str, window: Option<u64>) {
        let mut kept = self.lock();
        kept.window = window.and_then(|tokens| usize::try_from(tokens.saturating_mul(BYTES_PER_TOKEN)).ok());
        if kept.first.is_empty() {
            kept.first = text.to_string();
        }
        kept.newest = text.to_string();
    }

    /// The parts that are worth a page now.
    pub(super) fn wanted(&self, handed: &Handed, directory: &Path, cached: bool) -> Vec<Wanted> {
        let kept = self.lock();
        wanted(handed, &kept, directory, Economy { cached, window: kept.window })
    }

    /// Replaces a part whose text is stored as the page of that name.
    pub(super) fn replace(&self, handed: &Handed, wanted: &Wanted, page: &str) {
        if let Some(of) = handed.parts.get(wanted.part) {
            self.lock().replace(of, wanted.side, &format!("[{}: page `{page}`]", wanted.line), page);
        }
    }

    /// The long files that were read whole and have no replacement yet: the host's name of the part, and the path.
    pub(super) fn long_reads<'a>(
        &self,
        handed: &'a Handed,
        directory: &Path,
        longer_than: usize,
    ) -> Vec<(&'a str, String)> {
        let kept = self.lock();
        let parts = handed.parts.iter().filter(|part| !kept.parts.contains_key(&part.id));
        parts
            .filter_map(|part| match &part.what {
                What::Call { tool, input, output, failed: false }
                    if tool == "read" && output.len() > longer_than =>
                {
                    let is_range = input.contains_key("offset") || input.contains_key("limit");
                    let path = input.get("filePath").and_then(Value::as_str).filter(|_| !is_range)?;
                    Some((part.id.as_str(), relative(directory, path)))
                }
                _ => None,
            })
            .collect()
    }

    /// Shows a text in place of a part's answer, in this request and in every later one.
    pub(super) fn show(&self, part: &str, text: String) {
        let shown = ReplacedPart { output: Some(text), ..ReplacedPart::default() };
        self.lock().parts.insert(part.to_string(), shown);
    }

    /// The replacements for the handed messages.
    pub(super) fn replaced(&self, handed: &Handed) -> Option<Replaced> {
        Some(replaced(handed, &self.lock())).filter(|replaced| *replaced != Replaced::default())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A text that becomes a page.
pub(super) struct Wanted {
    /// The index of its part among the handed parts.
    part: usize,
    side: Side,
    /// The first word of its page's name; the replacing line also contains it.
    pub kind: &'static str,
    line: String,
    pub text: String,
}

fn wanted(handed: &Handed, kept: &Kept, directory: &Path, economy: Economy) -> Vec<Wanted> {
    let described: Vec<MessagePart> = handed.parts.iter().map(|part| described(part, directory)).collect();
    let mut out = BTreeSet::new();
    for (n, part) in handed.parts.iter().enumerate() {
        let Some(gone) = kept.parts.get(&part.id) else { continue };
        if !gone.input.is_empty() {
            out.insert((n, Side::Input));
        }
        if gone.output.is_some() || gone.text.is_some() {
            out.insert((n, Side::Output));
        }
    }
    if kept.parts.len() >= MAX_PARTS {
        return Vec::new();
    }
    let chosen = page_out(&described, &out, economy);
    chosen
        .into_iter()
        .filter_map(|(n, side)| want(n, &handed.parts.get(n)?.what, &described.get(n)?.kind, side))
        .collect()
}

/// A part in the form that `context` reads.
fn described(part: &HandedPart, directory: &Path) -> MessagePart {
    let (kind, input, output, rest) = match &part.what {
        What::Said { bytes } => (PartKind::Other, 0, 0, *bytes),
        What::Asked { text } => match text.split_once(READING) {
            Some((asked, reading)) => (PartKind::Shown(shown(reading)), 0, reading.len(), asked.len()),
            None => (PartKind::Other, 0, 0, text.len()),
        },
        What::Call { tool, input, output, failed } => {
            let kind = if *failed { PartKind::Failed } else { kind(tool, input, output, directory) };
            let body: usize = bodies(input).map(|(_, text)| text.len()).sum();
            let around = input.iter().filter(|(name, _)| !BODIES.contains(&name.as_str()));
            (kind, body, output.len(), around.map(|(name, value)| name.len() + value.to_string().len()).sum())
        }
    };
    MessagePart { kind, turn: part.turn, input, output, rest }
}

fn bodies(input: &Map<String, Value>) -> impl Iterator<Item = (&str, &str)> {
    BODIES.into_iter().filter_map(|name| Some((name, input.get(name)?.as_str()?)))
}

fn kind(tool: &str, input: &Map<String, Value>, output: &str, directory: &Path) -> PartKind {
    let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
    let path = || relative(directory, text("filePath"));
    match tool {
        "read" => {
            // The host marks an answer that shows a file to its end
            let begins =
                input.get("offset").is_none_or(|offset| matches!(offset.as_f64(), Some(n) if n <= 1.0));
            PartKind::Read { path: path(), whole: begins && output.contains("(End of file") }
        }
        "write" => PartKind::Change { paths: vec![path()], whole: true },
        "edit" => PartKind::Change { paths: vec![path()], whole: text("oldString").is_empty() },
        "apply_patch" => {
            let lines = text("patchText").lines();
            let named = lines.filter_map(|line| line.strip_prefix("*** ")?.split_once("File: "));
            PartKind::Change {
                paths: named.map(|(_, path)| relative(directory, path.trim())).collect(),
                whole: false,
            }
        }
        "grep" | "glob" | "list" | "bash" => PartKind::Found,
        "mission_check" => PartKind::Checked,
        "mission_page" => PartKind::Page,
        _ => PartKind::Other,
    }
}

/// A path relative to the session's folder, in whichever form it was given.
fn relative(directory: &Path, path: &str) -> String {
    let path = Path::new(path).strip_prefix(directory).unwrap_or(Path::new(path));
    let path = path.strip_prefix(".").unwrap_or(path);
    path.to_string_lossy().into_owned()
}

/// The files that a prompt shows, without those that do not exist.
fn shown(reading: &str) -> Vec<String> {
    let frames = reading.lines().filter_map(|line| line.strip_prefix("<file path=\"")?.split_once('"'));
    frames.filter(|(_, rest)| !rest.contains("state=")).map(|(path, _)| path.to_string()).collect()
}

fn want(part: usize, what: &What, kind: &PartKind, side: Side) -> Option<Wanted> {
    let wanted = |kind, line, text| Some(Wanted { part, side, kind, line, text });
    let lines = |text: &str| count(text.lines().count(), "line");
    match (what, side) {
        (What::Asked { text }, Side::Output) => {
            let (_, reading) = text.split_once(READING)?;
            wanted("files", format!("the files as they were, {}", lines(reading)), reading.to_string())
        }
        (What::Call { tool, output, .. }, Side::Output) => {
            let (name, of) = match kind {
                PartKind::Read { path, .. } => ("read", format!("read {path}")),
                PartKind::Checked => ("check", "what a check said before".to_string()),
                _ => ("answer", format!("answer of {tool}")),
            };
            wanted(name, format!("{of}, {}", lines(output)), output.clone())
        }
        (What::Call { tool, input, .. }, Side::Input) => {
            let paths = match kind {
                PartKind::Change { paths, .. } => paths.join(", "),
                _ => input.get("filePath").and_then(Value::as_str).unwrap_or_default().to_string(),
            };
            let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
            let (done, page) = match tool.as_str() {
                "write" => {
                    (format!("wrote {paths}, {}", lines(text("content"))), text("content").to_string())
                }
                "edit" => {
                    let (old, new) = (text("oldString"), text("newString"));
                    let now = new.lines().count();
                    (
                        format!("edited {paths}, {} became {now}", lines(old)),
                        format!("# oldString\n{old}\n\n# newString\n{new}\n"),
                    )
                }
                _ => (format!("changed {paths}"), bodies(input).map(|(_, text)| text).collect()),
            };
            let done = if matches!(kind, PartKind::Failed) { format!("failed: {done}") } else { done };
            wanted("change", done, page)
        }
        (What::Asked { .. }, Side::Input) | (What::Said { .. }, _) => None,
    }
}

impl ReplacedPart {
    fn saves(&self, what: &What) -> u64 {
        let less = |before: &str, now: &Option<String>| {
            now.as_ref().map_or(0, |now| before.len().saturating_sub(now.len()))
        };
        let saved = match what {
            What::Asked { text } => less(text, &self.text),
            What::Said { .. } => 0,
            What::Call { input, output, .. } => {
                let inputs = bodies(input).filter_map(|(name, text)| Some((text, self.input.get(name)?)));
                inputs.map(|(text, now)| text.len().saturating_sub(now.len())).sum::<usize>()
                    + less(output, &self.output)
            }
        };
        saved as u64
    }
}

impl Kept {
    fn replace(&mut self, of: &HandedPart, side: Side, line: &str, page: &str) {
        let part = self.parts.entry(of.id.clone()).or_default();
        match (&of.what, side) {
            (What::Asked { text }, _) => {
                let asked = text.split_once(READING).map_or(text.as_str(), |(asked, _)| asked);
                part.text = Some(format!("{asked}{READING}{line}\n"));
            }
            (What::Call { .. }, Side::Output) => part.output = Some(line.to_string()),
            (What::Call { input, .. }, Side::Input) => {
                let mut line = line.to_string();
                for (name, _) in bodies(input).filter(|(_, text)| !text.is_empty()) {
                    let again = format!("[page `{page}`]");
                    part.input.insert(name.to_string(), std::mem::replace(&mut line, again));
                }
            }
            (What::Said { .. }, _) => {}
        }
    }
}

fn replaced(handed: &Handed, kept: &Kept) -> Replaced {
    let known = || handed.parts.iter().filter_map(|part| Some((part, kept.parts.get(&part.id)?)));
    let saved = known().map(|(part, replaced)| replaced.saves(&part.what)).sum();
    let is_there = |prompt: &str| {
        handed.parts.iter().any(|part| matches!(&part.what, What::Asked { text } if text == prompt))
    };
    let mut front = Vec::new();
    // The task is in the first prompt; the files that it showed are unchanged
    if kept.first != kept.newest && !is_there(&kept.first) {
        let asked = kept.first.split_once(READING).map_or(kept.first.as_str(), |(asked, _)| asked);
        front.push(format!("{}\n", asked.trim_end()));
    }
    if !kept.newest.is_empty() && !is_there(&kept.newest) {
        front.push(kept.newest.clone());
    }
    let parts = known().map(|(part, replaced)| (part.id.clone(), replaced.clone())).collect();
    Replaced { front, parts, saved }
}

/// Whether a text in a call's arguments is only the replacement of a paged-out text.
pub(crate) fn stands_for_page(arguments: &Value) -> bool {
    let stands = |text: &str| {
        let line = text.trim();
        line.starts_with('[') && line.ends_with("`]") && line.contains("page `") && !line.contains('\n')
    };
    let Some(input) = arguments.as_object() else { return false };
    bodies(input).any(|(_, text)| stands(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn handed(parts: Value) -> Handed {
        serde_json::from_value(json!({ "parts": parts })).unwrap()
    }

    fn call(id: &str, turn: u32, tool: &str, input: Value, output: &str) -> Value {
        json!({ "id": id, "turn": turn, "kind": "call", "tool": tool, "input": input, "output": output, "failed": false })
    }

    fn write(id: &str, turn: u32, path: &str) -> Value {
        let content = "export const value = 1\n".repeat(100);
        call(id, turn, "write", json!({ "filePath": path, "content": content }), "Wrote file successfully.")
    }

    /// Pages out all parts that are worth it, as `requests` does; returns the replacements.
    fn round(paging: &Paging, parts: &Value) -> Value {
        let handed = handed(parts.clone());
        for (n, wanted) in paging.wanted(&handed, Path::new("/slot"), false).iter().enumerate() {
            paging.replace(&handed, wanted, &format!("{}-{n}", wanted.kind));
        }
        paging.replaced(&handed).map_or(Value::Null, |replaced| serde_json::to_value(replaced).unwrap())
    }

    #[test]
    fn what_was_written_becomes_a_line_and_stays_the_same_line() {
        let paging = Paging::default();
        let mut parts = json!([write("p1", 1, "/slot/a.js"), write("p2", 1, "./b.js")]);
        let line = "[wrote a.js, 100 lines: page `change-0`]";
        let first = round(&paging, &parts);
        assert_eq!(first["parts"], json!({ "p1": { "input": { "content": line } } }));
        parts.as_array_mut().unwrap().push(write("p3", 2, "c.js"));
        let second = round(&paging, &parts);
        assert_eq!(second["parts"]["p1"], first["parts"]["p1"]);
        assert!(second["parts"]["p2"]["input"]["content"].as_str().unwrap().contains("wrote b.js"));
        assert_eq!(second["parts"]["p3"], Value::Null, "the file in work stays");
        assert!(stands_for_page(&json!({ "filePath": "a.js", "content": format!("{line}\n") })));
        assert!(stands_for_page(&json!({ "oldString": "x", "newString": "[page `change-1`]" })));
        assert!(!stands_for_page(&json!({ "content": "[see page `3`]\nmore" })));
    }

    #[test]
    fn a_long_file_is_folded_once_and_stays_as_it_is_shown() {
        let paging = Paging::default();
        let (whole, range) =
            (json!({ "filePath": "/slot/a.js" }), json!({ "filePath": "a.js", "offset": 1 }));
        let long = "line\n".repeat(40);
        let parts = json!([
            call("p1", 1, "read", whole.clone(), &long),
            call("p2", 1, "read", range, &long),
            call("p3", 1, "read", whole.clone(), "short"),
            call("p4", 1, "grep", whole, &long),
        ]);
        let handed = handed(parts);
        let found = paging.long_reads(&handed, Path::new("/slot"), 100);
        assert_eq!(found, [("p1", "a.js".to_string())]);
        paging.show("p1", "folded".into());
        assert!(paging.long_reads(&handed, Path::new("/slot"), 100).is_empty());
        let replaced = paging.replaced(&handed).unwrap();
        assert_eq!((replaced.saved, replaced.parts.len()), (194, 1));
    }

    #[test]
    fn a_prompt_keeps_its_task_when_its_files_go() {
        let paging = Paging::default();
        let files = "<file path=\"a.js\">\n".to_string() + &"const a = 1\n".repeat(300) + "</file>\n";
        let prompt = format!("mission: m-1\nrole: coder\n\n# Task: T\n{READING}{files}");
        paging.asked(&prompt, None);
        let asked = json!({ "id": "q", "turn": 0, "kind": "asked", "text": prompt });
        let read = call(
            "p1",
            1,
            "read",
            json!({ "filePath": "/slot/a.js" }),
            "1: const a\n(End of file - total 300 lines)",
        );
        let got = round(&paging, &json!([asked, read]));
        let text = got["parts"]["q"]["text"].as_str().unwrap();
        assert!(text.starts_with("mission: m-1\nrole: coder\n\n# Task: T\n\n# What it touches\n[the files as they were, 302 lines: page `files-0`]"), "{text}");
        // A prompt that the host has compacted away is inserted in front, without the files
        paging.asked("mission: m-1\nrole: fixer\n\n# What was found\n- it fails\n", None);
        let got = round(&paging, &json!([{ "id": "s", "turn": 1, "kind": "said", "bytes": 10 }]));
        let front = got["front"].as_array().unwrap();
        assert_eq!(front[0], "mission: m-1\nrole: coder\n\n# Task: T\n");
        assert!(front[1].as_str().unwrap().contains("it fails"));
    }

    #[test]
    fn an_edit_and_a_stale_read_are_told_by_what_they_were() {
        let paging = Paging::default();
        let edit = json!({ "filePath": "a.js", "oldString": "old line\n".repeat(40), "newString": "new line\n".repeat(50) });
        let mut parts = vec![
            call("p1", 1, "read", json!({ "filePath": "a.js" }), &"line\n".repeat(400)),
            call("p2", 2, "edit", edit, "Edit applied successfully."),
        ];
        assert_eq!(round(&paging, &json!(parts)), Value::Null);
        parts.extend((3..6).map(|n| write(&format!("p{n}"), n, &format!("{n}.js"))));
        let got = round(&paging, &json!(parts));
        assert_eq!(got["parts"]["p1"]["output"], "[read a.js, 400 lines: page `read-0`]");
        let input = &got["parts"]["p2"]["input"];
        assert_eq!(input["oldString"], "[edited a.js, 40 lines became 50: page `change-1`]");
        assert_eq!(input["newString"], "[page `change-1`]");
    }
}
