//! Compares the user's files with what a delivery expects.
//!
//! It only reads: a file that differs belongs to the user and stays.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use crate::delivery::plan::{DeliveryEntry, Entry};
use crate::error::{At, Error};
use crate::names::fields;
use crate::system::MetadataExt;
use crate::workspace::Workspace;

/// The current state of a path of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Before,
    After,
    /// Neither of both: the user changed the file.
    Other,
}

/// The state of one path, with the mark by which the file is recognised until it is replaced.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) state: State,
    /// `None`: there is no such file.
    pub(crate) fingerprint: Option<Fingerprint>,
}

/// Device, inode, size, and the times of the last change.
pub(crate) type Fingerprint = (u64, u64, u64, i64, i64, i64, i64);

/// A mark of a file that changes whenever somebody touches the file.
pub(crate) fn fingerprint(path: &Path) -> Option<Fingerprint> {
    let found = fs::symlink_metadata(path).ok()?;
    Some((
        found.dev(),
        found.ino(),
        found.size(),
        found.mtime(),
        found.mtime_nsec(),
        i64::from(found.mode()),
        i64::from(found.uid()),
    ))
}

/// The kind of thing at a path, before its content is read.
enum PathKind {
    Absent,
    File,
    /// A folder, a link on the way, or a device, which a delivery may not replace.
    InTheWay,
}

/// The state of each entry, in their order. The user's files are only read.
pub(crate) fn states(workspace: &Workspace, entries: &[DeliveryEntry]) -> Result<Vec<Found>, Error> {
    let root = workspace.root();
    let going: HashSet<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    let kinds: Vec<(PathKind, Option<Fingerprint>)> = entries
        .iter()
        .map(|entry| {
            let kind = kind(root, &entry.path, &going);
            let print =
                matches!(kind, PathKind::File).then(|| fingerprint(&root.join(&entry.path))).flatten();
            (kind, print)
        })
        .collect();
    let files = entries.iter().zip(&kinds).filter(|(_, (kind, _))| matches!(kind, PathKind::File));
    let now = hash(workspace, entries, files.map(|(entry, _)| entry.path.as_str()))?;
    let file_mode = workspace.file_mode();
    let same = |now: Option<&Entry>, wanted: &Option<Entry>| match (now, wanted) {
        (None, None) => true,
        (Some(now), Some(wanted)) => {
            let plain = |mode: &str| mode.starts_with("100");
            let modes = now.mode == wanted.mode || (!file_mode && plain(&now.mode) && plain(&wanted.mode));
            modes && now.oid == wanted.oid
        }
        _ => false,
    };
    let found = entries.iter().zip(kinds).map(|(entry, (kind, fingerprint))| {
        let now = now.get(entry.path.as_str());
        let known = match kind {
            PathKind::Absent => true,
            PathKind::File => now.is_some(),
            PathKind::InTheWay => false,
        };
        let state = match known {
            true if same(now, &entry.before) => State::Before,
            true if same(now, &entry.after) => State::After,
            _ => State::Other,
        };
        Found { state, fingerprint }
    });
    Ok(found.collect())
}

/// What git would record for the file of one entry now; `None`: there is no file that a delivery may
/// replace.
pub(crate) fn recorded(workspace: &Workspace, entry: &DeliveryEntry) -> Result<Option<Entry>, Error> {
    let PathKind::File = kind(workspace.root(), &entry.path, &HashSet::new()) else { return Ok(None) };
    // Git reads the file with the mode and line endings of the delivered one
    let known = DeliveryEntry { before: entry.after.clone().or(entry.before.clone()), ..entry.clone() };
    let mut now = hash(workspace, &[known], std::iter::once(entry.path.as_str()))?;
    Ok(now.remove(&entry.path))
}

fn kind(root: &Path, path: &str, going: &HashSet<&str>) -> PathKind {
    let mut at = root.to_path_buf();
    let mut parts = Path::new(path).components().peekable();
    while let Some(part) = parts.next() {
        at.push(part);
        let last = parts.peek().is_none();
        match fs::symlink_metadata(&at) {
            Err(_) => return PathKind::Absent,
            Ok(found) if !last && found.is_dir() => {}
            // The path needs a folder where a file is: absent if the same delivery removes that file.
            Ok(_) if !last => {
                let above = at.strip_prefix(root).ok().and_then(Path::to_str);
                return if above.is_some_and(|above| going.contains(above)) {
                    PathKind::Absent
                } else {
                    PathKind::InTheWay
                };
            }
            Ok(found) if found.is_dir() => {
                return if holds_only(root, &at, going) { PathKind::Absent } else { PathKind::InTheWay };
            }
            Ok(found) if found.is_symlink() => return PathKind::File,
            Ok(found) if found.is_file() && fs::File::open(&at).is_ok() => return PathKind::File,
            Ok(_) => return PathKind::InTheWay,
        }
    }
    PathKind::InTheWay
}

/// Whether the delivery removes everything in a folder, so that the folder can be removed too.
fn holds_only(root: &Path, folder: &Path, going: &HashSet<&str>) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().all(|entry| {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            return holds_only(root, &path, going);
        }
        path.strip_prefix(root).ok().and_then(Path::to_str).is_some_and(|name| going.contains(name))
    })
}

/// What git would record for these files of the user now.
fn hash<'a>(
    workspace: &Workspace,
    entries: &[DeliveryEntry],
    files: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, Entry>, Error> {
    let area = workspace.area();
    let folder = tempfile::Builder::new().prefix("compare-").tempdir_in(&area);
    let folder = folder.at("create a folder in", &area)?;
    let git = workspace.git()?.work_tree(workspace.root()).index(&folder.path().join("index"));
    let mut known = Vec::new();
    for entry in entries {
        // The entry that git knew decides how git reads line endings and mode.
        if let Some(before) = &entry.before {
            known.extend_from_slice(format!("{} {}\t{}\0", before.mode, before.oid, entry.path).as_bytes());
        }
    }
    let mut paths = Vec::new();
    let mut wanted = HashSet::new();
    for path in files {
        paths.extend_from_slice(path.as_bytes());
        paths.push(0);
        wanted.insert(path);
    }
    let what = "compare the project's files with the plan";
    git.ok(what, &["update-index", "-z", "--index-info"], Some(known))?;
    git.record_files(what, paths)?;
    let listed = git.ok(what, &["ls-files", "-z", "--stage"], None)?;
    let entries = fields(&listed).filter_map(|line| {
        let (about, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
        let mut words = about.split(' ');
        let entry = Entry { mode: words.next()?.to_string(), oid: words.next()?.to_string() };
        wanted.contains(path).then(|| (path.to_string(), entry))
    });
    Ok(entries.collect())
}
