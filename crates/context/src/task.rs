//! The Coder's first text: the task's files, and outlines of their neighbours.
//!
//! It reads the current files, through `file`; the index only decides which files are near. It redacts nothing and
//! does not choose a task's files, which the plan does. It writes through `budget`, and names files without room.

use crate::budget::{Limited, bytes_of, clip, count, shown};
use crate::entry::{Entry, FileId};
use crate::excerpt;
use crate::file::{self, Role, read_text};
use crate::index::Index;
use crate::query::Query;
use crate::resolve::paths::folder_of;
use crate::shown::callers::lines_that_use;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use syntax::Symbol;

/// The share of the budget for the task's own files if they have neighbours.
const OWN_SHARE: f32 = 0.8;
/// The most neighbours whose outlines are shown.
const MAX_NEIGHBOURS: usize = 30;
/// The most files beside a new one that are shown as examples.
const MAX_BESIDE: usize = 3;
/// The most bytes of all neighbours: they are hints, and a look at one costs one answer.
const NEIGHBOURS: usize = 5_000;
/// The most bytes of one neighbour's outline.
const OUTLINE: usize = 2_000;
/// The most bytes of the example for a new file.
const EXAMPLE: usize = 3_000;
/// The most paths that are named instead of shown.
const MAX_NAMED: usize = 20;
/// A longer file of the task is folded into this many bytes. A file is sent again with every answer; lines that are
/// missing cost one more answer, which is less than sending most of a longer file for nothing.
const WHOLE: usize = 8_000;
const SLICES: usize = 8_000;
/// An outline in which less than one line in this many is new is a near copy.
const NEARLY: usize = 5;
/// A shorter outline is no copy.
const LEAST: usize = 3;
/// Bytes that are reserved for the note about files that were left out.
const NOTE: usize = 500;

/// The current files of a task below `root`: in full if they fit, otherwise the parts that fit `objective` best, with
/// line numbers. Then outlines of files that they import or that import them, and of files beside those that do not
/// exist yet. At most `budget_tokens` by [`crate::estimate_tokens`]; a note names files that were left out. With
/// `slices`, a long file is never shown in full, but as its signatures and the bodies that fit.
pub fn task_context(
    root: &Path,
    index: &Index,
    task_files: &[String],
    objective: &str,
    budget_tokens: usize,
    slices: bool,
) -> String {
    let budget = bytes_of(budget_tokens);
    let note = NOTE.min(budget / 4);
    let mut out = Limited::new(budget - note);
    let mut left_out: Vec<&str> = Vec::new();
    let query = Query::new(index, objective);

    let mut files: Vec<File<'_>> = Vec::new();
    for path in task_files {
        let path = path.strip_prefix("./").unwrap_or(path);
        if files.iter().all(|file| file.path != path) {
            files.push(File::read(root, path));
        }
    }
    let neighbours = neighbours(index, &files, &query);
    let own = if neighbours.is_empty() { out.left() } else { (out.left() as f32 * OWN_SHARE) as usize };
    for (file, text) in files.iter().zip(share(&files, own, &query, slices)) {
        if !out.push(&text) {
            left_out.push(file.path);
        }
    }
    let example = example(root, index, &files, &query, &mut out);
    // Its outline would show the same lines again; lines that use the task's files are others
    let again = |near: &Neighbour<'_>| Some(&*near.entry.path) == example && !near.imports();
    let neighbours: Vec<_> = neighbours.into_iter().filter(|near| !again(near)).collect();
    let plain = outlines(root, index, &files, &neighbours, &query, &mut out, &mut left_out);

    out.release(note);
    say(&mut out, "Left out because there is no room; read them if needed: ", &left_out);
    say(&mut out, "Also connected: ", &plain);
    out.finish()
}

/// A file of the task.
struct File<'a> {
    path: &'a str,
    state: State,
}

enum State {
    Text(String),
    Missing,
    Unreadable,
}

