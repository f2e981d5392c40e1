//! The project's history, as data for ranking files.
//!
//! It reads a bounded part of the user's repository, and ranks nothing.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::git::Git;
use crate::names::{fields, object};
use crate::workspace::Workspace;

/// Git may take this long for a history; commits that it has not reached by then are left out.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// The most bytes of a history; the oldest commits of a longer one are left out.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// One commit of the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastCommit {
    /// Its name.
    pub id: String,
    /// Seconds since 1970.
    pub time: i64,
    /// Its whole message.
    pub message: String,
    /// The files that it changed.
    pub paths: Vec<String>,
}

/// A part of a history, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    pub commits: Vec<PastCommit>,
    /// Older commits are missing, because git needed too long for them or they were too large.
    pub is_cut: bool,
}

impl Workspace {
    /// The last `limit` commits up to `rev`, without merges, newest first; fewer if git needs too long for all
    /// of them.
    pub fn history(&self, rev: &str, limit: usize) -> Result<Past, Error> {
        read(&self.git()?, None, object(rev)?, limit)
    }
}

/// Reads the history of a revision; `root` is set if git must run in a working tree.
pub(crate) fn read(git: &Git, root: Option<&Path>, rev: &str, limit: usize) -> Result<Past, Error> {
    read_within(TIME_LIMIT, git, root, rev, limit)
}

fn read_within(
    time: Duration,
    git: &Git,
    root: Option<&Path>,
    rev: &str,
    limit: usize,
) -> Result<Past, Error> {
    let count = format!("--max-count={limit}");
    let mut args: Vec<&OsStr> = Vec::new();
    if let Some(root) = root {
        args.extend([OsStr::new("-C"), root.as_os_str()]);
    }
    args.extend(
        [
            "log",
            "-z",
            "--no-merges",
            "--name-only",
            "--no-renames",
            "--no-show-signature",
            "--no-notes",
            &count,
            "--format=%x01%H%x02%ct%x02%B%x00",
            rev,
            "--",
        ]
        .map(OsStr::new),
    );
    let output = git.clone().limit(time).partial().run("read the history", &args, None, MAX_BYTES)?;
    if output.code != 0 && !output.cut {
        return Err(output.failed("read the history"));
    }
    let mut commits = parse(&output.stdout);
    if output.cut {
        // Its list of files may have been cut.
        commits.pop();
    }
    Ok(Past { commits, is_cut: output.cut })
}

fn parse(bytes: &[u8]) -> Vec<PastCommit> {
    let mut commits: Vec<PastCommit> = Vec::new();
    for field in fields(bytes) {
        let text = String::from_utf8_lossy(field);
        let text = text.trim_start_matches('\n');
        match text.strip_prefix('\u{1}') {
            Some(header) => {
                let mut words = header.splitn(3, '\u{2}').map(str::to_string);
                let mut word = || words.next().unwrap_or_default();
                let (id, time, message) = (word(), word().parse().unwrap_or(0), word());
                commits.push(PastCommit { id, time, message, paths: Vec::new() });
            }
            None if text.is_empty() => {}
            None => {
                if let Some(last) = commits.last_mut() {
                    last.paths.push(text.to_string());
                }
            }
        }
    }
    commits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UserFiles;
    use crate::testing::{Project, git_fed};

    fn history(project: &Project, limit: usize) -> Vec<(String, Vec<String>)> {
        let files = UserFiles::open(&project.root()).unwrap().unwrap();
        let past = files.history(limit).unwrap();
        assert!(!past.is_cut);
        past.commits.into_iter().map(|commit| (commit.message.trim().to_string(), commit.paths)).collect()
    }

    #[test]
    fn the_newest_commits_come_first_with_whole_messages_and_odd_names() {
        let project = Project::with(&[("a", "1\n"), ("d ä\n\"d\".js", "1\n")]);
        project.write("a", "2\n");
        project.git(&["commit", "-q", "-a", "-m", "second\n\nwith a body\n\nand more"]);
        project.git(&["commit", "-q", "--allow-empty", "-m", "nothing"]);
        let all = history(&project, 10);
        assert_eq!(all[0], ("nothing".into(), vec![]));
        assert_eq!(all[1], ("second\n\nwith a body\n\nand more".into(), vec!["a".into()]));
        assert_eq!(all[2].1, ["a", "d ä\n\"d\".js"]);
        assert_eq!(history(&project, 2), all[..2]);
    }

    #[test]
    fn no_commit_is_no_history_and_a_shallow_clone_has_a_short_one() {
        assert_eq!(history(&Project::empty(), 10), []);
        let project = Project::with(&[("a", "1\n")]);
        project.write("a", "2\n");
        project.git(&["commit", "-q", "-a", "-m", "second"]);
        let shallow = Project::plain();
        let from = format!("file://{}", project.root().display());
        let folder = shallow.root();
        project.git(&["clone", "-q", "--depth=1", &from, &folder.display().to_string()]);
        assert_eq!(history(&shallow, 10), [("second".into(), vec!["a".into()])]);
    }

    #[test]
    fn a_long_history_is_read_from_its_newest_end_in_bounded_time() {
        const COMMITS: usize = 8_000;
        let mut stream = String::new();
        for n in 1..=COMMITS {
            let (message, path, text) =
                (format!("Change {n}"), format!("d{}/f{}", n % 20, n % 400), n.to_string());
            stream += &format!(
                "commit refs/heads/main\ncommitter u <u@localhost> {n} +0000\ndata {}\n{message}\nM 100644 inline {path}\ndata {}\n{text}\n",
                message.len(),
                text.len(),
            );
        }
        let project = Project::empty();
        git_fed(&project.root(), &["fast-import", "--quiet"], stream.as_bytes());
        let git = Git::as_user().unwrap();
        let root = project.root();
        let all = read(&git, Some(&root), "HEAD", COMMITS).unwrap().commits;
        assert_eq!((all.len(), &*all[0].message), (COMMITS, "Change 8000"));
        for time in [0, 30, 60].map(Duration::from_millis) {
            let start = std::time::Instant::now();
            let past = read_within(time, &git, Some(&root), "HEAD", COMMITS).unwrap();
            assert!(past.is_cut || past.commits.len() == COMMITS);
            assert!(all.starts_with(&past.commits));
            assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
        }
        assert_eq!(read(&git, Some(&root), "HEAD", 5_000).unwrap().commits, all[..5_000]);
    }
}
