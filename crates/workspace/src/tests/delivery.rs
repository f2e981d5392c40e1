//! Delivery is all or nothing, whatever happens in the middle.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::testing::{Project, mission, write};
use crate::{Delivery, DeliveryError, Recovered, Workspace};

/// A delivery that writes, replaces, removes, swaps files for folders, sets modes and links.
fn varied() -> (Project, Workspace, Delivery) {
    varied_in(project())
}

/// The project of that delivery. Steps 0 to 2 remove `file-to-folder`, `folder-to-file/a` and `remove/deep/x.txt`; steps 3
/// to 8 write `change.txt`, `file-to-folder/inside`, `folder-to-file`, `link-me`, `made/by/task.txt` and `run.sh`.
pub(super) fn project() -> Project {
    Project::with(&[
        ("change.txt", "old\n"),
        ("remove/deep/x.txt", "x\n"),
        ("run.sh", "#!/bin/sh\n"),
        ("file-to-folder", "f\n"),
        ("folder-to-file/a", "a\n"),
        ("link-me", "plain\n"),
        ("keep.txt", "k\n"),
    ])
}

pub(super) fn varied_in(project: Project) -> (Project, Workspace, Delivery) {
    let workspace = project.open();
    let (base, slot, _) = mission(&workspace, &[("change.txt", "new\n"), ("made/by/task.txt", "t\n")]);
    let at = |name: &str| slot.path.join(name);
    fs::remove_dir_all(at("remove")).unwrap();
    fs::set_permissions(at("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(at("file-to-folder")).unwrap();
    write(&slot.path, "file-to-folder/inside", "i\n");
    fs::remove_dir_all(at("folder-to-file")).unwrap();
    write(&slot.path, "folder-to-file", "now a file\n");
    fs::remove_file(at("link-me")).unwrap();
    symlink("keep.txt", at("link-me")).unwrap();
    let commit = workspace.commit_slot(&slot, &base.commit, "t").unwrap();
    let delivery = workspace.plan_delivery(&base.commit, &commit.id).unwrap();
    (project, workspace, delivery)
}

pub(super) fn assert_delivered(project: &Project) {
    assert_eq!(project.read("change.txt").unwrap(), "new\n");
    assert_eq!(project.read("made/by/task.txt").unwrap(), "t\n");
    assert!(!project.root().join("remove").exists(), "an emptied folder goes");
    assert_eq!(fs::metadata(project.root().join("run.sh")).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(project.read("file-to-folder/inside").unwrap(), "i\n");
    assert_eq!(project.read("folder-to-file").unwrap(), "now a file\n");
    assert_eq!(fs::read_link(project.root().join("link-me")).unwrap().to_str(), Some("keep.txt"));
}

#[test]
fn everything_arrives_and_can_be_undone() {
    let (project, workspace, delivery) = varied();
    fs::set_permissions(project.root().join("change.txt"), fs::Permissions::from_mode(0o600)).unwrap();
    let before = project.fingerprint();
    workspace.deliver(&delivery).unwrap();
    assert_delivered(&project);
    let mode = fs::metadata(project.root().join("change.txt")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "who may read a file stays as it was");
    workspace.deliver(&delivery).unwrap();
    workspace.undo(&delivery).unwrap();
    assert_eq!(before, project.fingerprint());
    workspace.undo(&delivery).unwrap();
    workspace.deliver(&delivery).unwrap();
    assert_delivered(&project);
}

#[test]
fn another_process_can_undo_from_the_journal_alone() {
    let (project, workspace, delivery) = varied();
    let before = project.fingerprint();
    workspace.deliver(&delivery).unwrap();
    let text = serde_json::to_string(&delivery).unwrap();
    fs::remove_dir_all(project.state().join("git")).unwrap();
    let delivery: Delivery = serde_json::from_str(&text).unwrap();
    project.open().undo(&delivery).unwrap();
    assert_eq!(before, project.fingerprint());
}

#[test]
fn a_failure_after_any_number_of_steps_puts_everything_back() {
    let (project, workspace, delivery) = varied();
    let before = project.fingerprint();
    let mut failures = 0;
    loop {
        crate::delivery::apply::fail_after(failures);
        match workspace.deliver(&delivery) {
            Ok(_) => break,
            Err(DeliveryError::PutBack { .. }) => failures += 1,
            Err(other) => panic!("{other}"),
        }
        assert_eq!(before, project.fingerprint(), "after {failures} steps");
    }
    assert!(failures > 8, "{failures}");
    assert_delivered(&project);
}

#[test]
fn a_crash_after_any_number_of_steps_is_rolled_forward() {
    for steps in 1..9 {
        let (project, workspace, delivery) = varied();
        crate::delivery::apply::crash_after(steps);
        assert!(workspace.deliver(&delivery).is_err());
        let again = project.open();
        assert!(matches!(again.recover(&delivery).unwrap(), Recovered::Forward(_)), "{steps}");
        assert_delivered(&project);
        assert!(matches!(again.recover(&delivery).unwrap(), Recovered::Forward(_)));
    }
}

#[test]
fn a_delivery_that_had_not_written_anything_begins_again() {
    let (project, workspace, delivery) = varied();
    let before = project.fingerprint();
    crate::delivery::apply::crash_after(0);
    assert!(workspace.deliver(&delivery).is_err());
    let recovered = project.open().recover(&delivery).unwrap();
    assert_eq!(recovered, Recovered::Back { changed: vec![], put_back: vec![], torn: vec![] });
    assert_eq!(before, project.fingerprint());
}

#[test]
fn what_was_complete_before_somebody_changed_it_stays() {
    let (project, workspace, delivery) = varied();
    workspace.deliver(&delivery).unwrap();
    // The process died before it could note that everything was in its place.
    project.write("change.txt", "new\nand the user's\n");
    assert!(matches!(project.open().recover(&delivery).unwrap(), Recovered::Forward(_)));
    assert_eq!(project.read("change.txt").unwrap(), "new\nand the user's\n");
    project.write("change.txt", "new\n");
    assert_delivered(&project);
}

#[test]
fn a_crash_and_then_an_edit_is_rolled_back_around_the_edit() {
    for steps in [1, 3, 7, 8] {
        let (project, workspace, delivery) = varied();
        project.write("keep.txt", "edited before\n");
        let before = project.fingerprint();
        crate::delivery::apply::crash_after(steps);
        assert!(workspace.deliver(&delivery).is_err());
        project.write("run.sh", "edited after the crash\n");
        let Recovered::Back { changed, .. } = project.open().recover(&delivery).unwrap() else { panic!() };
        assert_eq!(changed, ["run.sh"]);
        assert_eq!(project.read("run.sh").unwrap(), "edited after the crash\n");
        project.write("run.sh", "#!/bin/sh\n");
        fs::set_permissions(project.root().join("run.sh"), fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(before, project.fingerprint(), "{steps}");
    }
}

#[test]
fn an_undo_that_crashed_is_finished_by_another() {
    for steps in [1, 5] {
        let (project, workspace, delivery) = varied();
        let before = project.fingerprint();
        workspace.deliver(&delivery).unwrap();
        crate::delivery::apply::crash_after(steps);
        assert!(workspace.undo(&delivery).is_err());
        project.open().undo(&delivery).unwrap();
        assert_eq!(before, project.fingerprint(), "{steps}");
    }
}

#[test]
fn files_in_the_way_stop_it_before_anything_is_written() {
    type Obstacle = fn(&Project);
    let obstacles: [(&str, Obstacle); 7] = [
        ("made/by/task.txt", |project| project.write("made/by/task.txt", "the user's")),
        ("made/by/task.txt", |project| project.write("made", "a file where a folder goes")),
        ("made/by/task.txt", |project| project.write("made/by/task.txt/x", "a folder where a file goes")),
        ("folder-to-file", |project| project.write("folder-to-file/mine", "the user's")),
        ("remove/deep/x.txt", |project| project.write("remove/deep/x.txt", "edited")),
        ("run.sh", |project| fs::remove_file(project.root().join("run.sh")).unwrap()),
        ("made/by/task.txt", |project| symlink("/tmp", project.root().join("made")).unwrap()),
    ];
    for (path, obstacle) in obstacles {
        let (project, workspace, delivery) = varied();
        obstacle(&project);
        let before = project.fingerprint();
        let Err(DeliveryError::Changed { paths }) = workspace.deliver(&delivery) else { panic!("{path}") };
        assert_eq!(paths, [path]);
        assert_eq!(before, project.fingerprint());
    }
}

#[test]
fn an_ignored_file_of_the_users_is_not_overwritten() {
    let project = Project::with(&[(".gitignore", "local.conf\n")]);
    project.write("local.conf", "precious\n");
    let workspace = project.open();
    let (base, slot, _) = mission(&workspace, &[(".gitignore", "\n"), ("local.conf", "generated\n")]);
    let commit = workspace.commit_slot(&slot, &base.commit, "t").unwrap();
    let delivery = workspace.plan_delivery(&base.commit, &commit.id).unwrap();
    let Err(DeliveryError::Changed { paths }) = workspace.deliver(&delivery) else { panic!() };
    assert_eq!(paths, ["local.conf"]);
    assert_eq!(project.read("local.conf").unwrap(), "precious\n");
}

#[test]
fn other_files_and_the_index_stay_as_they_are() {
    let (project, workspace, delivery) = varied();
    project.write("staged.txt", "s\n");
    project.git(&["add", "staged.txt"]);
    project.write("remove/deep/mine.txt", "the user's\n");
    let index = fs::read(project.root().join(".git/index")).unwrap();
    workspace.deliver(&delivery).unwrap();
    assert_eq!(fs::read(project.root().join(".git/index")).unwrap(), index);
    assert_eq!(project.read("remove/deep/mine.txt").unwrap(), "the user's\n");
    assert_eq!(project.read("remove/deep/x.txt"), None);
    assert_eq!(project.git(&["status", "--short", "staged.txt"]), "A  staged.txt");
}

#[test]
fn a_forged_plan_cannot_leave_the_project() {
    let (project, workspace, delivery) = varied();
    for path in ["../outside", "/tmp/outside", ".git/hooks/post-checkout"] {
        let mut forged = delivery.clone();
        forged.entries[0].path = path.into();
        let error = workspace.deliver(&forged).unwrap_err().to_string();
        assert!(error.contains("cannot be used as a path in the project"), "{error}");
    }
    assert_eq!(project.read("change.txt").unwrap(), "old\n");
}

#[test]
fn without_git_and_across_file_systems() {
    let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else { return };
    let project = Project::plain();
    project.write("a.txt", "a\n");
    let state = elsewhere.path().join("state");
    let workspace = Workspace::open(&project.root(), &state).unwrap();
    let (base, _, commit) = mission(&workspace, &[("a.txt", "A\n"), ("b/c.txt", "c\n")]);
    let delivery = workspace.plan_delivery(&base.commit, &commit).unwrap();
    let before = project.fingerprint();
    workspace.deliver(&delivery).unwrap();
    assert_eq!(project.read("b/c.txt").unwrap(), "c\n");
    workspace.undo(&delivery).unwrap();
    assert_eq!(before, project.fingerprint());
}
