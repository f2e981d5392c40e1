//! Deliveries in which somebody else writes the same files at the worst moment, also between file systems.

use std::fs;
use std::path::{Path, PathBuf};

use super::delivery::{assert_delivered, project, varied_in};
use crate::testing::Project;
use crate::{DeliveryError, Recovered};

/// Runs the test with the state folder beside the project, and on another file system if the machine has one.
fn on_each(test: impl Fn(Project)) {
    test(project());
    match project().across() {
        Some(project) => test(project),
        None => {
            eprintln!("skipped between file systems: /dev/shm and the temporary folder are one, or not there")
        }
    }
}

/// Hidden names of a delivery that are left in the project.
fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with(".orchestrator-") {
            found.push(path.clone());
        }
        if path.is_dir() && !path.is_symlink() {
            found.extend(leftovers(&path));
        }
    }
    found
}

/// Somebody acts just before the last step, which then fails; returns the names of the torn delivery and its
/// text.
fn torn(project: Project, act: impl FnOnce(&Path) + 'static) -> (Project, Vec<String>, String) {
    let (project, workspace, delivery) = varied_in(project);
    let root = project.root();
    crate::delivery::apply::meanwhile(8, move || act(&root));
    crate::delivery::apply::fail_after(8);
    let error = workspace.deliver(&delivery).unwrap_err();
    let text = error.to_string();
    let DeliveryError::Torn { paths, .. } = error else { panic!("{text}") };
    assert_eq!(leftovers(&project.root()), [] as [PathBuf; 0]);
    (project, paths, text)
}

#[test]
fn what_the_user_writes_to_a_delivered_file_is_not_put_back_over() {
    on_each(|project| {
        let (project, paths, text) = torn(project, |root| {
            fs::write(root.join("change.txt"), "the user's\n").unwrap();
        });
        assert_eq!(paths, ["change.txt"]);
        assert_eq!(project.read("change.txt").unwrap(), "the user's\n");
        assert_eq!(project.read("remove/deep/x.txt").unwrap(), "x\n");
        assert_eq!(project.read("folder-to-file/a").unwrap(), "a\n");
        assert_eq!(project.read("made/by/task.txt"), None);
        let kept = text.split("change.txt: ").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
        assert_eq!(fs::read_to_string(kept).unwrap(), "old\n", "the text names what was there: {text}");
        // Another delivery does not remove the named backup.
        let (_project, workspace, delivery) = varied_in(project);
        workspace.deliver(&delivery).unwrap();
        assert_eq!(fs::read_to_string(kept).unwrap(), "old\n");
    });
}

#[test]
fn files_that_were_made_removed_or_made_again_meanwhile_stay_so() {
    on_each(|project| {
        let (project, paths, _) = torn(project, |root| {
            fs::write(root.join("made/by/task.txt"), "the user's\n").unwrap();
            fs::create_dir_all(root.join("remove/deep")).unwrap();
            fs::write(root.join("remove/deep/x.txt"), "again\n").unwrap();
            fs::remove_file(root.join("change.txt")).unwrap();
        });
        assert_eq!(paths[0], "change.txt");
        assert!(paths.contains(&"made/by/task.txt".into()) && paths.contains(&"remove/deep/x.txt".into()));
        assert_eq!(project.read("change.txt"), None, "what the user removed is not resurrected");
        assert_eq!(project.read("made/by/task.txt").unwrap(), "the user's\n");
        assert_eq!(project.read("remove/deep/x.txt").unwrap(), "again\n");
        assert_eq!(project.read("file-to-folder").unwrap(), "f\n");
    });
}

#[test]
fn a_file_removed_at_the_last_moment_stays_removed_and_the_rest_is_put_back() {
    on_each(|project| {
        let (project, workspace, delivery) = varied_in(project);
        let (root, before) = (project.root(), project.fingerprint());
        let run = project.read("run.sh").unwrap();
        crate::delivery::apply::meanwhile(8, move || fs::remove_file(root.join("run.sh")).unwrap());
        let Err(DeliveryError::Changed { paths }) = workspace.deliver(&delivery) else { panic!() };
        assert_eq!((paths.as_slice(), project.read("run.sh")), (["run.sh".to_string()].as_slice(), None));
        project.write("run.sh", run);
        assert_eq!(before, project.fingerprint());
    });
}

