//! Reads the private repository: the differences between two revisions, and files at one.
//!
//! It changes nothing and follows no link.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::git::Git;
use crate::names::{fields, object};
use crate::workspace::Workspace;

/// The most paths that one git process is asked for.
const MAX_PATHS: usize = 500;

/// One file that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its path; the new one if the file was renamed.
    pub path: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Number of added lines; 0 for a binary file.
    pub added_lines: u64,
    /// Number of removed lines; 0 for a binary file.
    pub removed_lines: u64,
    /// Whether git considers it binary.
    pub binary: bool,
}

impl Change {
    /// The changed paths: a rename changes both names.
    pub fn paths(self) -> Vec<String> {
        match self.kind {
            ChangeKind::Renamed { from } => vec![self.path, from],
            _ => vec![self.path],
        }
    }
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// Its content changed (perhaps its mode as well).
    Modified,
    /// It is gone.
    Deleted,
    /// It moved, perhaps with changes.
    Renamed {
        /// The old path.
        from: String,
    },
    /// Only its mode changed, or a link became a file.
    Mode,
}

impl Workspace {
    /// The files that differ between two commits or trees, by path.
    pub fn changes(&self, from: &str, to: &str) -> Result<Vec<Change>, Error> {
        let args = [
            "diff-tree",
            "-r",
            "-z",
            "-M",
            "--raw",
            "--numstat",
            "--no-textconv",
            object(from)?,
            object(to)?,
        ];
        let bytes = self.git()?.ok("compare two revisions", &args, None)?;
        Ok(parse(&bytes))
    }

    /// A unified diff of `paths` (of all files if empty), at most `limit` bytes long; a cut diff says so in
    /// its last line. Bytes that are not UTF-8 become replacement characters.
    pub fn diff(&self, from: &str, to: &str, paths: &[String], limit: usize) -> Result<String, Error> {
        let mut args = vec![
            "diff-tree",
            "-r",
            "-p",
            "-M",
            "--no-ext-diff",
            "--no-textconv",
            object(from)?,
            object(to)?,
            "--",
        ];
        args.extend(paths.iter().map(String::as_str));
        let what = "compare two revisions";
        let output = self.git()?.run(what, &args, None, limit)?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.cut {
            text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
            text.push_str("... the diff goes on; it was cut here\n");
        } else if output.code != 0 {
            return Err(output.failed(what));
        }
        Ok(text)
    }

    /// The content of one file at a revision; `None` if there is no such file. The content of a link is its
    /// target.
    pub fn read(&self, rev: &str, path: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.read_all(rev, &[path])?.pop().flatten())
    }

    /// Whether a path at a revision is a link.
    pub fn is_link(&self, rev: &str, path: &str) -> Result<bool, Error> {
        let args = ["ls-tree", "-z", object(rev)?, "--", path];
        Ok(self.git()?.ok("look for a link", &args, None)?.starts_with(b"120000 "))
    }

    /// The content of many files at a revision, in the order of `paths`, with one git process.
    pub fn read_all(&self, rev: &str, paths: &[&str]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let rev = object(rev)?;
        let names: Vec<String> = paths.iter().map(|path| format!("{rev}:{path}")).collect();
        let mut input = Vec::new();
        for name in &names {
            input.extend_from_slice(name.as_bytes());
            input.push(0);
        }
        let bytes =
            self.git()?.ok("read files of a revision", &["cat-file", "--batch", "-z"], Some(input))?;
        let mut rest = bytes.as_slice();
        names.iter().map(|name| Ok(take_object(&mut rest, name))).collect()
    }

    /// The submodule at a revision that each path is, or is in, in the order of `paths`.
    pub fn submodules_of(&self, rev: &str, paths: &[&str]) -> Result<Vec<Option<String>>, Error> {
        let folders = |path: &str| -> Vec<String> {
            let inner = path.match_indices('/').map(|(at, _)| path.get(..at).unwrap_or_default().to_string());
            inner.chain([path.to_string()]).filter(|folder| !folder.is_empty()).collect()
        };
        let asked: BTreeSet<String> = paths.iter().flat_map(|path| folders(path)).collect();
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        let git = self.git()?;
        let mut found = BTreeSet::new();
        for some in asked.chunks(MAX_PATHS) {
            let args = [&["ls-tree", "-z", object(rev)?, "--"][..], some].concat();
            let bytes = git.ok("look for submodules", &args, None)?;
            let links =
                fields(&bytes).filter_map(|line| std::str::from_utf8(line.strip_prefix(b"160000 ")?).ok());
            found.extend(links.filter_map(|line| Some(line.split_once('\t')?.1.to_string())));
        }
        Ok(paths.iter().map(|path| folders(path).into_iter().find(|folder| found.contains(folder))).collect())
    }

    /// The paths of all files at a revision, without names that are not UTF-8.
    pub fn files(&self, rev: &str) -> Result<Vec<String>, Error> {
        let args = ["ls-tree", "-r", "-z", "--name-only", object(rev)?];
        let bytes = self.git()?.ok("list the files of a revision", &args, None)?;
        Ok(fields(&bytes).filter_map(|path| String::from_utf8(path.to_vec()).ok()).collect())
    }
}

