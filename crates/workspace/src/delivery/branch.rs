//! Leaves a mission's result as a branch in the user's repository.
//!
//! It moves no existing ref, and touches neither index nor working tree.

use std::collections::HashSet;
use std::ffi::OsStr;

use crate::base::secrets::{is_secret, is_secret_in_part};
use crate::base::{BASE, tree_of};
use crate::error::Error;
use crate::git::Git;
use crate::git::inspect::raw_entries;
use crate::names::{is_host, object, ref_part};
use crate::slots::commit_tree;
use crate::user::project::head;
use crate::workspace::Workspace;

const WHAT: &str = "leave a branch in the project";

impl Workspace {
    /// Brings `commit` into the user's repository as a new branch `orchestrator/<mission>` (with a number
    /// appended if that name is taken) and returns its name. Nothing else changes there. If the user has a branch
    /// `orchestrator`, git allows none below it: then `-` takes the place of the `/`.
    pub fn leave_branch(&self, mission: &str, commit: &str) -> Result<String, Error> {
        let mission = ref_part(mission, "the name of a mission")?;
        let Some(user) = self.user() else { return Err(Error::NotGit { root: self.root().to_path_buf() }) };
        let commit = self.with_tracked_secrets(mission, object(commit)?)?;
        self.pin(mission, "branch", &commit)?;
        let git = Git::scrubbed()?.git_dir(&user.git_dir);
        let above = ["rev-parse", "--quiet", "--verify", "refs/heads/orchestrator"];
        let between = if git.run(WHAT, &above, None, 4096)?.code == 0 { '-' } else { '/' };
        for number in 1..=99 {
            let name = match number {
                1 => format!("orchestrator{between}{mission}"),
                _ => format!("orchestrator{between}{mission}-{number}"),
            };
            let full = format!("refs/heads/{name}");
            let there = git.run(WHAT, &["rev-parse", "--quiet", "--verify", &full], None, 4096)?;
            match String::from_utf8_lossy(&there.stdout).trim() {
                "" => {}
                found if found == commit => return Ok(name),
                _ => continue,
            }
            let spec = format!("refs/orchestrator/{mission}/branch:{full}");
            let repository = self.repository();
            let args: [&OsStr; 10] = [
                "-c".as_ref(),
                "fetch.writeCommitGraph=false".as_ref(),
                "fetch".as_ref(),
                "--quiet".as_ref(),
                "--no-tags".as_ref(),
                "--no-write-fetch-head".as_ref(),
                "--no-auto-maintenance".as_ref(),
                "--no-recurse-submodules".as_ref(),
                repository.as_os_str(),
                spec.as_ref(),
            ];
            self.git()?;
            git.ok(WHAT, &args, None)?;
            return Ok(name);
        }
        Err(Error::Name {
            name: mission.to_string(),
            what: "the name of a branch",
            hint: "100 branches of that name exist; delete some (`git branch -D`)",
        })
    }

    /// Tracked secrets of the user are not in our commits, so merging a branch without them would delete
    /// them. The branch is therefore made again with them: first the user's own changes, then the
    /// mission's.
    fn with_tracked_secrets(&self, mission: &str, commit: &str) -> Result<String, Error> {
        let Some(head) = head(&Git::as_user()?, self.root())? else { return Ok(commit.to_string()) };
        let git = self.git()?;
        let base = self.recall(mission, BASE)?.unwrap_or_else(|| head.clone());
        let parent = git.run(WHAT, &["rev-parse", "--quiet", "--verify", &format!("{base}^")], None, 4096)?;
        let parent = String::from_utf8_lossy(&parent.stdout).trim().to_string();
        // The base is either HEAD at the start, or a commit on top of it.
        let start = [&base, &parent].into_iter().find(|candidate| **candidate == head).cloned();
        let start = start.unwrap_or(if parent.is_empty() { base.clone() } else { parent });
        let in_base: HashSet<String> = self.files(&base)?.into_iter().collect();
        let kept = |path: &[u8]| {
            let partly = is_secret_in_part(path) && !in_base.contains(&*String::from_utf8_lossy(path));
            is_secret(path) || is_host(path) || partly
        };
        let lost: Vec<_> = raw_entries(&git, &tree_of(&git, &start)?, &tree_of(&git, commit)?)?
            .into_iter()
            .filter(|(path, before, _)| before.is_some() && kept(path))
            .collect();
        if lost.is_empty() {
            return Ok(commit.to_string());
        }
        let mut entries = Vec::new();
        for (path, before, _) in lost {
            let Some((mode, oid)) = before else { continue };
            entries.extend_from_slice(format!("{mode} {oid}\t").as_bytes());
            entries.extend_from_slice(&path);
            entries.push(0);
        }
        let index = self.area().join("branch.index");
        let git = git.index(&index);
        let mut made = start;
        for (from, message) in
            [(base.as_str(), "Uncommitted changes of the project"), (commit, "The mission")]
        {
            git.ok(WHAT, &["read-tree", from], None)?;
            git.ok(WHAT, &["update-index", "-z", "--index-info"], Some(entries.clone()))?;
            let tree = git.line(WHAT, &["write-tree"])?;
            if tree != tree_of(&git, &made)? {
                made = commit_tree(&git, &tree, &[&made], message)?.id;
            }
        }
        Ok(made)
    }
}