#[test]
fn between_file_systems_every_failure_is_put_back_and_every_crash_rolled_forward() {
    for steps in 1..9 {
        let Some(project) = project().across() else {
            return eprintln!("skipped: /dev/shm and the temporary folder are one, or not there");
        };
        let (project, workspace, delivery) = varied_in(project);
        let before = project.fingerprint();
        crate::delivery::apply::fail_after(steps);
        assert!(matches!(workspace.deliver(&delivery), Err(DeliveryError::PutBack { .. })));
        assert_eq!(before, project.fingerprint(), "{steps}");
        crate::delivery::apply::crash_after(steps);
        assert!(workspace.deliver(&delivery).is_err());
        let again = project.open();
        assert!(matches!(again.recover(&delivery).unwrap(), Recovered::Forward(_)), "{steps}");
        assert_delivered(&project);
        assert_eq!(leftovers(&project.root()), [] as [PathBuf; 0]);
        again.undo(&delivery).unwrap();
        assert_eq!(before, project.fingerprint(), "{steps}");
    }
}

/// The one folder in which a delivery keeps what it stages.
fn place(project: &Project) -> PathBuf {
    let mut places = fs::read_dir(project.state().join("git/delivery")).unwrap();
    places.next().unwrap().unwrap().path()
}

#[test]
fn a_crash_in_the_instant_of_an_exchange_loses_no_edit() {
    let hidden = |root: &Path| crate::delivery::apply::beside(root, "change.txt");
    on_each(|project| {
        let across = project.state().parent() != project.root().parent();
        let (project, workspace, delivery) = varied_in(project);
        crate::delivery::apply::crash_after(3);
        assert!(workspace.deliver(&delivery).is_err());
        // The process died after it had exchanged its file for one that an editor had just written.
        let staged = place(&project).join("files/change.txt");
        let root = project.root();
        let aside = if across { hidden(&root) } else { staged.clone() };
        let ours = fs::read(&staged).unwrap();
        fs::write(root.join("next"), "the user's\n").unwrap();
        if across {
            fs::write(root.join("change.txt"), ours).unwrap();
        } else {
            fs::rename(&staged, root.join("change.txt")).unwrap();
        }
        fs::rename(root.join("next"), &aside).unwrap();
        fs::write(crate::delivery::apply::unfinished(&hidden(&root)), "half a co").unwrap();
        assert_eq!(project.open().settle_deliveries().unwrap(), [] as [String; 0]);
        assert_eq!(project.read("change.txt").unwrap(), "the user's\n");
        assert_eq!(leftovers(&root), [] as [PathBuf; 0]);
        let Recovered::Back { changed, .. } = project.open().recover(&delivery).unwrap() else { panic!() };
        assert_eq!(changed, ["change.txt"]);
        assert_eq!(project.read("change.txt").unwrap(), "the user's\n");
    });
}

#[test]
fn an_edit_that_cannot_go_back_is_kept_and_named() {
    on_each(|project| {
        let (project, workspace, delivery) = varied_in(project);
        crate::delivery::apply::crash_after(3);
        assert!(workspace.deliver(&delivery).is_err());
        let place = place(&project);
        fs::write(
            place.join("removed").join(crate::delivery::apply::backup_name("change.txt")),
            "the user's\n",
        )
        .unwrap();
        project.write("change.txt", "and once more\n");
        let kept = project.open().settle_deliveries().unwrap();
        let file = kept[0].strip_prefix("change.txt: ").unwrap();
        assert_eq!(fs::read_to_string(file).unwrap(), "the user's\n");
        project.open().clean().unwrap();
        assert_eq!(fs::read_to_string(file).unwrap(), "the user's\n");
        assert_eq!(project.read("change.txt").unwrap(), "and once more\n");
    });
}

#[test]
fn what_was_edited_after_a_crash_is_named_only_where_the_delivery_had_written_it() {
    on_each(|project| {
        let (project, workspace, delivery) = varied_in(project);
        crate::delivery::apply::crash_after(6);
        assert!(workspace.deliver(&delivery).is_err());
        project.write("change.txt", "new\nand the user's\n");
        project.write("run.sh", "the user's, before anything was written here\n");
        // Another process first clears up what was put aside.
        assert_eq!(project.open().settle_deliveries().unwrap(), [] as [String; 0]);
        for again in 0..2 {
            let recovered = project.open().recover(&delivery).unwrap();
            let Recovered::Back { changed, torn, .. } = recovered else { panic!("{recovered:?}") };
            assert_eq!(changed, ["change.txt", "run.sh"], "{again}");
            assert_eq!(torn, ["change.txt"], "{again}");
        }
        assert_eq!(project.read("change.txt").unwrap(), "new\nand the user's\n");
        assert_eq!(project.read("file-to-folder").unwrap(), "f\n");
    });
}

