//! A commit of the private repository as sources for the Guardian, and texts of a commit that are read ahead.
//!
//! Files of installed packages are read from the user's folder, because a command may have written into the slot's
//! copy.
//!
//! It writes nothing, and follows no link out of the slot.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use guardian::Sources;
use workspace::Workspace;

/// The largest file that is linted, in bytes.
const MAX_FILE: usize = 4 * 1024 * 1024;
/// The most files that are read at once after many single requests.
const MAX_AHEAD: usize = 128;

pub(crate) struct TreeSources {
    workspace: Workspace,
    commit: String,
    texts: CommitTexts,
    /// By folder: whether this commit requests the same packages that the user has installed
    same_manifests: Mutex<HashMap<String, bool>>,
}

impl TreeSources {
    pub fn open(workspace: &Workspace, commit: &str) -> Result<TreeSources, workspace::Error> {
        let texts = CommitTexts::new(workspace.files(commit)?);
        let commit = commit.to_string();
        Ok(TreeSources { workspace: workspace.clone(), commit, texts, same_manifests: Mutex::default() })
    }

    /// Whether the manifest of a folder equals the user's manifest: another one may request other versions.
    fn has_users_manifest(&self, folder: &str) -> bool {
        let known = || self.same_manifests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = known().get(folder).copied() {
            return same;
        }
        let path =
            if folder.is_empty() { "package.json".to_string() } else { format!("{folder}/package.json") };
        let there = workspace::read_beneath(self.workspace.root(), &path, MAX_FILE as u64);
        let same = there.is_some_and(|there| self.read(&path).is_some_and(|text| text.as_bytes() == there));
        known().insert(folder.to_string(), same);
        same
    }
}

/// The text of a file of a package that the user installed: below `root` after resolving links, and bounded in size.
fn installed_text(root: &Path, path: &str, has_users_manifest: impl Fn(&str) -> bool) -> Option<String> {
    let at = format!("/{path}").find("/node_modules/")?;
    let folder = path.get(..at.saturating_sub(1)).unwrap_or_default();
    let leaves = path.split('/').any(|part| matches!(part, ".." | "." | ""));
    if leaves || !has_users_manifest(folder) {
        return None;
    }
    let (root, file) = (root.canonicalize().ok()?, root.join(path).canonicalize().ok()?);
    let found = std::fs::metadata(&file).ok()?;
    if !file.starts_with(&root) || !found.is_file() || found.len() > MAX_FILE as u64 {
        return None;
    }
    std::fs::read_to_string(&file).ok()
}

impl Sources for TreeSources {
    fn read(&self, path: &str) -> Option<Cow<'_, str>> {
        self.texts.read(path, |paths| self.workspace.read_all(&self.commit, paths))
    }

    fn files(&self) -> &[String] {
        self.texts.files()
    }

    fn installed(&self, path: &str) -> Option<Cow<'_, str>> {
        let text = installed_text(self.workspace.root(), path, |folder| self.has_users_manifest(folder));
        text.map(Cow::Owned)
    }
}

/// The texts of a commit's files. A git process costs more than a text, and rules request many files in order: so
/// each process reads more of the following files than the one before.
pub(crate) struct CommitTexts {
    /// Sorted by path
    files: Vec<String>,
    /// One for each file; `None` inside: it is not text, or too large
    texts: Vec<OnceLock<Option<String>>>,
    ahead: AtomicUsize,
}

impl CommitTexts {
    pub fn new(mut files: Vec<String>) -> CommitTexts {
        files.sort();
        let texts = files.iter().map(|_| OnceLock::new()).collect();
        CommitTexts { files, texts, ahead: AtomicUsize::new(1) }
    }

    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// Reads these files at once; a file that cannot be read now is tried again on request.
    pub fn prepare<E>(&self, paths: &[String], fetch: impl Fn(&[&str]) -> Result<Vec<Option<Vec<u8>>>, E>) {
        let known: Vec<usize> = paths.iter().filter_map(|path| self.place(path)).collect();
        for some in known.chunks(MAX_AHEAD) {
            self.fill(some, &fetch);
        }
    }

