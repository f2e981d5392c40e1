//! The last commits of a git repository as correct changes, judged by the Guardian's gate one after the other.
//!
//! It reads the repository through git and writes nothing there. A commit counts if it has one parent and changes few
//! source files, as a task of a mission does.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use engine::for_benches::{ChangedFiles, Lint};
use syntax::Language;

use super::{Judged, Row};

/// The most changed source files of a commit that counts.
const MAX_FILES: usize = 15;
/// How many commits are looked at for each wanted one.
const LOOKED_AT: usize = 40;
/// The size of the largest source file, in bytes: larger files are data.
const MAX_FILE: usize = 1 << 20;

/// Judges the newest `commits` commits of a repository that count.
pub fn judge_repository(path: &Path, commits: usize) -> Result<Judged, String> {
    let mut repository = Repository::open(path)?;
    let lint = Lint::default();
    let mut judged = Judged::default();
    let mut row = Row { registry: repository.name.clone(), ..Row::default() };
    for change in repository.changes(commits)? {
        let (base, answer) = repository.files(&change)?;
        let report = lint.judge_files(&base, &answer, None);
        let files: BTreeSet<&str> = report.issues.iter().filter_map(|issue| issue.path.as_deref()).collect();
        row.changes += 1;
        row.files += change.paths.iter().filter(|(path, _)| Language::of_path(path).is_some()).count();
        row.refused += usize::from(!report.issues.is_empty());
        row.accused += files.len();
        let title = format!("{} {}", repository.name, change.commit.get(..9).unwrap_or_default());
        judged.errors.extend(report.issues.iter().map(|issue| format!("{title}: {issue}")));
    }
    judged.add(row);
    Ok(judged)
}

/// A commit with its changes: for each path the new object.
struct Commit {
    commit: String,
    parent: String,
    paths: Vec<(String, Option<String>)>,
}

struct Repository {
    name: String,
    path: String,
    objects: Objects,
}

impl Repository {
    fn open(path: &Path) -> Result<Repository, String> {
        let shown = path.display().to_string();
        let own = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let above = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        // The name of a bare copy is often that of the folder above it
        let name = if own == "repo" { above.unwrap_or(own) } else { own };
        Ok(Repository { name: name.to_string(), objects: Objects::open(&shown)?, path: shown })
    }

