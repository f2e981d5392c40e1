//! Slots: warm, parallel, filled from the user's folder, and removed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::testing::{Project, mission, write};
use crate::{ChangeKind, Error};

#[test]
fn a_reset_slot_keeps_ignored_files_only() {
    let project = Project::with(&[("a", "a"), ("dir/b", "b"), (".gitignore", "target\n")]);
    let workspace = project.open();
    let (base, slot, commit) = mission(&workspace, &[("a", "A"), ("new/x", "x")]);
    write(&slot.path, "target/cache", "warm");
    write(&slot.path, "left/over", "x");
    fs::remove_dir_all(slot.path.join("dir")).unwrap();
    write(&slot.path, ".gitignore", "target\nsneaky\n");
    write(&slot.path, "sneaky", "s");
    let slot = workspace.slot(1, &base.commit).unwrap();
    assert_eq!(fs::read_to_string(slot.path.join("target/cache")).unwrap(), "warm");
    for gone in ["left", "new", "sneaky"] {
        assert!(!slot.path.join(gone).exists(), "{gone}");
    }
    assert_eq!(fs::read_to_string(slot.path.join("a")).unwrap(), "a");
    assert!(slot.path.join("dir/b").exists());
    let other = workspace.slot(2, &commit).unwrap();
    assert_eq!(fs::read_to_string(other.path.join("a")).unwrap(), "A");
    assert!(!other.path.join("target").exists());
}