impl<'a> File<'a> {
    fn read(root: &Path, path: &'a str) -> Self {
        let state = match read_text(root, path) {
            Some(text) => State::Text(text),
            None if file::is_inside(path) && !root.join(path).exists() => State::Missing,
            None => State::Unreadable,
        };
        Self { path, state }
    }

    fn whole(&self) -> String {
        let why = match &self.state {
            State::Text(text) => return framed(self.path, "", &excerpt::whole(text)),
            State::Missing => "does not exist yet",
            State::Unreadable => "not shown: no text, too large, or outside the project",
        };
        format!("<file path={:?} state=\"{why}\" />\n", self.path)
    }
}

/// The texts of the files, in their order, in `limit` bytes together if possible: small files whole; the large ones
/// share the rest.
fn share(files: &[File<'_>], limit: usize, query: &Query, slices: bool) -> Vec<String> {
    let mut texts: Vec<(usize, String)> = files.iter().map(File::whole).enumerate().collect();
    texts.sort_by_key(|(n, text)| (text.len(), *n));
    let mut left = limit;
    let waiting = texts.len();
    for (done, (n, shown)) in texts.iter_mut().enumerate() {
        let mut part = left / (waiting - done).max(1);
        if slices && shown.len() > WHOLE {
            part = part.min(SLICES);
        }
        if shown.len() > part
            && let State::Text(text) = &files[*n].state
        {
            *shown = if slices {
                sliced(files[*n].path, text, query, part)
            } else {
                partly(files[*n].path, text, query, part)
            };
        }
        left = left.saturating_sub(shown.len());
    }
    texts.sort_by_key(|(n, _)| *n);
    texts.into_iter().map(|(_, text)| text).collect()
}

fn partly(path: &str, text: &str, query: &Query, limit: usize) -> String {
    let lines = text.lines().count();
    let note = format!(" lines=\"{lines}\" shown=\"in part\"");
    let frame = framed(path, &note, "").len();
    let inner = excerpt::excerpt(path, text, query, limit.saturating_sub(frame));
    if inner.is_empty() {
        return format!("<file path={path:?} lines=\"{lines}\" state=\"not shown: no room\" />\n");
    }
    framed(path, &note, &inner)
}

/// A long file, folded at its symbols.
fn sliced(path: &str, text: &str, query: &Query, limit: usize) -> String {
    let note = format!(" lines=\"{}\" shown=\"in part\"", text.lines().count());
    let frame = framed(path, &note, "").len();
    let inner = excerpt::folded(path, text, query, limit.saturating_sub(frame));
    if inner.is_empty() { partly(path, text, query, limit) } else { framed(path, &note, &inner) }
}

/// The lines of a long file that fit `words`, and the first line of each other symbol, in at most `limit` bytes;
/// `None` for a file that is short enough to be read whole, or cannot be shown.
pub fn folded_file(root: &Path, index: &Index, path: &str, words: &str, limit: usize) -> Option<String> {
    let text = read_text(root, path).filter(|text| text.len() > WHOLE)?;
    let folded = excerpt::folded(path, &text, &Query::new(index, words), limit);
    (!folded.is_empty()).then_some(folded)
}

fn framed(path: &str, note: &str, inner: &str) -> String {
    format!("<file path={path:?}{note}>\n{inner}</file>\n")
}

/// A file near the task's files, and the reason.
struct Neighbour<'a> {
    id: FileId,
    entry: &'a Entry,
    how: String,
    near: Near,
    worth: f32,
}