    fn git(&self, arguments: &[&str]) -> Result<String, String> {
        let failed = |why: String| format!("`git -C {} {}`: {why}", self.path, arguments.join(" "));
        let output = Command::new("git")
            .args(["-C", &self.path])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|why| failed(why.to_string()))?;
        if !output.status.success() {
            return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_string()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The newest commits with one parent that change few source files.
    fn changes(&self, wanted: usize) -> Result<Vec<Commit>, String> {
        let count = (wanted * LOOKED_AT).to_string();
        let log = self.git(&["log", "--no-merges", "-n", &count, "--format=%H %P", "HEAD"])?;
        let mut found = Vec::new();
        for line in log.lines() {
            let [commit, parent] = line.split_whitespace().collect::<Vec<_>>()[..] else { continue };
            let raw = self.git(&["diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", parent, commit])?;
            let paths = changed_paths(&raw);
            let sources = paths.iter().filter(|(path, _)| Language::of_path(path).is_some()).count();
            if (1..=MAX_FILES).contains(&sources) {
                found.push(Commit { commit: commit.into(), parent: parent.into(), paths });
            }
            if found.len() == wanted {
                break;
            }
        }
        Ok(found)
    }

    /// The texts before a commit, and the files that it writes.
    fn files(&mut self, change: &Commit) -> Result<(BTreeMap<String, String>, ChangedFiles), String> {
        let list = self.git(&["ls-tree", "-r", "-z", &change.parent])?;
        let mut base = BTreeMap::new();
        for entry in list.split('\0') {
            let Some((meta, path)) = entry.split_once('\t') else { continue };
            let [mode, "blob", object] = meta.split(' ').collect::<Vec<_>>()[..] else { continue };
            if mode != "120000" {
                base.insert(path.to_string(), self.objects.text(object)?);
            }
        }
        let mut answer = ChangedFiles::new();
        for (path, object) in &change.paths {
            let text = object.as_ref().map(|object| self.objects.text(object)).transpose()?;
            answer.insert(path.clone(), text);
        }
        Ok((base, answer))
    }
}

/// The files in what `git diff-tree -z` prints, without links and submodules.
fn changed_paths(raw: &str) -> Vec<(String, Option<String>)> {
    let mut words = raw.split('\0');
    let mut paths = Vec::new();
    while let (Some(meta), Some(path)) = (words.next(), words.next()) {
        let [from, to, _, object, _] = meta.trim_start_matches(':').split(' ').collect::<Vec<_>>()[..] else {
            continue;
        };
        let is_file = |mode: &str| mode.starts_with("100");
        if is_file(to) || is_file(from) && to == "000000" {
            paths.push((path.to_string(), is_file(to).then(|| object.to_string())));
        }
    }
    paths
}

/// Texts by the names of their objects, all read by one git process.
struct Objects {
    child: Child,
    asked: ChildStdin,
    said: BufReader<ChildStdout>,
    known: HashMap<String, String>,
}

impl Objects {
    fn open(path: &str) -> Result<Objects, String> {
        let mut child = Command::new("git")
            .args(["-C", path, "cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|why| format!("`git cat-file` in `{path}`: {why}"))?;
        let (Some(asked), Some(said)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("`git cat-file` in `{path}` has no pipes"));
        };
        Ok(Objects { child, asked, said: BufReader::new(said), known: HashMap::new() })
    }

    /// The text of an object; empty if it is no text, too large or missing. Its path still counts as existing.
    fn text(&mut self, object: &str) -> Result<String, String> {
        if let Some(known) = self.known.get(object) {
            return Ok(known.clone());
        }
        let failed = |why: std::io::Error| format!("object {object}: {why}");
        writeln!(self.asked, "{object}").map_err(failed)?;
        let mut head = String::new();
        self.said.read_line(&mut head).map_err(failed)?;
        let size = match head.trim().split(' ').collect::<Vec<_>>()[..] {
            [_, "blob", size] => size.parse::<usize>().map_err(|why| format!("object {object}: {why}"))?,
            _ => return Ok(String::new()),
        };
        let mut bytes = vec![0; size + 1];
        self.said.read_exact(&mut bytes).map_err(failed)?;
        bytes.truncate(size);
        let text = if size > MAX_FILE { String::new() } else { String::from_utf8(bytes).unwrap_or_default() };
        self.known.insert(object.to_string(), text.clone());
        Ok(text)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(folder: &Path, arguments: &[&str]) {
        let user = ["-c", "user.name=a", "-c", "user.email=a@example.invalid"];
        let status = Command::new("git").arg("-C").arg(folder).args(user).args(arguments).status();
        assert!(status.is_ok_and(|status| status.success()), "git {arguments:?}");
    }

    #[test]
    fn the_commits_of_a_repository_are_judged_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
        git(folder.path(), &["init", "-q", "--template="]);
        for (path, text) in [
            ("a.js", "export const a = 1;\n"),
            ("b.js", "import { a } from './a.js';\na();\n"),
            ("notes.md", "only a document\n"),
            ("a.js", "export const c = 1;\n"),
        ] {
            write(path, text);
            git(folder.path(), &["add", "-A"]);
            git(folder.path(), &["commit", "-q", "-m", path]);
        }
        let judged = judge_repository(folder.path(), 10).unwrap();
        assert_eq!(
            (judged.changes, judged.files),
            (2, 2),
            "the first has no parent, a document is no source"
        );
        assert_eq!((judged.refused, judged.accused), (1, 1), "{:?}", judged.errors);
    }

    #[test]
    fn what_is_no_repository_is_said() {
        let folder = tempfile::tempdir().unwrap();
        assert!(judge_repository(folder.path(), 1).is_err_and(|why| why.contains("git -C")));
    }
}
