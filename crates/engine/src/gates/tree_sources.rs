//! A commit of the private repository as sources for the Guardian, and texts of a commit that are read ahead.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use guardian::Sources;
use workspace::Workspace;

/// The largest file that is linted, in bytes.
const MAX_FILE: usize = 4 * 1024 * 1024;
/// Files that are read at once when many are asked for one after the other.
const MAX_AHEAD: usize = 128;

pub(crate) struct TreeSources {
    workspace: Workspace,
    commit: String,
    texts: CommitTexts,
}

impl TreeSources {
    pub fn open(workspace: &Workspace, commit: &str) -> Result<TreeSources, workspace::Error> {
        let texts = CommitTexts::new(workspace.files(commit)?);
        Ok(TreeSources { workspace: workspace.clone(), commit: commit.to_string(), texts })
    }
}

impl Sources for TreeSources {
    fn read(&self, path: &str) -> Option<Cow<'_, str>> {
        self.texts.read(path, |paths| self.workspace.read_all(&self.commit, paths))
    }

    fn files(&self) -> &[String] {
        self.texts.files()
    }
}

/// The texts of a commit's files. A process of git costs more than a text, and rules that ask for many files ask in
/// their order: so each process reads more of what follows than the one before.
pub(crate) struct CommitTexts {
    /// Sorted
    files: Vec<String>,
    /// Of each file; `None` inside: it is no text, or too large
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

    /// Reads these at once; what cannot be read now is tried again when it is asked for.
    pub fn prepare<E>(&self, paths: &[String], fetch: impl Fn(&[&str]) -> Result<Vec<Option<Vec<u8>>>, E>) {
        let known: Vec<usize> = paths.iter().filter_map(|path| self.place(path)).collect();
        for some in known.chunks(MAX_AHEAD) {
            self.fill(some, &fetch);
        }
    }

    /// The text of a file; `fetch` gives the bytes of several, in their order.
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
            // Several may be too much where one is not
            if text.get().is_none() {
                self.fill(&[at], &fetch);
            }
        }
        text.get_or_init(|| None).as_deref().map(Cow::Borrowed)
    }

    fn place(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|file| file.as_str().cmp(path)).ok()
    }

    /// A file and those of its kind after it that were not read yet.
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
