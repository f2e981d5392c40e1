//! The user's repository for commands that look at files without a mission (`lint`, `search`).
//!
//! Only reads: it makes no private repository and changes nothing of the user, not even the index.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::git::history::{self, Past};
use crate::git::inspect::take_object;
use crate::git::{Git, OUTPUT_LIMIT};
use crate::names::{fields, object};
use crate::user::project;

/// The working tree of a repository, and the commits to compare it with.
#[derive(Clone, Debug)]
pub struct UserFiles {
    git: Git,
    root: PathBuf,
}

impl UserFiles {
    /// The repository whose working tree has exactly this root ([`crate::project_root`] finds it); `None` for a
    /// folder without git, or if git is not installed.
    pub fn open(root: &Path) -> Result<Option<UserFiles>, Error> {
        let git = match Git::as_user() {
            Ok(git) => git,
            Err(Error::GitMissing) => return Ok(None),
            Err(error) => return Err(error),
        };
        // Otherwise git would fetch a blob that a partial clone lacks, and write it as the user.
        let git = git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_LITERAL_PATHSPECS", "1");
        if project::repository(&git, root)?.is_none() {
            return Ok(None);
        }
        Ok(Some(UserFiles { git, root: root.to_path_buf() }))
    }

    /// The commit that a revision names: a branch, a tag, `HEAD~2`, a hash. `None` if it names none.
    pub fn resolve(&self, rev: &str) -> Result<Option<String>, Error> {
        // An option or a text of two lines is not a revision.
        if rev.is_empty() || rev.starts_with('-') || rev.contains(char::is_control) {
            return Ok(None);
        }
        let wanted = format!("{rev}^{{commit}}");
        let output =
            self.run("find the revision", &["rev-parse", "--quiet", "--verify", &wanted], None, 4096)?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_string();
        Ok((output.code == 0 && object(&text).is_ok()).then_some(text))
    }

    /// The newest common ancestor of HEAD and a commit. `None` if there is none, or if a shallow clone does not
    /// contain it.
    pub fn merge_base(&self, commit: &str) -> Result<Option<String>, Error> {
        let args = ["merge-base", object(commit)?, "HEAD"];
        let output = self.run("find where the revision and HEAD went apart", &args, None, 4096)?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_string();
        Ok((output.code == 0 && object(&text).is_ok()).then_some(text))
    }

    /// Every file of the working tree that is tracked or not ignored, in order, without names that are not UTF-8 and
    /// files that are gone.
    pub fn files(&self) -> Result<Vec<String>, Error> {
        let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let mut files = paths(&self.ok("list the project's files", &args, None)?);
        files.retain(|path| self.root.join(path).is_file());
        Ok(files)
    }

    /// Every file of a commit, in order.
    pub fn files_at(&self, commit: &str) -> Result<Vec<String>, Error> {
        let args = ["ls-tree", "-r", "-z", "--name-only", object(commit)?];
        Ok(paths(&self.ok("list the files of a revision", &args, None)?))
    }

    /// The paths at which the working tree may differ from a commit, including those that git would have to read to
    /// be sure, and new files that are not ignored.
    pub fn changed(&self, commit: &str) -> Result<Vec<String>, Error> {
        let what = "compare the project with a revision";
        let args = [
            "diff-index",
            "-z",
            "--name-only",
            "--no-renames",
            "--ignore-submodules=all",
            object(commit)?,
            "--",
        ];
        let mut bytes = self.ok(what, &args, None)?;
        bytes.extend(self.ok(what, &["ls-files", "-z", "--others", "--exclude-standard"], None)?);
        Ok(paths(&bytes))
    }

    /// The content of files at a commit, in the order of `paths`, with one git process; `None` for a missing file.
    pub fn read_at(&self, commit: &str, paths: &[&str]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let commit = object(commit)?;
        let names: Vec<String> = paths.iter().map(|path| format!("{commit}:{path}")).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut input = Vec::new();
        for name in &names {
            input.extend_from_slice(name.as_bytes());
            input.push(0);
        }
        let bytes = self.ok("read files of a revision", &["cat-file", "--batch", "-z"], Some(input))?;
        let mut rest = bytes.as_slice();
        Ok(names.iter().map(|name| take_object(&mut rest, name)).collect())
    }