    /// The text of a file; `fetch` returns the bytes of several files, in order.
    pub fn read<E>(
        &self,
        path: &str,
        fetch: impl Fn(&[&str]) -> Result<Vec<Option<Vec<u8>>>, E>,
    ) -> Option<Cow<'_, str>> {
        let at = self.place(path)?;
        let text = self.texts.get(at)?;
        if text.get().is_none() {
            let many = self.ahead.load(Ordering::Relaxed);
            self.ahead.store((many * 2).min(MAX_AHEAD), Ordering::Relaxed);
            self.fill(&self.following(at, many), &fetch);
            // Several files together may be too large while one is not
            if text.get().is_none() {
                self.fill(&[at], &fetch);
            }
        }
        text.get_or_init(|| None).as_deref().map(Cow::Borrowed)
    }

    fn place(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|file| file.as_str().cmp(path)).ok()
    }

    /// A file and the following files of its kind that were not read yet.
    fn following(&self, at: usize, many: usize) -> Vec<usize> {
        let kind =
            |place: usize| self.files.get(place).and_then(|path| path.rsplit_once('.')).map(|(_, e)| e);
        let unread = |place: &usize| self.texts.get(*place).is_some_and(|text| text.get().is_none());
        (at..self.files.len()).filter(|place| kind(*place) == kind(at) && unread(place)).take(many).collect()
    }

    fn fill<E>(&self, places: &[usize], fetch: impl Fn(&[&str]) -> Result<Vec<Option<Vec<u8>>>, E>) {
        let paths: Vec<&str> =
            places.iter().filter_map(|place| self.files.get(*place)).map(String::as_str).collect();
        let Ok(found) = fetch(&paths) else { return };
        for (place, bytes) in places.iter().zip(found) {
            let bytes = bytes.filter(|bytes| bytes.len() <= MAX_FILE);
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            self.texts.get(*place).map(|known| known.get_or_init(|| text));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn many_files_are_read_by_few_processes_and_each_once() {
        let mut files: Vec<String> = (0..500).map(|n| format!("src/{n:03}.ts")).collect();
        files.push("src/250.png".to_string());
        let texts = CommitTexts::new(files.clone());
        let calls: RefCell<Vec<Vec<String>>> = RefCell::default();
        let fetch = |paths: &[&str]| {
            calls.borrow_mut().push(paths.iter().map(ToString::to_string).collect());
            Ok::<_, ()>(paths.iter().map(|path| Some(path.as_bytes().to_vec())).collect())
        };
        for _ in 0..2 {
            for path in files.iter().filter(|path| path.ends_with(".ts")) {
                assert_eq!(texts.read(path, fetch).as_deref(), Some(path.as_str()));
            }
        }
        let calls = calls.into_inner();
        assert!(calls.len() < 12, "{} calls", calls.len());
        assert_eq!(calls.concat().len(), 500, "no picture was read, and no text twice");
        assert_eq!(calls[0].len(), 1, "who asks for one file gets one");
    }

    #[test]
    fn what_the_user_installed_is_shown_where_the_manifest_is_still_theirs() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write = |path: &Path, text: &str| {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(&root.path().join("node_modules/.store/p/index.d.ts"), "own");
        write(&root.path().join("app/node_modules/q/index.d.ts"), "of the app");
        write(&root.path().join("src/a.ts"), "no package");
        write(&outside.path().join("index.d.ts"), "elsewhere");
        std::os::unix::fs::symlink(".store/p", root.path().join("node_modules/p")).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.path().join("node_modules/r")).unwrap();
        let asked: RefCell<Vec<String>> = RefCell::default();
        let read = |path: &str, same: bool| {
            installed_text(root.path(), path, |folder| {
                asked.borrow_mut().push(folder.to_string());
                same
            })
        };
        assert_eq!(read("node_modules/p/index.d.ts", true).as_deref(), Some("own"), "through a link inside");
        assert_eq!(read("app/node_modules/q/index.d.ts", true).as_deref(), Some("of the app"));
        assert_eq!(*asked.borrow(), ["", "app"]);
        assert_eq!(read("node_modules/p/index.d.ts", false), None, "another version may be asked for");
        for path in ["node_modules/r/index.d.ts", "node_modules/../src/a.ts", "src/a.ts", "node_modules/p"] {
            assert_eq!(read(path, true), None, "{path}");
        }
    }

    #[test]
    fn what_is_too_much_at_once_is_read_alone() {
        let texts = CommitTexts::new((0..20).map(|n| format!("{n:02}.ts")).collect());
        let fetch = |paths: &[&str]| match paths {
            [one] => Ok(vec![Some(one.as_bytes().to_vec())]),
            _ => Err(()),
        };
        for n in 0..20 {
            let path = format!("{n:02}.ts");
            assert_eq!(texts.read(&path, fetch).as_deref(), Some(path.as_str()));
        }
        assert_eq!(texts.read("20.ts", fetch), None);
    }
}
