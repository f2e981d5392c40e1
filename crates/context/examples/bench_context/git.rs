//! Reads a repository for the benchmark: its commits, their changes, and their trees. Writes only into the
//! folder that is given for a tree.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

type Failure = Box<dyn std::error::Error>;

/// The most commits that are read from a history.
const MAX_COMMITS: usize = 12_000;

/// A repository, bare or not.
pub struct Repository {
    git_dir: PathBuf,
}

/// A commit that is not a merge.
pub struct Commit {
    pub id: String,
    pub parent: String,
    pub message: String,
    /// All paths that it changed
    pub paths: Vec<String>,
    /// Those of them that existed before
    pub existing: Vec<String>,
}

impl Repository {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let path = path.canonicalize()?;
        let git_dir = if path.join(".git").exists() { path.join(".git") } else { path };
        let repository = Self { git_dir };
        repository.run(&["rev-parse", "--verify", "HEAD^{commit}"], &[])?;
        Ok(repository)
    }

    fn run(&self, args: &[&str], env: &[(&str, &Path)]) -> Result<Vec<u8>, Failure> {
        let mut command = Command::new("git");
        command.arg("--git-dir").arg(&self.git_dir).args(["-c", "core.quotePath=false"]).args(args);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
        for (key, value) in env {
            command.env(key, value);
        }
        let output = command.output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let why = String::from_utf8_lossy(&output.stderr).trim().to_string();
        Err(format!("git {} in {}: {why}", args.first().unwrap_or(&""), self.git_dir.display()).into())
    }

    /// The newest commits that are not merges, newest first.
    pub fn commits(&self) -> Result<Vec<Commit>, Failure> {
        let count = format!("--max-count={MAX_COMMITS}");
        let format = "--format=%x01%H%x02%P%x02%B%x00";
        let args = [
            "log",
            "-z",
            "--no-merges",
            "--name-status",
            "--no-renames",
            "--topo-order",
            &count,
            format,
            "HEAD",
        ];
        let bytes = self.run(&args, &[])?;
        let text = String::from_utf8_lossy(&bytes);
        let mut commits: Vec<Commit> = Vec::new();
        let mut status = None;
        for field in text.split('\0') {
            let field = field.trim_start_matches('\n');
            if let Some(header) = field.strip_prefix('\u{1}') {
                let mut words = header.splitn(3, '\u{2}').map(str::to_string);
                let mut word = || words.next().unwrap_or_default();
                let (id, parent, message) = (word(), word(), word());
                commits.push(Commit { id, parent, message, paths: Vec::new(), existing: Vec::new() });
                status = None;
            } else if !field.is_empty()
                && let Some(last) = commits.last_mut()
            {
                match status.take() {
                    None => status = Some(field.to_string()),
                    Some(status) => {
                        last.paths.push(field.to_string());
                        if !status.starts_with('A') {
                            last.existing.push(field.to_string());
                        }
                    }
                }
            }
        }
        Ok(commits)
    }

    /// The parents of every read commit.
    pub fn parents(&self) -> Result<HashMap<String, Vec<String>>, Failure> {
        let count = format!("--max-count={}", 4 * MAX_COMMITS);
        let bytes = self.run(&["rev-list", "--parents", "--topo-order", &count, "HEAD"], &[])?;
        let text = String::from_utf8_lossy(&bytes);
        let line = |line: &str| {
            let mut ids = line.split(' ').map(str::to_string);
            Some((ids.next()?, ids.collect()))
        };
        Ok(text.lines().filter_map(line).collect())
    }

    /// Makes `folder` equal to the files of a commit, and lists them.
    pub fn check_out(&self, commit: &str, folder: &Path, index: &Path) -> Result<Vec<String>, Failure> {
        let env = [("GIT_WORK_TREE", folder), ("GIT_INDEX_FILE", index)];
        self.run(&["-c", "core.bare=false", "read-tree", "--reset", "-u", commit], &env)?;
        let bytes = self.run(&["ls-tree", "-r", "-z", "--name-only", commit], &[])?;
        let paths = bytes.split(|byte| *byte == 0).filter_map(|path| String::from_utf8(path.to_vec()).ok());
        Ok(paths.filter(|path| !path.is_empty()).collect())
    }

    /// The lines of the parent that a commit changed, 1-based; if the commit only adds lines, the line before
    /// them.
    pub fn changed_lines(&self, commit: &Commit) -> Result<BTreeMap<String, BTreeSet<u32>>, Failure> {
        let mut args = vec![
            "diff",
            "-U0",
            "--no-renames",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-prefix",
        ];
        args.extend([commit.parent.as_str(), commit.id.as_str(), "--"]);
        args.extend(commit.existing.iter().map(String::as_str));
        let bytes = self.run(&args, &[])?;
        let mut lines: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        let mut path = String::new();
        for line in String::from_utf8_lossy(&bytes).lines() {
            if let Some(old) = line.strip_prefix("--- ") {
                path = old.trim_end_matches('\t').to_string();
            } else if let Some(hunk) = line.strip_prefix("@@ -") {
                let old = hunk.split(' ').next().unwrap_or_default();
                let (from, count) = old.split_once(',').unwrap_or((old, "1"));
                let (from, count): (u32, u32) = (from.parse()?, count.parse()?);
                let own = lines.entry(path.clone()).or_default();
                own.extend(if count == 0 { from.max(1)..from.max(1) + 1 } else { from..from + count });
            }
        }
        Ok(lines)
    }
}