/// Removes one answer of `cat-file --batch` from the front: `<name> <type> <size>` and the content, or
/// `<name> missing`.
pub(crate) fn take_object(rest: &mut &[u8], name: &str) -> Option<Vec<u8>> {
    for word in [" missing\n", " ambiguous\n"] {
        if let Some(after) =
            rest.strip_prefix(name.as_bytes()).and_then(|left| left.strip_prefix(word.as_bytes()))
        {
            *rest = after;
            return None;
        }
    }
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let header = String::from_utf8_lossy(&rest[..end]).into_owned();
    *rest = rest.get(end + 1..)?;
    let mut words = header.split(' ').skip(1);
    let (kind, size) = (words.next()?, words.next()?.parse::<usize>().ok()?);
    let content = rest.get(..size)?.to_vec();
    *rest = rest.get(size + 1..)?;
    (kind == "blob").then_some(content)
}

/// Reads `--raw --numstat -z`: first a record with modes for each file, then one with counts for each.
fn parse(bytes: &[u8]) -> Vec<Change> {
    let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
    let mut changes: Vec<Change> = Vec::new();
    let mut parts = bytes.split(|byte| *byte == 0).peekable();
    while let Some(record) = parts.next_if(|part| part.first() == Some(&b':')) {
        let record = text(record);
        let words: Vec<&str> = record.trim_start_matches(':').split(' ').collect();
        let [old_mode, new_mode, old, new, status] = words.as_slice() else { continue };
        let Some(path) = parts.next().map(text) else { break };
        let (path, kind) = match status.as_bytes().first() {
            Some(b'A') => (path, ChangeKind::Added),
            Some(b'D') => (path, ChangeKind::Deleted),
            Some(b'R' | b'C') => {
                (parts.next().map(text).unwrap_or_default(), ChangeKind::Renamed { from: path })
            }
            _ if old == new && old_mode != new_mode => (path, ChangeKind::Mode),
            _ => (path, ChangeKind::Modified),
        };
        changes.push(Change { path, kind, added_lines: 0, removed_lines: 0, binary: false });
    }
    for change in &mut changes {
        let Some(record) = parts.next().map(text) else { break };
        let mut words = record.splitn(3, '\t');
        let (added, removed) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        change.binary = added == "-";
        change.added_lines = added.parse().unwrap_or(0);
        change.removed_lines = removed.parse().unwrap_or(0);
        if words.next().unwrap_or_default().is_empty() {
            // For a rename, both paths follow as separate fields.
            parts.next();
            parts.next();
        }
    }
    changes
}

/// The entries that differ, without detecting renames: `(path, before, after)` with mode and object.
pub(crate) type RawEntry = (Vec<u8>, Option<(String, String)>, Option<(String, String)>);

pub(crate) fn raw_entries(git: &Git, from: &str, to: &str) -> Result<Vec<RawEntry>, Error> {
    let args = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--full-index", from, to];
    let bytes = git.ok("compare two revisions", &args, None)?;
    let mut parts = fields(&bytes);
    let mut entries = Vec::new();
    while let (Some(record), Some(path)) = (parts.next(), parts.next()) {
        let record = String::from_utf8_lossy(record).into_owned();
        let words: Vec<&str> = record.trim_start_matches(':').split(' ').collect();
        let [old_mode, new_mode, old, new, _] = words.as_slice() else { continue };
        let side =
            |mode: &str, object: &str| (mode != "000000").then(|| (mode.to_string(), object.to_string()));
        entries.push((path.to_vec(), side(old_mode, old), side(new_mode, new)));
    }
    Ok(entries)
}