    /// The last `limit` commits of HEAD, without merges, newest first; fewer if git needs too long for all of them,
    /// and none before the first commit.
    pub fn history(&self, limit: usize) -> Result<Past, Error> {
        match self.resolve("HEAD")? {
            Some(head) => history::read(&self.git, Some(&self.root), &head, limit),
            None => Ok(Past::default()),
        }
    }

    fn ok(&self, what: &str, args: &[&str], stdin: Option<Vec<u8>>) -> Result<Vec<u8>, Error> {
        let output = self.run(what, args, stdin, OUTPUT_LIMIT)?;
        if output.cut {
            return Err(Error::TooMuch { what: what.to_string(), limit: OUTPUT_LIMIT });
        }
        if output.code == 0 { Ok(output.stdout) } else { Err(output.failed(what)) }
    }

    fn run(
        &self,
        what: &str,
        args: &[&str],
        stdin: Option<Vec<u8>>,
        limit: usize,
    ) -> Result<crate::git::Output, Error> {
        let mut all: Vec<&OsStr> = vec![OsStr::new("-C"), self.root.as_os_str()];
        all.extend(args.iter().map(OsStr::new));
        self.git.run(what, &all, stdin, limit)
    }
}

/// The paths of `-z` output, sorted and without duplicates.
fn paths(bytes: &[u8]) -> Vec<String> {
    let mut paths: Vec<String> = fields(bytes)
        .filter_map(|path| String::from_utf8(path.to_vec()).ok())
        // Git lists a repository inside the project as a folder
        .filter(|path| !path.ends_with('/'))
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    fn open(project: &Project) -> UserFiles {
        UserFiles::open(&project.root()).unwrap().unwrap()
    }

    #[test]
    fn a_working_tree_is_compared_and_nothing_is_written() {
        let project =
            Project::with(&[(".gitignore", "*.log\n"), ("a.js", "1\n"), ("b.js", "2\n"), ("d ä.js", "4\n")]);
        project.write("a.js", "changed\n");
        project.write("c \"c\".js", "new\n");
        project.write("x.log", "ignored\n");
        std::fs::remove_file(project.root().join("b.js")).unwrap();
        let before = project.fingerprint();
        let files = open(&project);
        let head = files.resolve("HEAD").unwrap().unwrap();
        assert_eq!(files.changed(&head).unwrap(), ["a.js", "b.js", "c \"c\".js"]);
        assert_eq!(files.files().unwrap(), [".gitignore", "a.js", "c \"c\".js", "d ä.js"]);
        assert_eq!(files.files_at(&head).unwrap(), [".gitignore", "a.js", "b.js", "d ä.js"]);
        let read = files.read_at(&head, &["b.js", "none.js", "d ä.js"]).unwrap();
        assert_eq!(read, [Some(b"2\n".to_vec()), None, Some(b"4\n".to_vec())]);
        assert_eq!(project.fingerprint(), before);
    }

    #[test]
    fn the_merge_base_is_where_branches_went_apart() {
        let project = Project::with(&[("a", "1\n")]);
        let files = open(&project);
        let head = || files.resolve("HEAD").unwrap().unwrap();
        let start = head();
        project.git(&["checkout", "-q", "-b", "other"]);
        project.write("b", "2\n");
        project.git(&["add", "-A"]);
        project.git(&["commit", "-q", "-m", "other"]);
        let other = head();
        project.git(&["checkout", "-q", "main"]);
        project.write("c", "3\n");
        project.git(&["add", "-A"]);
        project.git(&["commit", "-q", "-m", "main"]);
        assert_eq!(files.merge_base(&other).unwrap(), Some(start.clone()));
        assert_eq!(files.merge_base(&start).unwrap(), Some(start));
        assert_eq!(files.merge_base(&head()).unwrap(), Some(head()));
        project.git(&["checkout", "-q", "--orphan", "apart"]);
        project.git(&["commit", "-q", "-m", "apart"]);
        assert_eq!(files.merge_base(&other).unwrap(), None);
    }

    #[test]
    fn what_names_no_commit_is_none() {
        let project = Project::with(&[("a", "1\n")]);
        let files = open(&project);
        for rev in ["", "nowhere", "--all", "-h", "HEAD\nHEAD", "HEAD:a", "HEAD~9"] {
            assert_eq!(files.resolve(rev).unwrap(), None, "{rev:?}");
        }
        assert!(files.resolve("main").unwrap().is_some());
        assert_eq!(open(&Project::empty()).resolve("HEAD").unwrap(), None);
        assert!(UserFiles::open(&Project::plain().root()).unwrap().is_none());
    }
}
