//! The course of one task: base, slot, commit, merge, delivery, undo.

use std::fs;

use expect_test::expect;

use crate::testing::{Project, mission, write};
use crate::{ChangeKind, DeliveryError, Merge, UndoError, project_root};

#[test]
fn one_task_from_base_to_delivery_and_back() {
    let project = Project::with(&[("a.txt", "one\ntwo\n"), ("b.txt", "b\n"), (".gitignore", "target\n")]);
    project.write("dirty.txt", "mine\n");
    project.write("a.txt", "one\ntwo\nthree\n");
    project.write("target/big", "x");
    let before = project.fingerprint();
    let workspace = project.open();
    let base = workspace.take_base("m").unwrap();
    assert_eq!(base.changed, ["a.txt", "dirty.txt"]);
    assert_eq!(workspace.files(&base.commit).unwrap(), [".gitignore", "a.txt", "b.txt", "dirty.txt"]);

    let slot = workspace.slot(1, &base.commit).unwrap();
    assert_eq!(fs::read_to_string(slot.path.join("a.txt")).unwrap(), "one\ntwo\nthree\n");
    assert!(!slot.path.join("target").exists());
    write(&slot.path, "a.txt", "one\n2\nthree\n");
    write(&slot.path, "src/new.txt", "new\n");
    fs::remove_file(slot.path.join("b.txt")).unwrap();
    let changes = workspace.slot_changes(&slot).unwrap();
    let kinds: Vec<_> = changes.iter().map(|change| (change.path.as_str(), change.kind.clone())).collect();
    assert_eq!(
        kinds,
        [("a.txt", ChangeKind::Modified), ("b.txt", ChangeKind::Deleted), ("src/new.txt", ChangeKind::Added)]
    );
    let commit = workspace.commit_slot(&slot, &base.commit, "task").unwrap();
    expect![[r#"
        diff --git a/a.txt b/a.txt
        index 4cb29ea..f04eb26 100644
        --- a/a.txt
        +++ b/a.txt
        @@ -1,3 +1,3 @@
         one
        -two
        +2
         three
    "#]]
    .assert_eq(&workspace.diff(&base.commit, &commit.id, &["a.txt".into()], 10_000).unwrap());
    assert_eq!(workspace.read(&commit.id, "a.txt").unwrap().unwrap(), b"one\n2\nthree\n");
    assert_eq!(workspace.read(&commit.id, "b.txt").unwrap(), None);
    assert_eq!(before, project.fingerprint(), "nothing of the user's changed");

    let delivery = workspace.plan_delivery(&base.commit, &commit.id).unwrap();
    let delivered = workspace.deliver(&delivery).unwrap();
    assert_eq!(delivered.written, ["a.txt", "src/new.txt"]);
    assert_eq!(delivered.removed, ["b.txt"]);
    assert_eq!(project.read("a.txt").unwrap(), "one\n2\nthree\n");
    assert_eq!(project.read("dirty.txt").unwrap(), "mine\n");
    assert_eq!(project.read("b.txt"), None);

    let undone = workspace.undo(&delivery).unwrap();
    assert_eq!((undone.restored.len(), undone.removed.len()), (2, 1));
    assert_eq!(before, project.fingerprint(), "undone to the byte");
}

#[test]
fn changes_of_the_user_stop_a_delivery_and_an_undo() {
    let project = Project::with(&[("a.txt", "a\n"), ("b.txt", "b\n")]);
    let workspace = project.open();
    let (base, _, commit) = mission(&workspace, &[("a.txt", "A\n"), ("new.txt", "n\n")]);
    let delivery = workspace.plan_delivery(&base.commit, &commit).unwrap();
    project.write("new.txt", "made by the user\n");
    let before = project.fingerprint();
    let Err(DeliveryError::Changed { paths }) = workspace.deliver(&delivery) else { panic!() };
    assert_eq!(paths, ["new.txt"]);
    assert_eq!(before, project.fingerprint());

    fs::remove_file(project.root().join("new.txt")).unwrap();
    workspace.deliver(&delivery).unwrap();
    project.write("a.txt", "AA\n");
    let before = project.fingerprint();
    let Err(UndoError::Changed { paths }) = workspace.undo(&delivery) else { panic!() };
    assert_eq!(paths, ["a.txt"]);
    assert_eq!(before, project.fingerprint());
}

#[test]
fn merges_are_clean_fast_or_name_their_conflicts() {
    let project = Project::with(&[("a.txt", "1\n2\n3\n4\n5\n"), ("b.txt", "b\n")]);
    let workspace = project.open();
    let (base, slot, first) = mission(&workspace, &[("a.txt", "one\n2\n3\n4\n5\n")]);
    let other = |text: &str| {
        let slot = workspace.slot(2, &base.commit).unwrap();
        write(&slot.path, "a.txt", text);
        workspace.commit_slot(&slot, &base.commit, "other").unwrap().id
    };
    let Merge::Clean(fast) = workspace.merge(&base.commit, &first, "m").unwrap() else { panic!() };
    assert_eq!(fast.id, first);
    let Merge::Clean(merged) = workspace.merge(&first, &other("1\n2\n3\n4\nfive\n"), "m").unwrap() else {
        panic!()
    };
    assert_eq!(workspace.read(&merged.id, "a.txt").unwrap().unwrap(), b"one\n2\n3\n4\nfive\n");
    let clash = other("uno\n2\n3\n4\n5\n");
    let Merge::Conflict { paths, detail } = workspace.merge(&first, &clash, "m").unwrap() else { panic!() };
    assert_eq!(paths, ["a.txt"]);
    assert_eq!(detail, "CONFLICT (content): Merge conflict in a.txt\n");

    let conflict = workspace.start_conflict(slot.n, &first, &clash).unwrap();
    assert_eq!(conflict.paths, ["a.txt"]);
    let text = fs::read_to_string(conflict.slot.path.join("a.txt")).unwrap();
    assert!(text.contains("<<<<<<<") && text.contains("one\n") && text.contains("uno\n"), "{text}");
    write(&conflict.slot.path, "a.txt", "both\n2\n3\n4\n5\n");
    let solved = workspace.commit_slot(&conflict.slot, &first, "solved").unwrap();
    assert_eq!(workspace.read(&solved.id, "a.txt").unwrap().unwrap(), b"both\n2\n3\n4\n5\n");
}

#[test]
fn a_branch_is_left_without_touching_anything_else() {
    let project = Project::with(&[("a.txt", "a\n")]);
    let workspace = project.open();
    let (_, _, commit) = mission(&workspace, &[("a.txt", "A\n")]);
    project.git(&["stash", "list"]);
    let (index, head) =
        (fs::read(project.root().join(".git/index")).unwrap(), project.git(&["rev-parse", "HEAD"]));
    assert_eq!(workspace.leave_branch("m", &commit).unwrap(), "orchestrator/m");
    assert_eq!(workspace.leave_branch("m", &commit).unwrap(), "orchestrator/m", "the same again");
    assert_eq!(project.git(&["show", "orchestrator/m:a.txt"]), "A");
    assert_eq!(project.git(&["rev-parse", "orchestrator/m~1"]), head);
    assert_eq!(fs::read(project.root().join(".git/index")).unwrap(), index);
    assert_eq!(project.git(&["rev-parse", "HEAD"]), head);
    assert!(!project.root().join(".git/FETCH_HEAD").exists());
    assert_eq!(project.git(&["status", "--short"]), "");
}

#[test]
fn a_branch_is_left_beside_one_that_is_in_its_way() {
    let project = Project::with(&[("a.txt", "a\n")]);
    project.git(&["branch", "orchestrator"]);
    let workspace = project.open();
    let (_, _, commit) = mission(&workspace, &[("a.txt", "A\n")]);
    assert_eq!(workspace.leave_branch("m", &commit).unwrap(), "orchestrator-m");
    assert_eq!(project.git(&["show", "orchestrator-m:a.txt"]), "A");
}

#[test]
fn a_repository_of_before_1973() {
    let project = Project::empty();
    project.write("a", "a");
    project.git(&["add", "a"]);
    // What a machine without a clock writes, and builds with a fixed time
    let tree = project.git(&["write-tree"]);
    let commit = "tree {tree}\nauthor u <u@localhost> 1 +0000\ncommitter u <u@localhost> 1 +0000\n\nfirst\n";
    project.write("commit", commit.replace("{tree}", &tree));
    let head = project.git(&["hash-object", "-t", "commit", "-w", "commit"]);
    fs::remove_file(project.root().join("commit")).unwrap();
    project.git(&["reset", "-q", "--hard", &head]);
    project.write("a", "changed");
    let workspace = project.open();
    let (base, _, commit) = mission(&workspace, &[("a", "A")]);
    assert_ne!(base.commit, head);
    assert_eq!(workspace.read(&commit, "a").unwrap().unwrap(), b"A");
}

#[test]
fn the_root_is_the_top_of_the_working_tree() {
    let project = Project::with(&[("src/deep/a.txt", "a\n"), (".gitignore", "ignored\n")]);
    assert_eq!(project_root(&project.root().join("src/deep")), project.root());
    fs::create_dir(project.root().join("ignored")).unwrap();
    assert_eq!(project_root(&project.root().join("ignored")), project.root().join("ignored"));
    let plain = Project::plain();
    assert_eq!(project_root(&plain.root()), plain.root());
}
