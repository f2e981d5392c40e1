//! The project's files on disk, for commands that read them without a mission.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use guardian::Sources;
use ignore::WalkBuilder;
use workspace::UserFiles;

use super::answer::CommandFailure;
use crate::gates::tree_sources::CommitTexts;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;
/// The most bytes of texts that are kept in memory, because rules ask for a file more than once.
const MAX_KEPT: usize = 64 * 1024 * 1024;
/// The most files that are listed without git.
const MAX_FILES: usize = 100_000;
/// Folders that contain no sources of the project; used without git.
const SKIPPED: [&str; 8] =
    [".git", ".hg", ".svn", "node_modules", "target", ".venv", "__pycache__", ".opencode"];

/// The files of the project at `root`, sorted: those that git does not ignore, or without git those that
/// `.gitignore` files and [`SKIPPED`] leave.
pub(super) fn list(root: &Path, user: Option<&UserFiles>) -> Result<Vec<String>, CommandFailure> {
    if let Some(user) = user {
        return user.files().map_err(CommandFailure::problem);
    }
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .parents(false)
        .git_global(false)
        .require_git(false)
        .filter_entry(|entry| !entry.file_name().to_str().is_some_and(|name| SKIPPED.contains(&name)))
        .build();
    let mut files = Vec::new();
    for entry in walk.filter_map(Result::ok).filter(|entry| entry.file_type().is_some_and(|t| t.is_file())) {
        if files.len() == MAX_FILES {
            let root = root.display();
            return Err(CommandFailure::Problem(format!(
                "`{root}` holds more than {MAX_FILES} files and is not under git\nhint: go into the folder of the \
                 project that you mean"
            )));
        }
        files.extend(relative(root, entry.path()));
    }
    files.sort();
    Ok(files)
}

/// A path relative to the root, with `/` between its parts.
pub(super) fn relative(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> =
        path.strip_prefix(root).ok()?.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

/// Files on disk as sources for the Guardian.
pub(super) struct DiskSources {
    root: PathBuf,
    files: Vec<String>,
    /// The text of each file that was read, if there was room to keep it
    texts: Vec<OnceLock<Option<String>>>,
    kept: AtomicUsize,
}

impl DiskSources {
    /// `files`: sorted.
    pub fn new(root: &Path, files: Vec<String>) -> DiskSources {
        let texts = files.iter().map(|_| OnceLock::new()).collect();
        DiskSources { root: root.to_path_buf(), files, texts, kept: AtomicUsize::new(0) }
    }

    /// The length of a file in bytes; 0 if it will not be read.
    pub fn size(&self, path: &str) -> u64 {
        let found = std::fs::metadata(self.root.join(path)).ok();
        found.filter(|found| found.is_file() && found.len() <= MAX_FILE).map_or(0, |found| found.len())
    }
}

impl Sources for DiskSources {
    fn read(&self, path: &str) -> Option<Cow<'_, str>> {
        let at = self.files.binary_search_by(|file| file.as_str().cmp(path)).ok()?;
        let known = self.texts.get(at)?;
        if known.get().is_none() {
            let text = text(&self.root.join(path));
            let bytes = text.as_ref().map_or(0, String::len);
            if self.kept.fetch_add(bytes, Ordering::Relaxed) + bytes > MAX_KEPT {
                self.kept.fetch_sub(bytes, Ordering::Relaxed);
                return text.map(Cow::Owned);
            }
            known.get_or_init(|| text);
        }
        known.get().and_then(Option::as_deref).map(Cow::Borrowed)
    }

    fn files(&self) -> &[String] {
        &self.files
    }

    fn installed(&self, path: &str) -> Option<Cow<'_, str>> {
        if !path.split('/').any(|part| part == "node_modules") || path.split('/').any(|part| part == "..") {
            return None;
        }
        text(&self.root.join(path)).map(Cow::Owned)
    }
}

/// The text of a regular file that is not too large.
pub(super) fn text(path: &Path) -> Option<String> {
    // Reading a pipe could block forever
    let size = std::fs::metadata(path).ok().filter(|found| found.is_file())?.len();
    if size > MAX_FILE {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MAX_FILE + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > MAX_FILE { None } else { String::from_utf8(bytes).ok() }
}

/// A commit of the user's repository as sources for the Guardian.
pub(super) struct RevisionSources<'a> {
    user: &'a UserFiles,
    commit: String,
    texts: CommitTexts,
}

impl<'a> RevisionSources<'a> {
    /// `changed`: files that will be needed; they are read at once.
    pub fn open(
        user: &'a UserFiles,
        commit: &str,
        changed: &[String],
    ) -> Result<RevisionSources<'a>, workspace::Error> {
        let texts = CommitTexts::new(user.files_at(commit)?);
        texts.prepare(changed, |paths| user.read_at(commit, paths));
        Ok(RevisionSources { user, commit: commit.to_string(), texts })
    }
}

impl Sources for RevisionSources<'_> {
    fn read(&self, path: &str) -> Option<Cow<'_, str>> {
        self.texts.read(path, |paths| self.user.read_at(&self.commit, paths))
    }

    fn files(&self) -> &[String] {
        self.texts.files()
    }
}