#[test]
fn a_recovery_that_fails_names_what_is_half_written_and_can_be_tried_again() {
    on_each(|project| {
        let (project, workspace, delivery) = varied_in(project);
        let before = project.fingerprint();
        crate::delivery::apply::crash_after(4);
        assert!(workspace.deliver(&delivery).is_err());
        crate::delivery::apply::fail_after(1);
        let error = project.open().recover(&delivery).unwrap_err();
        let text = error.to_string();
        let DeliveryError::Torn { paths, .. } = error else { panic!("{text}") };
        assert_eq!(
            paths,
            ["change.txt", "file-to-folder", "folder-to-file/a", "remove/deep/x.txt"],
            "{text}"
        );
        let old = text.split("change.txt: ").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
        assert_eq!(fs::read_to_string(old).unwrap(), "old\n");
        let again = project.open();
        assert!(matches!(again.recover(&delivery).unwrap(), Recovered::Forward(_)));
        assert_delivered(&project);
        again.undo(&delivery).unwrap();
        assert_eq!(before, project.fingerprint());
    });
}

#[test]
fn what_stands_where_a_folder_was_does_not_keep_the_rest_from_going_back() {
    on_each(|project| {
        let (project, workspace, delivery) = varied_in(project);
        crate::delivery::apply::crash_after(8);
        assert!(workspace.deliver(&delivery).is_err());
        project.write("folder-to-file", "now a file\nand the user's\n");
        project.write("file-to-folder/inside", "i\nand the user's\n");
        let recovered = project.open().recover(&delivery).unwrap();
        let Recovered::Back { torn, put_back, .. } = recovered else { panic!("{recovered:?}") };
        let both = ["file-to-folder", "file-to-folder/inside", "folder-to-file", "folder-to-file/a"];
        assert_eq!(torn, both);
        assert_eq!(put_back, ["change.txt", "link-me", "remove/deep/x.txt", "made/by/task.txt"]);
        assert_eq!(project.read("folder-to-file").unwrap(), "now a file\nand the user's\n");
        assert_eq!(project.read("file-to-folder/inside").unwrap(), "i\nand the user's\n");
        assert_eq!(project.read("change.txt").unwrap(), "old\n");
    });
}

#[test]
fn what_somebody_else_brought_to_the_same_content_is_not_taken_back() {
    on_each(|project| {
        let (project, workspace, delivery) = varied_in(project);
        crate::delivery::apply::crash_after(4);
        assert!(workspace.deliver(&delivery).is_err());
        project.write("made/by/task.txt", "t\n");
        project.write("run.sh", "the user's\n");
        let recovered = project.open().recover(&delivery).unwrap();
        let Recovered::Back { changed, torn, .. } = recovered else { panic!("{recovered:?}") };
        assert_eq!((changed, torn.len()), (vec!["run.sh".to_string()], 0));
        assert_eq!(project.read("made/by/task.txt").unwrap(), "t\n");
        assert_eq!(project.read("change.txt").unwrap(), "old\n");
    });
}

#[test]
fn another_delivery_keeps_what_a_half_written_one_needs() {
    let (project, workspace, delivery) = varied_in(project());
    crate::delivery::apply::crash_after(5);
    assert!(workspace.deliver(&delivery).is_err());
    let (base, slot, _) = crate::testing::mission(&workspace, &[("keep.txt", "another mission's\n")]);
    let commit = workspace.commit_slot(&slot, &base.commit, "t").unwrap();
    let other = workspace.plan_delivery(&base.commit, &commit.id).unwrap();
    project.open().deliver(&other).unwrap();
    project.write("change.txt", "new\nand the user's\n");
    let recovered = project.open().recover(&delivery).unwrap();
    let Recovered::Back { torn, .. } = recovered else { panic!("{recovered:?}") };
    assert_eq!(torn, ["change.txt"]);
}

#[test]
fn a_recovery_that_fails_where_nothing_was_left_names_nothing() {
    let (project, workspace, delivery) = varied_in(project());
    crate::delivery::apply::crash_after(1);
    assert!(workspace.deliver(&delivery).is_err());
    // The user has restored the removed file.
    project.write("file-to-folder", "f\n");
    crate::delivery::apply::fail_after(2);
    let error = project.open().recover(&delivery).unwrap_err();
    assert!(matches!(error, DeliveryError::PutBack { .. }), "{error}");
}