#[test]
fn renames_modes_and_binaries_are_told_apart() {
    let text: String = (0..40).map(|line| format!("line {line}\n")).collect();
    let project = Project::with(&[("old name", &text), ("run", "x"), ("bin", "a\0b"), ("same", "s")]);
    let workspace = project.open();
    let (base, slot, _) = mission(&workspace, &[("bin", "a\0c")]);
    fs::rename(slot.path.join("old name"), slot.path.join("new\tname")).unwrap();
    fs::set_permissions(slot.path.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    let changes = workspace.slot_changes(&slot).unwrap();
    let kinds: Vec<_> =
        changes.iter().map(|change| (change.path.as_str(), change.kind.clone(), change.binary)).collect();
    assert_eq!(
        kinds,
        [
            ("bin", ChangeKind::Modified, true),
            ("new\tname", ChangeKind::Renamed { from: "old name".into() }, false),
            ("run", ChangeKind::Mode, false),
        ]
    );
    let json = serde_json::to_string(&changes[1]).unwrap();
    assert!(json.contains(r#""kind":{"renamed":{"from":"old name"}}"#), "{json}");
    let commit = workspace.commit_slot(&slot, &base.commit, "t").unwrap();
    let cut = workspace.diff(&base.commit, &commit.id, &[], 60).unwrap();
    assert!(cut.len() < 120 && cut.ends_with("... the diff goes on; it was cut here\n"), "{cut}");
}

#[test]
fn the_same_content_is_the_same_commit() {
    let project = Project::with(&[("a", "a")]);
    let workspace = project.open();
    let (base, slot, commit) = mission(&workspace, &[("a", "b")]);
    assert_eq!(workspace.commit_slot(&slot, &base.commit, "task").unwrap().id, commit);
    let history = workspace.history(&commit, 5).unwrap().commits;
    assert_eq!(history.len(), 2);
    assert_eq!(
        (history[0].message.trim(), history[0].paths.as_slice()),
        ("task", ["a".to_string()].as_slice())
    );
}

#[test]
fn slots_work_at_the_same_time() {
    let project = Project::with(&[("a", "a"), ("b", "b")]);
    let workspace = project.open();
    let base = workspace.take_base("m").unwrap();
    let work = |n: u32| {
        for round in 0..3 {
            let slot = workspace.slot(n, &base.commit).unwrap();
            write(&slot.path, "mine", format!("{n} {round}"));
            let commit = workspace.commit_slot(&slot, &base.commit, "t").unwrap();
            workspace.pin("m", &format!("task-{n}"), &commit.id).unwrap();
            assert_eq!(
                workspace.read(&commit.id, "mine").unwrap().unwrap(),
                format!("{n} {round}").as_bytes()
            );
        }
    };
    std::thread::scope(|scope| {
        for n in 1..=4 {
            scope.spawn(move || work(n));
        }
    });
}

#[test]
fn folders_are_copied_and_no_link_leads_back() {
    let project =
        Project::with(&[("a", "a"), (".gitignore", "node_modules\n"), ("packages/p/index.js", "p")]);
    project.write("node_modules/m/index.js", "m");
    project.write("node_modules/m/cert.pem", "public");
    let modules = project.root().join("node_modules");
    symlink("../packages/p", modules.join("p")).unwrap();
    symlink(project.root().join("packages/p"), modules.join("absolute")).unwrap();
    symlink("/etc", modules.join("outside")).unwrap();
    symlink("../../elsewhere", modules.join("escaping")).unwrap();
    let before = project.fingerprint();
    let workspace = project.open();
    let (_, slot, _) = mission(&workspace, &[]);
    let names = ["node_modules".to_string(), "packages".to_string(), "missing".to_string()];
    assert_eq!(workspace.copy_into_slot(&slot, &names).unwrap(), ["node_modules"]);
    let copied = slot.path.join("node_modules");
    assert_eq!(fs::read_to_string(copied.join("m/index.js")).unwrap(), "m");
    assert!(copied.join("m/cert.pem").exists());
    assert_eq!(fs::read_link(copied.join("p")).unwrap(), Path::new("../packages/p"));
    assert_eq!(fs::read_link(copied.join("absolute")).unwrap(), Path::new("../packages/p"));
    assert!(!copied.join("outside").is_symlink() && !copied.join("escaping").is_symlink());
    assert!(workspace.slot_changes(&slot).unwrap().is_empty());
    write(&slot.path, "node_modules/m/index.js", "changed in the slot");
    workspace.copy_into_slot(&slot, &names).unwrap();
    assert_eq!(
        fs::read_to_string(copied.join("m/index.js")).unwrap(),
        "changed in the slot",
        "not copied again"
    );
    assert_eq!(before, project.fingerprint());
    project.write("node_modules/n/index.js", "n");
    workspace.copy_into_slot(&slot, &names).unwrap();
    assert!(copied.join("n/index.js").exists(), "copied again when something was installed");
}

#[test]
fn clean_removes_ours_and_only_ours() {
    let project = Project::with(&[("a", "a")]);
    let workspace = project.open();
    let (base, slot, _) = mission(&workspace, &[("b", "b")]);
    write(&slot.path, "cache/module/x", "read-only");
    fs::set_permissions(slot.path.join("cache/module"), fs::Permissions::from_mode(0o555)).unwrap();
    write(&project.state(), "missions/m/journal.jsonl", "{}");
    let before = project.fingerprint();
    symlink(project.root(), project.state().join("slots/2")).unwrap();
    assert_eq!(workspace.trim(1 << 40).unwrap(), None);
    assert!(slot.path.exists());
    let cleaned = workspace.trim(1).unwrap().unwrap();
    assert_eq!(cleaned.slots, 2);
    assert!(cleaned.bytes > 0);
    let left: Vec<_> =
        fs::read_dir(project.state()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["missions"]);
    assert_eq!(before, project.fingerprint());
    let error = workspace.slot(1, &base.tree).unwrap_err();
    assert!(matches!(error, Error::Unknown { .. }), "{error}");
    workspace.take_base("m").unwrap();
}

#[test]
fn slots_over_the_limit_go_and_what_missions_did_stays() {
    let project = Project::with(&[("a", "a")]);
    let workspace = project.open();
    let (base, slot, done) = mission(&workspace, &[("a", "A"), ("b", "b")]);
    write(&slot.path, "target/large", "x".repeat(100_000));
    let delivery = workspace.plan_delivery(&base.commit, &done).unwrap();
    workspace.deliver(&delivery).unwrap();

    assert_eq!(workspace.trim_slots(workspace.size()).unwrap(), None);
    assert!(slot.path.join("target/large").exists(), "kept warm below the limit");
    let cleaned = workspace.trim_slots(workspace.size() - 1).unwrap().unwrap();
    assert!(cleaned.slots == 1 && cleaned.bytes >= 100_000, "{cleaned:?}");
    assert!(!slot.path.exists());

    // Later, in another process: the next slot is created again, and the delivery is undone
    let later = project.open();
    let slot = later.slot(1, &done).unwrap();
    assert_eq!(fs::read_to_string(slot.path.join("b")).unwrap(), "b");
    assert!(later.slot_changes(&slot).unwrap().is_empty());
    later.undo(&delivery).unwrap();
    assert_eq!((project.read("a").as_deref(), project.read("b")), (Some("a"), None));
}

#[test]
fn single_files_of_a_slot_can_be_put_back() {
    let project = Project::with(&[("a*", "a"), ("ab", "b"), ("dir/c", "c"), ("opencode.json", "{}")]);
    let workspace = project.open();
    let (_, slot, _) = mission(&workspace, &[("a*", "A"), ("ab", "B"), ("new/file", "n")]);
    fs::remove_dir_all(slot.path.join("dir")).unwrap();
    symlink(project.root(), slot.path.join("away")).unwrap();
    workspace.slot_changes(&slot).unwrap();
    let paths = ["a*", "dir/c", "new/file", "missing/file", "away/ab", "opencode.json"].map(String::from);
    workspace.discard(&slot, &paths).unwrap();
    let changes = workspace.slot_changes(&slot).unwrap();
    assert_eq!(changes.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["ab"]);
    assert_eq!(project.read("ab").unwrap(), "b", "nothing behind a link is touched");
    assert!(!slot.path.join("opencode.json").exists());
}

#[test]
fn a_fresh_slot_holds_nothing_of_an_earlier_one_but_what_is_kept() {
    let project = Project::with(&[("a", "a"), (".gitignore", "build\nnode_modules\n")]);
    let workspace = project.open();
    let (base, slot, _) =
        mission(&workspace, &[("build/forged", "x"), ("node_modules/package/index.js", "x")]);
    symlink(project.root(), slot.path.join("web")).unwrap();
    write(&slot.path, "packages/one/node_modules/other/index.js", "x");
    let before = project.fingerprint();
    let keep = ["node_modules", "packages/one/node_modules", "web", "../state"].map(std::path::PathBuf::from);
    let slot = workspace.fresh_slot(1, &base.commit, &keep).unwrap();
    assert!(!slot.path.join("build").exists() && slot.path.join("a").exists());
    assert!(slot.path.join("node_modules/package/index.js").exists());
    // Its folder is not part of the commit, and a link is not kept
    assert!(!slot.path.join("packages").exists() && !slot.path.join("web").exists());
    let slot = workspace.fresh_slot(1, &base.commit, &[]).unwrap();
    assert!(!slot.path.join("node_modules").exists());
    assert_eq!(before, project.fingerprint());
    let left = fs::read_dir(project.state().join("slots")).unwrap().count();
    assert_eq!(left, 1, "what was set aside is gone");
}

#[test]
fn a_slot_in_which_something_may_still_run_is_set_aside_unseen() {
    let project = Project::with(&[("a", "a")]);
    let workspace = project.open();
    let (base, slot, _) = mission(&workspace, &[("b", "b")]);
    let aside = workspace.set_slot_aside(1).unwrap().unwrap();
    assert!(!slot.path.exists() && aside.join("project/b").exists());
    let again = workspace.slot(1, &base.commit).unwrap();
    assert!(again.path.join("a").exists() && !again.path.join("b").exists());
    // After the next start nothing is left that could run there
    drop(project.open());
    assert!(!aside.exists());
}

#[test]
fn links_that_lead_out_and_hidden_repositories_are_left_out_of_a_commit() {
    let project = Project::with(&[("a", "a"), ("folder/b", "b")]);
    let workspace = project.open();
    let base = workspace.take_base("m").unwrap();
    let slot = workspace.slot(1, &base.commit).unwrap();
    symlink("/etc/passwd", slot.path.join("absolute")).unwrap();
    symlink("../../elsewhere", slot.path.join("folder/out")).unwrap();
    symlink("b", slot.path.join("folder/in")).unwrap();
    // By its text alone this one stays inside
    symlink("..", slot.path.join("folder/up")).unwrap();
    symlink("up/../elsewhere", slot.path.join("folder/through")).unwrap();
    symlink("round", slot.path.join("folder/round")).unwrap();
    fs::remove_file(slot.path.join("a")).unwrap();
    symlink("../outside", slot.path.join("a")).unwrap();
    for name in ["HEAD", "config", "objects/x", "refs/x"] {
        write(&slot.path, &format!("lib/store/{name}"), "x");
    }
    let commit = workspace.commit_slot(&slot, &base.commit, "task").unwrap();
    assert_eq!(workspace.files(&commit.id).unwrap(), ["a", "folder/b", "folder/in", "folder/up"]);
    assert_eq!(
        workspace.read(&commit.id, "a").unwrap().unwrap(),
        b"a",
        "a file is not turned into such a link"
    );
    let why = |path: &str| commit.left_out.iter().find(|left| left.path == path).map(|left| left.why);
    assert_eq!(why("absolute"), Some(crate::Why::LeadsOut));
    assert_eq!(why("folder/out"), Some(crate::Why::LeadsOut));
    assert_eq!(why("folder/through"), Some(crate::Why::LeadsOut));
    assert_eq!(why("folder/round"), Some(crate::Why::LeadsOut), "it leads nowhere");
    assert_eq!(why("lib/store/config"), Some(crate::Why::NestedRepository));
}

#[test]
fn a_pipe_in_place_of_a_file_is_not_waited_for() {
    let project = Project::with(&[("a", "a"), (".npmrc", "x=1\n")]);
    let workspace = project.open();
    let (base, slot, _) = mission(&workspace, &[("b", "b")]);
    for name in ["a", ".npmrc"] {
        fs::remove_file(slot.path.join(name)).unwrap();
        nix::unistd::mkfifo(&slot.path.join(name), nix::sys::stat::Mode::S_IRWXU).unwrap();
    }
    let commit = workspace.commit_slot(&slot, &base.commit, "task").unwrap();
    assert!(!workspace.files(&commit.id).unwrap().contains(&"a".to_string()));
}

#[test]
fn an_ignored_path_is_known() {
    let project = Project::with(&[("a", "a"), (".gitignore", "*.log\nlocal/\n"), ("kept.log", "tracked")]);
    let workspace = project.open();
    let (_, slot, _) = mission(&workspace, &[]);
    for (path, ignored) in [("x.log", true), ("local/a.js", true), ("src/a.js", false), ("kept.log", false)] {
        assert_eq!(workspace.is_ignored(&slot, path).unwrap(), ignored, "{path}");
    }
}

#[test]
fn a_link_in_a_slot_leads_to_the_same_slot_and_replaces_what_was_there() {
    let project = Project::with(&[("lib/index.js", "now"), (".gitignore", "node_modules\n")]);
    let workspace = project.open();
    let base = workspace.take_base("m-1").unwrap();
    let slot = workspace.slot(1, &base.commit).unwrap();
    write(&slot.path, "node_modules/@x/lib/index.js", "as it was");
    workspace.link_in_slot(&slot, "node_modules/@x/lib", "lib").unwrap();
    assert_eq!(fs::read_to_string(slot.path.join("node_modules/@x/lib/index.js")).unwrap(), "now");
    let link = fs::read_link(slot.path.join("node_modules/@x/lib")).unwrap();
    assert_eq!(link, std::path::Path::new("../../lib"), "wherever the slot is seen");
    symlink(project.root(), slot.path.join("away")).unwrap();
    assert!(workspace.link_in_slot(&slot, "away/lib", "lib").is_err());
    assert!(workspace.link_in_slot(&slot, "../lib", "lib").is_err());
    assert_eq!(project.read("lib/index.js").as_deref(), Some("now"));
}

#[test]
fn the_engine_s_own_edits_keep_modes_and_follow_no_link() {
    let project = Project::with(&[("run.sh", "old"), ("dir/a", "a"), ("there", "t")]);
    fs::set_permissions(project.root().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let workspace = project.open();
    let base = workspace.take_base("m-1").unwrap();
    let slot = workspace.slot(1, &base.commit).unwrap();
    let at = |name: &str| slot.path.join(name);
    workspace.rewrite_slot_file(&slot, "run.sh", b"new").unwrap();
    assert_eq!(fs::read_to_string(at("run.sh")).unwrap(), "new");
    assert_eq!(fs::metadata(at("run.sh")).unwrap().permissions().mode() & 0o111, 0o111);
    workspace.move_slot_file(&slot, "dir/a", "new/deep/b").unwrap();
    assert_eq!(fs::read_to_string(at("new/deep/b")).unwrap(), "a");
    assert!(workspace.move_slot_file(&slot, "new/deep/b", "there").is_err(), "nothing is overwritten");
    workspace.delete_slot_file(&slot, "there").unwrap();
    assert!(!at("there").exists());
    symlink(project.root().join("dir"), at("out")).unwrap();
    assert!(workspace.rewrite_slot_file(&slot, "out/a", b"x").is_err());
    assert!(workspace.move_slot_file(&slot, "out/a", "mine").is_err());
    assert!(workspace.move_slot_file(&slot, "run.sh", "out/mine").is_err());
    assert!(workspace.delete_slot_file(&slot, "out").is_err(), "a link is no plain file");
    assert!(workspace.delete_slot_file(&slot, "missing").is_err());
    assert_eq!(fs::read_to_string(project.root().join("dir/a")).unwrap(), "a");
}

#[test]
fn what_differs_is_told_with_both_sides_and_can_be_put_in_place_and_back() {
    let project = Project::with(&[
        ("run.sh", "base"),
        ("conf/a.toml", "base"),
        ("src/a", "a"),
        (".gitignore", "made\n.env\n"),
    ]);
    fs::set_permissions(project.root().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    project.commit_all();
    let workspace = project.open();
    let (base, slot, _) = mission(&workspace, &[("conf/a.toml", "other"), ("src/a", "b"), ("conf/new", "n")]);
    fs::remove_file(slot.path.join("run.sh")).unwrap();
    symlink("a.toml", slot.path.join("conf/link")).unwrap();
    write(&slot.path, "made/deep/x", "x");
    write(&slot.path, ".env", "A=1");
    let found = workspace.differences(&slot, &base.commit, &|path| !path.starts_with("src")).unwrap();
    let paths: Vec<&str> = found.changed.iter().map(|difference| difference.path.as_str()).collect();
    assert_eq!(paths, ["conf/a.toml", "conf/link", "conf/new", "run.sh"]);
    for path in ["made/", ".env"] {
        assert!(found.unrecorded.iter().any(|known| known == path), "{path}: {:?}", found.unrecorded);
    }
    for difference in &found.changed {
        workspace.set_slot_entry(&slot, &difference.path, difference.before.as_ref()).unwrap();
    }
    assert_eq!(fs::read_to_string(slot.path.join("conf/a.toml")).unwrap(), "base");
    let mode = fs::metadata(slot.path.join("run.sh")).unwrap().permissions().mode();
    assert!(mode & 0o100 != 0 && !slot.path.join("conf/new").exists());
    assert!(fs::symlink_metadata(slot.path.join("conf/link")).is_err());
    for difference in &found.changed {
        workspace.set_slot_entry(&slot, &difference.path, difference.now.as_ref()).unwrap();
    }
    assert_eq!(fs::read_link(slot.path.join("conf/link")).unwrap(), Path::new("a.toml"));
    assert!(!slot.path.join("run.sh").exists());
    assert_eq!(fs::read_to_string(slot.path.join("conf/new")).unwrap(), "n");
}

#[test]
fn a_kept_folder_is_put_into_another_slot_as_it_was_and_the_oldest_makes_room() {
    let project = Project::with(&[("a", "a"), (".gitignore", ".venv\n")]);
    let workspace = project.open();
    let (base, slot, _) = mission(&workspace, &[]);
    write(&slot.path, ".venv/lib/x.py", "x");
    symlink("/usr/bin/env", slot.path.join(".venv/python")).unwrap();
    let file = slot.path.join(".venv/lib/x.py");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::open(&file).unwrap().set_modified(time).unwrap();
    write(&slot.path, "left/over", "x");
    assert_eq!(workspace.beside_commit(&slot).unwrap(), [".venv/", "left/"]);
    workspace.keep_folder(&slot, ".venv", "key").unwrap();

    let other = workspace.slot(2, &base.commit).unwrap();
    assert!(!workspace.put_kept_folder(&other, ".venv", "another").unwrap());
    write(&other.path, ".venv/stale", "x");
    assert!(workspace.put_kept_folder(&other, ".venv", "key").unwrap());
    let copy = fs::metadata(other.path.join(".venv/lib/x.py")).unwrap();
    assert_eq!((copy.modified().unwrap(), copy.permissions().mode() & 0o777), (time, 0o444));
    assert_eq!(fs::read_link(other.path.join(".venv/python")).unwrap(), Path::new("/usr/bin/env"));
    assert!(!other.path.join(".venv/stale").exists());

    for n in 0..4 {
        workspace.keep_folder(&slot, ".venv", &format!("key-{n}")).unwrap();
    }
    assert!(!workspace.put_kept_folder(&other, ".venv", "key").unwrap(), "four newer ones are kept");
    workspace.clean().unwrap();
    let other = workspace.slot(2, &workspace.take_base("m-00000002").unwrap().commit).unwrap();
    assert!(!workspace.put_kept_folder(&other, ".venv", "key-3").unwrap());
}
