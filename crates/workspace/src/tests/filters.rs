//! The user's filters: where they run, on which files, and which of their results are accepted.

use std::fs;
use std::sync::Arc;

use crate::testing::{Project, Watch, mission, write};
use crate::{Error, Workspace};

/// A project whose `*.up` files go through a filter that works only if it is confined.
fn filtered(attributes: &str) -> Project {
    let project = Project::empty();
    project.git(&["config", "filter.up.clean", "tr a-z A-Z"]);
    project.git(&["config", "filter.up.smudge", "tr A-Z a-z"]);
    project.write(".gitattributes", attributes);
    project.write("x.up", "shout\n");
    project.write("y.txt", "quiet\n");
    project.commit_all();
    project.git(&["config", "filter.up.clean", "test -n \"$CONFINED\" && tr a-z A-Z"]);
    project.git(&["config", "filter.up.smudge", "test -n \"$CONFINED\" && tr A-Z a-z"]);
    project.git(&["config", "filter.up.required", "true"]);
    project
}

#[test]
fn they_run_confined_wherever_files_are_written_or_recorded() {
    let project = filtered("*.up filter=up\n");
    let workspace = project.open();
    let watch = Arc::new(Watch::default());
    workspace.confine_filters(watch.clone());
    project.write("x.up", "louder\n");
    let (base, slot, commit) = mission(&workspace, &[("new.up", "new\n"), ("y.txt", "still\n")]);
    let read = |name: &str| String::from_utf8(workspace.read(&commit, name).unwrap().unwrap()).unwrap();
    assert_eq!([read("x.up"), read("new.up"), read("y.txt")], ["LOUDER\n", "NEW\n", "still\n"]);
    assert_eq!(fs::read_to_string(slot.path.join("x.up")).unwrap(), "louder\n");
    assert_eq!(workspace.slot_changes(&slot).unwrap().len(), 2);
    workspace.slot(1, &commit).unwrap();
    let again = workspace.fresh_slot(1, &commit, &[]).unwrap();
    assert_eq!(fs::read_to_string(again.path.join("new.up")).unwrap(), "new\n");
    let delivery = workspace.plan_delivery(&base.commit, &commit).unwrap();
    workspace.deliver(&delivery).unwrap();
    assert_eq!(project.read("new.up").unwrap(), "new\n");
    let own = workspace.area();
    for places in watch.0.lock().unwrap().iter() {
        assert!(places.own.starts_with(&own) && places.writable.is_empty(), "{places:?}");
    }
    assert!(
        !fs::read_dir(own)
            .unwrap()
            .flatten()
            .any(|left| left.file_name().to_string_lossy().starts_with("filter-"))
    );
}

#[test]
fn without_a_sandbox_none_is_run() {
    let project = filtered("*.up filter=up\n");
    let ran = project.root().with_file_name("ran");
    project.git(&["config", "filter.up.clean", &format!("touch {}; cat", ran.display())]);
    let base = project.open().take_base("m").unwrap();
    let bare = || Workspace::open(&project.root(), &project.state()).unwrap();
    let slot = project.open().slot(1, &base.commit).unwrap();
    fs::remove_file(&ran).unwrap();
    write(&slot.path, "z.up", "low\n");
    for error in [
        bare().take_base("n").map(|_| ()).unwrap_err(),
        bare().slot(2, &base.commit).map(|_| ()).unwrap_err(),
        bare().commit_slot(&slot, &base.commit, "task").map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(&error, Error::Unconfined { filters } if filters == "up"), "{error}");
    }
    assert!(!ran.exists());
}

#[test]
fn a_mission_turns_no_filter_on_or_off() {
    let project = filtered("*.up filter=up\n*.txt -text\n");
    let workspace = project.open();
    workspace.confine_filters(Arc::new(Watch::default()));
    let planted = "*.txt filter=up\n*.up -filter\n[attr]binary filter=up\n*.md binary\n";
    let files = [
        (".gitattributes", planted),
        ("z.txt", "low\n"),
        ("z.up", "low\n"),
        ("z.md", "low\n"),
        ("d/.gitattributes", "* filter=up\n"),
        ("d/z", "low\n"),
    ];
    let (_, _, commit) = mission(&workspace, &files);
    let read = |name: &str| String::from_utf8(workspace.read(&commit, name).unwrap().unwrap()).unwrap();
    assert_eq!(["z.txt", "z.up", "z.md", "d/z"].map(read), ["low\n", "LOW\n", "low\n", "low\n"]);
    // Nor in a slot at that commit.
    let slot = workspace.slot(2, &commit).unwrap();
    assert_eq!(fs::read_to_string(slot.path.join("z.up")).unwrap(), "low\n");
    assert_eq!(workspace.slot_changes(&slot).unwrap(), []);
}

#[test]
fn what_a_filter_changes_beside_its_file_is_not_taken_over() {
    let project = filtered("*.up filter=up\n");
    let outside = project.root().join("../outside");
    fs::write(&outside, "mine").unwrap();
    // The filter waits until git has ended, and then plants a link in git's index.
    let plant = "cat >/dev/null; echo X; (setsid sh -c 'while test -e $GIT_INDEX_FILE.lock; do :; done; \
                 git update-index --add --cacheinfo 120000,$(printf ../outside | git hash-object -w --stdin),link' \
                 >/dev/null 2>&1 </dev/null &) ";
    project.git(&["config", "filter.up.clean", plant]);
    let workspace = project.open();
    workspace.confine_filters(Arc::new(Watch::default()));
    let base = workspace.take_base("m").unwrap();
    let slot = workspace.slot(1, &base.commit).unwrap();
    write(&slot.path, "z.up", "low\n");
    // Either the link came too late, or the error names it.
    match workspace.commit_slot(&slot, &base.commit, "task") {
        Ok(commit) => {
            assert_eq!(workspace.files(&commit.id).unwrap(), [".gitattributes", "x.up", "y.txt", "z.up"])
        }
        Err(error) => assert!(error.to_string().contains("git filter of yours (up)"), "{error}"),
    }
    project.git(&[
        "config",
        "filter.up.smudge",
        "cat >/dev/null; rm -f z.up; ln -s ../../../../outside z.up; sleep 0.1",
    ]);
    project.git(&["config", "filter.up.clean", "cat"]);
    let workspace = project.open();
    let slot = workspace.slot(2, &base.commit);
    assert!(slot.is_err() || fs::symlink_metadata(slot.unwrap().path.join("x.up")).unwrap().is_file());
    assert_eq!(fs::read_to_string(&outside).unwrap(), "mine");
}