impl Neighbour<'_> {
    fn imports(&self) -> bool {
        matches!(self.near, Near::Imports(_))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Near {
    Imported,
    /// It imports the file of the task with this identifier.
    Imports(FileId),
    /// Beside a file that does not exist yet.
    Beside,
}

/// The files near those of the task, the most useful first.
fn neighbours<'a>(index: &'a Index, files: &[File<'_>], query: &Query) -> Vec<Neighbour<'a>> {
    let own: Vec<Option<FileId>> = files.iter().map(|file| index.id(file.path)).collect();
    let mut found: Vec<Neighbour<'a>> = Vec::new();
    // A file may have tens of thousands of importers
    let mut known: HashSet<FileId> = own.iter().flatten().copied().collect();
    let mut add = |id: FileId, how: String, near: Near, worth: f32| {
        if !known.insert(id) {
            return;
        }
        if let Some(entry) = index.entry(id) {
            let names = entry.symbols().iter().map(|symbol| query.fit(&symbol.name)).fold(0.0, f32::max);
            found.push(Neighbour {
                id,
                entry,
                how,
                near,
                worth: worth * (1.0 + query.fit(&entry.path) + names),
            });
        }
    };
    for (file, id) in files.iter().zip(&own) {
        if let Some(id) = *id {
            let path = shown(file.path);
            for other in index.graph.imports(id) {
                add(*other, format!("imported by {path}"), Near::Imported, 2.0);
            }
            for other in index.graph.importers(id) {
                add(*other, format!("imports {path}"), Near::Imports(id), 1.0);
            }
        }
        if matches!(file.state, State::Missing) {
            beside(index, file.path).take(MAX_BESIDE).for_each(|(other, _)| {
                add(other, format!("beside {}", shown(file.path)), Near::Beside, 1.0);
            });
        }
    }
    found.sort_by(|a, b| b.worth.total_cmp(&a.worth).then_with(|| a.id.cmp(&b.id)));
    found
}

/// What others can call of a file: the names of its symbols; if the question names some, only these.
fn names(index: &Index, file: FileId, query: &Query) -> BTreeSet<String> {
    let symbols = index.entry(file).map(|entry| entry.symbols()).unwrap_or_default();
    let all: BTreeSet<String> = symbols.into_iter().map(|symbol| symbol.name.to_string()).collect();
    let asked: BTreeSet<String> = all.iter().filter(|name| query.fit(name) > 0.0).cloned().collect();
    if asked.is_empty() { all } else { asked }
}

/// For a file that does not exist yet: one beside it that fits best, as the example of how this repository does the like.
/// Returns its path if it is shown.
fn example<'a>(
    root: &Path,
    index: &'a Index,
    files: &[File<'_>],
    query: &Query,
    out: &mut Limited,
) -> Option<&'a str> {
    let missing = files.iter().filter(|file| matches!(file.state, State::Missing));
    // Many new files of one folder have the same files beside them
    let mut seen = BTreeSet::new();
    let missing = missing.filter(|file| seen.insert((folder_of(file.path), ending(file.path))));
    let own = |path: &str| files.iter().any(|file| file.path == path);
    let fits = |entry: &Entry| {
        let names = entry.symbols().iter().map(|symbol| query.fit(&symbol.name)).fold(0.0, f32::max);
        names + query.fit(&entry.path)
    };
    let best = missing.flat_map(|file| beside(index, file.path)).map(|(_, entry)| entry);
    let best = best.filter(|entry| !own(&entry.path)).map(|entry| (fits(entry), entry));
    let (_, entry) = best.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.path.cmp(&a.1.path)))?;
    let text = read_text(root, &entry.path).unwrap_or_default();
    let limit = EXAMPLE.min(out.left() / 2);
    let whole = excerpt::whole(&text);
    let shown = if whole.len() <= limit { whole } else { excerpt::excerpt(&entry.path, &text, query, limit) };
    let path = &entry.path;
    let text = format!("\nHow this repository does the like:\n<example path={path:?}>\n{shown}</example>\n");
    (!shown.is_empty() && out.push(&text)).then_some(&**path)
}

/// Files of the same kind in the folder of a path.
fn beside<'a>(index: &'a Index, path: &str) -> impl Iterator<Item = (FileId, &'a Entry)> {
    let (folder, own) = (folder_of(path).to_owned(), ending(path).map(str::to_owned));
    (0..).zip(&index.entries).map(|(id, entry)| (id, &**entry)).filter(move |(_, entry)| {
        matches!(entry.role, Role::Code | Role::Test)
            && folder_of(&entry.path) == folder
            && ending(&entry.path) == own.as_deref()
    })
}

