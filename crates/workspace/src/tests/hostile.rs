//! A slot whose processes attack: the user's repository stays as it was, and our git runs none of their
//! programs.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::testing::{Project, mission, write};
use crate::{Slot, Workspace};

/// Runs a script in the slot as a task could, and ignores its exit status.
fn run(slot: &Slot, project: &Project, script: &str) {
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "P='{}'\nR='{}'\nE='{}'\n{script}",
            repository(project).display(),
            project.root().display(),
            evil(project).display()
        ))
        .current_dir(&slot.path)
        // Its own home, so that changes of global settings stay in this test's folder.
        .env("HOME", project.state().parent().unwrap())
        .env("XDG_CONFIG_HOME", project.state().parent().unwrap())
        .env("GIT_CONFIG_GLOBAL", project.state().with_file_name("global.gitconfig"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output();
    drop(output.unwrap());
}

fn repository(project: &Project) -> std::path::PathBuf {
    project.state().join("repository.git")
}

fn evil(project: &Project) -> std::path::PathBuf {
    project.state().with_file_name("evil")
}

/// Does everything that we do with a slot after a task.
fn carry_on(workspace: &Workspace, slot: &Slot, base: &str, project: &Project) {
    let before = project.fingerprint();
    if let Ok(commit) = workspace.commit_slot(slot, base, "t") {
        workspace.slot_changes(slot).unwrap();
        workspace.merge(base, &commit.id, "m").unwrap();
    }
    let again = workspace.slot(slot.n, base).unwrap();
    assert!(workspace.slot_changes(&again).unwrap().is_empty());
    assert!(again.path.join("a.txt").is_file() && again.path.join("src/b.txt").is_file());
    write(&again.path, "a.txt", "honest\n");
    let commit = workspace.commit_slot(&again, base, "t").unwrap();
    assert_eq!(workspace.read(&commit.id, "a.txt").unwrap().unwrap(), b"honest\n");
    workspace.user_tree("m").unwrap();
    assert_eq!(before, project.fingerprint(), "carrying on changed the user's project");
}

fn check(script: &str) {
    let project =
        Project::with(&[("a.txt", "a\n"), ("src/b.txt", "b\n"), (".gitattributes", "*.txt filter=evil\n")]);
    project.write("a.txt", "stashed\n");
    project.git(&["stash", "-q"]);
    let before = project.fingerprint();
    let workspace = project.open();
    let (base, slot, _) = mission(&workspace, &[("src/c.txt", "c\n")]);
    run(&slot, &project, script);
    assert_eq!(before, project.fingerprint(), "the task itself reached the user's project");
    carry_on(&workspace, &slot, &base.commit, &project);
    assert!(!evil(&project).exists(), "a planted command ran");
}

#[test]
fn ordinary_git_commands_stay_in_the_private_repository() {
    check(
        "git stash -u; git stash pop; git stash; git branch evil; git checkout -b other; git tag t; \
         echo x > x; git add -A; git commit -m evil; git config user.name evil; git config --global a.b c; \
         git push --mirror; git push origin; git remote add origin $R; git reset --hard HEAD~1; \
         git worktree prune; git gc -q; git update-ref -d refs/orchestrator/m/user",
    );
}

#[test]
fn planted_settings_run_nothing() {
    check(
        "for k in core.fsmonitor filter.evil.clean filter.evil.smudge filter.evil.process merge.evil.driver \
         diff.external core.sshCommand core.editor core.pager uploadpack.packObjectsHook gpg.program; do \
         git --git-dir=$P config $k \"touch $E\"; done; \
         git --git-dir=$P config filter.evil.required true; \
         git --git-dir=$P config extensions.worktreeConfig true; \
         git --git-dir=$P config --worktree core.fsmonitor \"touch $E\"; \
         cp $P/config $P/worktrees/1/config.worktree; echo '* filter=evil merge=evil diff=evil' > $P/info/attributes; \
         git --git-dir=$P config alias.write-tree \"!touch $E\"; \
         git --git-dir=$P config include.path $P/more; printf '[core]\\n\\tfsmonitor = touch %s\\n' $E > $P/more",
    );
}

#[test]
fn planted_hooks_run_nothing() {
    check(
        "mkdir -p $P/hooks; for h in post-index-change post-checkout reference-transaction pre-commit post-merge \
         fsmonitor-watchman proc-receive update; do printf '#!/bin/sh\\ntouch %s\\n' $E > $P/hooks/$h; \
         chmod +x $P/hooks/$h; done; git --git-dir=$P config core.hooksPath $P/hooks",
    );
}

#[test]
fn the_pointers_of_a_slot_are_put_right() {
    check("rm .git; cp -r $R/.git .git; git config core.fsmonitor \"touch $E\"");
    check("rm .git; git init -q .; git config core.fsmonitor \"touch $E\"; git config core.worktree $R");
    check("echo 'gitdir: '$R/.git > .git");
    check("rm .git; ln -s $R/.git .git");
    check("echo $R/.git > $P/commondir; echo $R/.git > $P/worktrees/1/commondir; rm -r $P/worktrees/1");
    check(
        "echo $R/.git/objects > $P/objects/info/alternates; echo x > $P/HEAD; echo x > $P/shallow; rm -rf $P/refs",
    );
    check("mkdir -p $P/config.d; rm $P/config; mkdir $P/config; ln -s $R $P/hooks");
}

#[test]
fn folders_replaced_by_links_are_not_followed() {
    check("rm -r src; ln -s $R/src src");
    check("rm -rf ../1; ln -s $R ../1");
    check("rm -rf * .git .gitattributes; mkdir -p src/.git/x a.txt/deep; echo y > a.txt/deep/y");
    check("mkdir -p src/.git; cp -r $R/.git/* src/.git; git -C src config core.fsmonitor \"touch $E\"");
    check("ln -s $R .opencode; ln -s $R/a.txt opencode.json");
}

#[test]
fn configuration_planted_for_the_next_task_is_gone() {
    let project = Project::with(&[("a", "a"), ("opencode.json", "{}"), (".opencode/plugin/p.js", "evil()")]);
    let workspace = project.open();
    let (base, slot, _) = mission(&workspace, &[]);
    assert!(!slot.path.join("opencode.json").exists() && !slot.path.join(".opencode").exists());
    write(&slot.path, ".opencode/plugin/q.js", "evil()");
    write(&slot.path, "opencode.jsonc", "{}");
    workspace.write_slot_file(&slot, "opencode.json", "{\"ours\":1}").unwrap();
    write(&slot.path, "b", "b");
    let changes = workspace.slot_changes(&slot).unwrap();
    assert_eq!(changes.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["b"]);
    let commit = workspace.commit_slot(&slot, &base.commit, "t").unwrap();
    assert_eq!(
        workspace.read(&commit.id, "opencode.json").unwrap().unwrap(),
        b"{}",
        "the project's own stays"
    );
    let slot = workspace.slot(1, &commit.id).unwrap();
    assert!(!slot.path.join(".opencode").exists() && !slot.path.join("opencode.jsonc").exists());
    assert!(workspace.slot_changes(&slot).unwrap().is_empty());
    assert!(slot.path.join("b").exists());
}

#[test]
fn the_engines_file_is_written_through_no_link() {
    let project = Project::with(&[("a", "a")]);
    let workspace = project.open();
    let (_, slot, _) = mission(&workspace, &[]);
    let target = project.root().join("a");
    std::os::unix::fs::symlink(&target, slot.path.join("opencode.json")).unwrap();
    workspace.write_slot_file(&slot, "opencode.json", "{}").unwrap();
    assert_eq!(fs::read_to_string(target).unwrap(), "a");
    std::os::unix::fs::symlink(project.root(), slot.path.join("dir")).unwrap();
    assert!(workspace.write_slot_file(&slot, "dir/a", "x").is_err());
    assert!(workspace.write_slot_file(&slot, "../a", "x").is_err());
    let mode = |path: &Path| {
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
    };
    assert_eq!(mode(&slot.path.join("opencode.json")), 0o600);
}

#[test]
fn links_in_the_private_repository_do_not_lead_our_git_out() {
    check("rm -rf $P/refs/orchestrator; ln -s $R/.git/refs/heads $P/refs/orchestrator");
    check("rm -rf $P/refs/orchestrator/m; ln -s $R/.git/refs/heads $P/refs/orchestrator/m");
    check("rm -f $P/refs/orchestrator/m/user; ln -s $R/.git/refs/heads/main $P/refs/orchestrator/m/user");
    check(
        "git symbolic-ref refs/orchestrator/m/user refs/heads/main; git update-ref refs/orchestrator/m/base HEAD~0",
    );
    check("rm -rf $P/worktrees/1; ln -s $R $P/worktrees/1; rm -rf $P/info; ln -s $R $P/info");
}

#[test]
fn a_private_repository_that_was_swapped_for_the_users_is_an_error_at_most() {
    for script in ["mv $P $P.old; ln -s $R/.git $P", "mv $P/objects $P/old; ln -s $R/.git/objects $P/objects"]
    {
        let project = Project::with(&[("a", "a")]);
        let workspace = project.open();
        let (base, slot, _) = mission(&workspace, &[("b", "b")]);
        let before = project.fingerprint();
        run(&slot, &project, script);
        write(&slot.path, "c", "c");
        drop(workspace.commit_slot(&slot, &base.commit, "t"));
        drop(workspace.slot(1, &base.commit));
        drop(workspace.user_tree("m"));
        assert_eq!(before, project.fingerprint(), "{script}");
        workspace.clean().unwrap();
        assert_eq!(before, project.fingerprint(), "{script}");
    }
}

#[test]
fn objects_are_not_written_through_a_planted_link() {
    let project = Project::with(&[("a", "a")]);
    let workspace = project.open();
    let (base, slot, _) = mission(&workspace, &[]);
    let before = project.fingerprint();
    // Creates every missing folder in which git could store an object.
    run(
        &slot,
        &project,
        "for a in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do for b in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do \
         test -e $P/objects/$a$b || ln -s $R $P/objects/$a$b; done; done",
    );
    for round in 0..3 {
        write(&slot.path, "new", format!("new {round}"));
        workspace.commit_slot(&slot, &base.commit, "t").unwrap();
    }
    assert_eq!(before, project.fingerprint());
}
