//! Untracked secrets stay with the user; tracked files belong to the project.

use std::fs;

use crate::Why;
use crate::testing::{Project, mission, write};

fn project() -> Project {
    let project = Project::with(&[("a", "a\n"), (".env", "TOKEN=tracked\n"), (".env.example", "TOKEN=\n")]);
    project.write("deploy.pem", "untracked secret");
    project
}

#[test]
fn no_untracked_secret_enters_the_private_repository_or_a_slot() {
    let project = project();
    let workspace = project.open();
    let (base, slot, commit) =
        mission(&workspace, &[("a", "A\n"), (".env", "TOKEN=made by a task\n"), ("x/id_rsa", "key")]);
    let left: Vec<_> = base.left_out.iter().map(|left| (left.path.as_str(), left.why)).collect();
    assert_eq!(left, [("deploy.pem", Why::Secret)]);
    assert_eq!(base.changed, [""; 0], "a secret taken out is no change of the user's");
    assert_eq!(workspace.files(&commit).unwrap(), [".env", ".env.example", "a"]);
    assert_eq!(workspace.read(&commit, ".env").unwrap().unwrap(), b"TOKEN=tracked\n", "no task changes it");
    assert!(!slot.path.join("deploy.pem").exists());
    let again = workspace.commit_slot(&slot, &base.commit, "t").unwrap();
    assert_eq!(again.left_out.len(), 2, "what a task wrote and is not delivered is said");
    let objects = crate::testing::git(
        &project.state().join("repository.git"),
        &["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"],
    );
    for object in objects.lines().filter_map(|line| line.strip_suffix(" blob")) {
        let text =
            crate::testing::git(&project.state().join("repository.git"), &["cat-file", "blob", object]);
        assert!(!text.contains("untracked secret") && !text.contains("made by a task"));
    }
}

#[test]
fn delivery_never_touches_a_secret() {
    let project = project();
    let workspace = project.open();
    let (base, _, commit) = mission(&workspace, &[("a", "A\n")]);
    let delivery = workspace.plan_delivery(&base.commit, &commit).unwrap();
    assert_eq!(delivery.entries.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(), ["a"]);
    let head = base.head.unwrap();
    let all = workspace.plan_delivery(&head, &commit).unwrap();
    assert!(all.entries.iter().all(|entry| entry.path != ".env"), "not even when a tree lacks it");
    workspace.deliver(&delivery).unwrap();
    assert_eq!(project.read(".env").unwrap(), "TOKEN=tracked\n");
    assert_eq!(project.read("deploy.pem").unwrap(), "untracked secret");
}

#[test]
fn a_branch_does_not_delete_tracked_secrets() {
    let project = project();
    project.write("mine", "uncommitted");
    let workspace = project.open();
    let (_, _, commit) = mission(&workspace, &[("a", "A\n")]);
    let branch = workspace.leave_branch("m", &commit).unwrap();
    assert_eq!(project.git(&["diff", "--name-status", "HEAD", &branch]), "M\ta\nA\tmine");
    assert_eq!(project.git(&["diff", "--name-status", &format!("{branch}~1"), &branch]), "M\ta");
    assert_eq!(workspace.leave_branch("m", &commit).unwrap(), branch);
}

#[test]
fn a_clean_project_with_a_tracked_secret_keeps_it_in_a_branch() {
    let project = Project::with(&[("a", "a\n"), ("server.key", "k")]);
    let workspace = project.open();
    let (_, _, commit) = mission(&workspace, &[("a", "A\n")]);
    let branch = workspace.leave_branch("m", &commit).unwrap();
    assert_eq!(project.git(&["diff", "--name-status", "HEAD", &branch]), "M\ta");
    fs::remove_file(project.root().join("server.key")).unwrap();
    write(&project.root(), "a", "a\n");
    assert!(workspace.user_tree("m").unwrap().changed.is_empty());
}

#[test]
fn a_settings_file_is_kept_back_only_with_a_token() {
    let project = Project::with(&[("a", "a\n"), (".npmrc", "legacy-peer-deps=true\n")]);
    let workspace = project.open();
    let (base, slot, commit) = mission(&workspace, &[(".npmrc", "legacy-peer-deps=false\n")]);
    assert!(base.left_out.is_empty() && slot.path.join(".npmrc").exists());
    assert_eq!(workspace.plan_delivery(&base.commit, &commit).unwrap().entries.len(), 1);

    project.write(".npmrc", "//registry.example.org/:_authToken=abc\n");
    let (base, slot, commit) = mission(&workspace, &[("a", "A\n")]);
    assert_eq!(base.left_out[0].path, ".npmrc");
    let in_slot = fs::read_to_string(slot.path.join(".npmrc")).unwrap();
    assert!(base.changed.is_empty() && in_slot == "legacy-peer-deps=true\n", "as committed");
    workspace.deliver(&workspace.plan_delivery(&base.commit, &commit).unwrap()).unwrap();
    assert!(project.read(".npmrc").unwrap().contains("abc"));
    let branch = workspace.leave_branch("m", &commit).unwrap();
    assert_eq!(project.git(&["diff", "--name-status", "HEAD", &branch]), "M\ta");
}