fn ending(path: &str) -> Option<&str> {
    path.rsplit_once('.').map(|(_, ending)| ending)
}

/// Shows the neighbours that have an outline; returns the others.
fn outlines<'a>(
    root: &Path,
    index: &Index,
    files: &[File<'_>],
    neighbours: &[Neighbour<'a>],
    query: &Query,
    out: &mut Limited,
    left_out: &mut Vec<&'a str>,
) -> Vec<&'a str> {
    let mut plain = Vec::new();
    let mut room = NEIGHBOURS;
    let said: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| if let State::Text(text) = &file.state { Some(text.as_str()) } else { None })
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$'))
        .collect();
    let mut title = "\nNeighbours, in outline:\n";
    let mut told: HashSet<String> = HashSet::new();
    for (n, Neighbour { entry, how, near, .. }) in neighbours.iter().enumerate() {
        if n >= MAX_NEIGHBOURS {
            left_out.push(&entry.path);
            continue;
        }
        let text = read_text(root, &entry.path).unwrap_or_default();
        let symbols = entry.symbols();
        let used = |symbol: &Symbol| {
            let name = if symbol.name == "constructor" { symbol.container.as_ref() } else { None };
            said.contains(name.unwrap_or(&symbol.name).as_str()) || query.fit(&symbol.name) > 0.0
        };
        // Of an imported file, what the task's files name; all of it if they name nothing
        let narrow = match near {
            Near::Imported => excerpt::outline(&text, &symbols, &used, OUTLINE),
            Near::Imports(_) | Near::Beside => String::new(),
        };
        let outline =
            if narrow.is_empty() { excerpt::outline(&text, &symbols, &|_| true, OUTLINE) } else { narrow };
        let calls = match near {
            Near::Imports(file) => lines_that_use(&text, &names(index, *file, query)),
            Near::Imported | Near::Beside => String::new(),
        };
        let frame = |kind: &str, inner: &str| {
            format!("{title}<{kind} path={:?} of={how:?}>\n{inner}</{kind}>\n", entry.path)
        };
        // Where the calls have no room, the outline may have
        let texts = [("calls", &calls), ("outline", &outline)];
        let texts = texts.into_iter().filter(|(_, inner)| !inner.is_empty());
        // A near copy of what another neighbour showed says nothing new
        let texts = texts.filter(|(_, inner)| !is_told(&told, inner));
        let texts: Vec<(&str, String)> = texts.map(|(kind, inner)| (&**inner, frame(kind, inner))).collect();
        let mut fit = texts.iter().filter(|(_, text)| text.len() <= room).peekable();
        if fit.peek().is_none() {
            plain.push(&*entry.path);
        } else if let Some((inner, text)) = fit.find(|(_, text)| out.push(text)) {
            room -= text.len();
            title = "";
            told.extend(inner.lines().map(unnumbered).map(str::to_owned));
        } else {
            left_out.push(&entry.path);
        }
    }
    plain
}

/// Whether nearly all lines of an outline were shown before.
fn is_told(told: &HashSet<String>, inner: &str) -> bool {
    let lines = inner.lines().count();
    let new = inner.lines().filter(|line| !told.contains(unnumbered(line))).count();
    lines >= LEAST && new * NEARLY < lines
}

/// A line of an outline without its number.
fn unnumbered(line: &str) -> &str {
    line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start()
}

/// Adds a line of paths, as many as fit.
fn say(out: &mut Limited, what: &str, paths: &[&str]) {
    if paths.is_empty() {
        return;
    }
    for named in (0..=paths.len().min(MAX_NAMED)).rev() {
        let mut parts: Vec<String> = paths[..named].iter().map(|path| clip(&shown(path), 120)).collect();
        if paths.len() > named {
            parts.push(format!("{} more", count(paths.len() - named, "file")));
        }
        if out.push(&format!("{what}{}.\n", parts.join(", "))) {
            return;
        }
    }
}
