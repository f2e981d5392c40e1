//! Users' projects of every kind: the content of the base, and that nothing of the user changes.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::testing::{Project, fingerprint, git, mission, write};
use crate::{Why, Workspace};

/// Takes a base and a slot of the prepared project, and lists the base's files. The project stays as it
/// was.
fn base_of(project: &Project) -> Vec<String> {
    let before = project.fingerprint();
    let workspace = project.open();
    let base = workspace.take_base("m").unwrap();
    let slot = workspace.slot(1, &base.commit).unwrap();
    assert!(workspace.slot_changes(&slot).unwrap().is_empty(), "a fresh slot has no changes");
    assert_eq!(git(&slot.path, &["status", "--porcelain"]), "", "and its own tools see none");
    assert_eq!(before, project.fingerprint());
    workspace.files(&base.commit).unwrap()
}

#[test]
fn a_clean_project_is_its_head() {
    let project = Project::with(&[("a", "a")]);
    let base = project.open().take_base("m").unwrap();
    assert_eq!(Some(base.commit), base.head);
    assert!(base.changed.is_empty() && base.left_out.is_empty());
}

#[test]
fn a_folder_without_git() {
    let project = Project::plain();
    project.write("a.txt", "a");
    project.write(".gitignore", "out/\n");
    project.write("out/x", "x");
    project.write("node_modules/m/index.js", "x");
    project.write("Cargo.toml", "");
    project.write("target/debug/x", "x");
    assert_eq!(base_of(&project), [".gitignore", "Cargo.toml", "a.txt"]);
    let workspace = project.open();
    let first = workspace.user_tree("m").unwrap();
    project.write("a.txt", "b");
    let second = workspace.user_tree("m").unwrap();
    assert_ne!(first.commit, second.commit, "the kept index sees the change");
    assert!(matches!(workspace.leave_branch("m", &second.commit), Err(crate::Error::NotGit { .. })));
}

#[test]
fn an_empty_folder_and_a_repository_without_commits() {
    assert!(base_of(&Project::plain()).is_empty());
    let project = Project::empty();
    assert!(base_of(&project).is_empty());
    project.write("a.txt", "a");
    project.write("b.txt", "b");
    project.git(&["add", "a.txt"]);
    assert_eq!(base_of(&project), ["a.txt", "b.txt"]);
}

#[test]
fn a_linked_working_tree_is_a_project_of_its_own() {
    let project = Project::with(&[("a.txt", "a")]);
    let linked = project.root().parent().unwrap().join("linked");
    project.git(&["worktree", "add", "-q", "-b", "side", linked.to_str().unwrap()]);
    fs::write(linked.join("b.txt"), "b").unwrap();
    project.write("only-main.txt", "x");
    let before = (project.fingerprint(), fingerprint(&linked));
    let workspace = Workspace::open(&linked, &project.state()).unwrap();
    let (base, _, commit) = mission(&workspace, &[("c.txt", "c")]);
    assert_eq!(workspace.files(&base.commit).unwrap(), ["a.txt", "b.txt"]);
    assert_eq!(before, (project.fingerprint(), fingerprint(&linked)));
    workspace.deliver(&workspace.plan_delivery(&base.commit, &commit).unwrap()).unwrap();
    assert_eq!(fs::read_to_string(linked.join("c.txt")).unwrap(), "c");
    assert_eq!(workspace.leave_branch("m", &commit).unwrap(), "orchestrator/m");
    assert_eq!(project.git(&["show", "orchestrator/m:c.txt"]), "c");
}

#[test]
fn staged_deleted_moved_and_half_merged_work_is_taken_as_it_lies() {
    let project =
        Project::with(&[("gone.txt", "x"), ("moved.txt", "m"), ("f.txt", "base\n"), ("dir/x", "x")]);
    fs::remove_file(project.root().join("gone.txt")).unwrap();
    project.git(&["mv", "moved.txt", "there.txt"]);
    project.write("staged.txt", "1");
    project.git(&["add", "staged.txt"]);
    project.write("staged.txt", "2");
    project.write("wanted.txt", "w");
    project.git(&["add", "-N", "wanted.txt"]);
    fs::remove_dir_all(project.root().join("dir")).unwrap();
    project.write("dir", "now a file");
    assert_eq!(base_of(&project), ["dir", "f.txt", "staged.txt", "there.txt", "wanted.txt"]);
    let workspace = project.open();
    let base = workspace.take_base("m").unwrap();
    assert_eq!(workspace.read(&base.commit, "staged.txt").unwrap().unwrap(), b"2");

    project.commit_all();
    project.git(&["checkout", "-q", "-b", "side"]);
    project.write("f.txt", "side\n");
    project.commit_all();
    project.git(&["checkout", "-q", "main"]);
    project.write("f.txt", "main\n");
    project.commit_all();
    let merge = std::process::Command::new("git")
        .args(["-c", "user.name=u", "-c", "user.email=u@localhost", "merge", "-q", "side"])
        .env("GIT_CONFIG_GLOBAL", crate::git::NO_FILE)
        .current_dir(project.root())
        .output();
    assert!(!merge.unwrap().status.success());
    assert!(base_of(&project).contains(&"f.txt".to_string()));
    let base = workspace.take_base("m").unwrap();
    let text = workspace.read(&base.commit, "f.txt").unwrap().unwrap();
    assert!(String::from_utf8_lossy(&text).contains("<<<<<<<"));
}

#[test]
fn a_file_folder_swap_and_links_in_place_of_folders() {
    let project = Project::with(&[("file", "x"), ("folder/a", "a"), ("linked/a", "a")]);
    fs::remove_file(project.root().join("file")).unwrap();
    project.write("file/inside", "i");
    fs::remove_dir_all(project.root().join("linked")).unwrap();
    symlink("folder", project.root().join("linked")).unwrap();
    assert_eq!(base_of(&project), ["file/inside", "folder/a", "linked"]);
}

#[test]
fn modes_and_links_are_kept_and_links_never_followed() {
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "secret.txt", "outside");
    let project = Project::with(&[("run.sh", "#!/bin/sh\n")]);
    fs::set_permissions(project.root().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink(outside.path(), project.root().join("away")).unwrap();
    symlink("nowhere", project.root().join("dangling")).unwrap();
    assert_eq!(base_of(&project), ["away", "dangling", "run.sh"]);
    let workspace = project.open();
    let (_, slot, _) = mission(&workspace, &[]);
    assert_eq!(fs::read_link(slot.path.join("away")).unwrap(), outside.path());
    assert_eq!(fs::metadata(slot.path.join("run.sh")).unwrap().permissions().mode() & 0o111, 0o111);
}

#[test]
fn odd_names_and_contents_pass_unchanged() {
    let odd = ["with space", "quo\"te'", "new\nline", "ünïcödé/日本", "-dash", ":(glob)*", "tab\there", "*"];
    let project = Project::with(&[("plain", "p")]);
    for name in odd {
        project.write(name, [0xff, 0xfe, 0, b'\n', b'\r']);
    }
    let big = vec![b'x'; 8 * 1024 * 1024];
    project.write("big.bin", &big);
    let mut names = base_of(&project);
    names.sort();
    let mut wanted: Vec<&str> = odd.iter().copied().chain(["plain", "big.bin"]).collect();
    wanted.sort_unstable();
    assert_eq!(names, wanted);
    let workspace = project.open();
    let base = workspace.take_base("m").unwrap();
    let read = workspace.read_all(&base.commit, &odd).unwrap();
    assert!(read.iter().all(|bytes| bytes.as_deref() == Some(&[0xff, 0xfe, 0, b'\n', b'\r'])));
    assert_eq!(workspace.read_all(&base.commit, &["no\nsuch", "big.bin"]).unwrap(), [None, Some(big)]);
    let slot = workspace.slot(1, &base.commit).unwrap();
    for name in odd {
        write(&slot.path, name, "changed\n");
    }
    write(&slot.path, "new \"\n", "n");
    let commit = workspace.commit_slot(&slot, &base.commit, "t").unwrap();
    workspace.deliver(&workspace.plan_delivery(&base.commit, &commit.id).unwrap()).unwrap();
    assert!(odd.iter().all(|name| project.read(name).unwrap() == "changed\n"));
    assert_eq!(project.read("new \"\n").unwrap(), "n");
}

#[test]
fn names_that_are_not_utf8_are_kept_when_tracked_and_left_out_when_new() {
    let project = Project::with(&[("a", "a")]);
    let (tracked, new) = (OsStr::from_bytes(b"tracked-\xff"), OsStr::from_bytes(b"new-\xfe"));
    fs::write(project.root().join(tracked), "1").unwrap();
    project.commit_all();
    fs::write(project.root().join(tracked), "2").unwrap();
    fs::write(project.root().join(new), "n").unwrap();
    let workspace = project.open();
    let (base, slot, commit) = mission(&workspace, &[("a", "b")]);
    assert_eq!(base.left_out.iter().map(|left| left.why).collect::<Vec<_>>(), [Why::NotUtf8]);
    assert_eq!(fs::read(slot.path.join(tracked)).unwrap(), b"2");
    workspace.deliver(&workspace.plan_delivery(&base.commit, &commit).unwrap()).unwrap();
    assert_eq!(fs::read(project.root().join(tracked)).unwrap(), b"2");
}

#[test]
fn every_source_of_ignore_patterns_counts() {
    let project = Project::with(&[(".gitignore", "/one\n")]);
    let patterns = project.state().with_file_name("patterns");
    fs::write(&patterns, "/two\n").unwrap();
    project.git(&["config", "core.excludesFile", patterns.to_str().unwrap()]);
    project.write(".git/info/exclude", "/three");
    for name in ["one", "two", "three", "four"] {
        project.write(name, name);
    }
    assert_eq!(base_of(&project), [".gitignore", "four"]);
}

#[test]
fn line_endings_and_filters_are_those_of_the_user() {
    let project = Project::empty();
    project.git(&["config", "core.autocrlf", "true"]);
    project.git(&["config", "filter.up.clean", "tr a-z A-Z"]);
    project.git(&["config", "filter.up.smudge", "tr A-Z a-z"]);
    project.write(".gitattributes", "*.up -text filter=up\n*.bin -text\n");
    project.write("crlf.txt", "one\r\ntwo\r\n");
    project.write("x.up", "shout\n");
    project.write("raw.bin", "raw\r\n");
    project.commit_all();
    project.write("more.txt", "more\r\n");
    base_of(&project);
    let workspace = project.open();
    let base = workspace.take_base("m").unwrap();
    let read = |name: &str| String::from_utf8(workspace.read(&base.commit, name).unwrap().unwrap()).unwrap();
    assert_eq!((read("crlf.txt"), read("x.up")), ("one\ntwo\n".into(), "SHOUT\n".into()));
    assert_eq!(base.changed, ["more.txt"]);
    let (_, slot, commit) =
        mission(&workspace, &[("crlf.txt", "one\r\n2\r\n"), ("new.txt", "n\n"), ("x.up", "call\n")]);
    assert_eq!(fs::read_to_string(slot.path.join("more.txt")).unwrap(), "more\r\n");
    let delivery = workspace.plan_delivery(&base.commit, &commit).unwrap();
    workspace.deliver(&delivery).unwrap();
    assert_eq!(project.read("crlf.txt").unwrap(), "one\r\n2\r\n");
    assert_eq!(project.read("new.txt").unwrap(), "n\r\n");
    assert_eq!(project.read("x.up").unwrap(), "call\n");
    workspace.undo(&delivery).unwrap();
    assert_eq!(project.read("x.up").unwrap(), "shout\n");
}

#[test]
fn submodules_stay_at_their_commit_and_nested_repositories_out() {
    let library = Project::with(&[("lib.txt", "library")]);
    let project = Project::with(&[("a", "a")]);
    project.git(&["submodule", "add", "-q", library.root().to_str().unwrap(), "libs/one"]);
    project.git(&["commit", "-q", "-m", "submodule"]);
    project.write("libs/one/lib.txt", "changed by the user");
    fs::create_dir(project.root().join("nested")).unwrap();
    git(&project.root().join("nested"), &["init", "-q"]);
    project.write("nested/x", "x");
    let before = project.fingerprint();
    let workspace = project.open();
    let base = workspace.take_base("m").unwrap();
    assert_eq!(base.submodules.len(), 1);
    assert_eq!(base.submodules[0].path, "libs/one");
    let asked = ["libs/one/new/x.txt", "libs/one", "libs/onea", "a", "none/x"];
    let found = workspace.submodules_of(&base.commit, &asked).unwrap();
    let own = Some("libs/one".to_string());
    assert_eq!(found, [own.clone(), own, None, None, None]);
    assert_eq!(base.left_out[0].path, "nested/");
    assert_eq!(base.left_out[0].why, Why::NestedRepository);
    let slot = workspace.slot(1, &base.commit).unwrap();
    assert_eq!(fs::read_to_string(slot.path.join("libs/one/lib.txt")).unwrap(), "library");
    write(&slot.path, "libs/one/lib.txt", "changed by a task");
    write(&slot.path, "libs/one/new.txt", "new");
    assert!(workspace.slot_changes(&slot).unwrap().is_empty());
    let slot = workspace.slot(1, &base.commit).unwrap();
    assert_eq!(fs::read_to_string(slot.path.join("libs/one/lib.txt")).unwrap(), "library");
    assert!(!slot.path.join("libs/one/new.txt").exists());
    assert_eq!(before, project.fingerprint());
}

#[test]
fn unusual_indexes_and_clones() {
    let project = Project::with(&[("a/1", "1"), ("b/2", "2"), ("c", "c")]);
    project.git(&["update-index", "--split-index"]);
    project.write("c", "changed");
    assert_eq!(base_of(&project), ["a/1", "b/2", "c"]);
    fs::write(project.root().join(".git/index"), "rubbish").unwrap();
    assert_eq!(base_of(&project), ["a/1", "b/2", "c"]);
    fs::remove_file(project.root().join(".git/index")).unwrap();
    assert_eq!(base_of(&project), ["a/1", "b/2", "c"]);

    let sparse = Project::with(&[("a/1", "1"), ("b/2", "2"), ("c", "c")]);
    sparse.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "a"]);
    assert!(!sparse.root().join("b").exists());
    assert_eq!(base_of(&sparse), ["a/1", "b/2", "c"]);
    sparse.git(&["sparse-checkout", "set", "--cone", "--no-sparse-index", "a"]);
    sparse.git(&["update-index", "--split-index"]);
    assert!(!sparse.root().join("b").exists());
    assert_eq!(base_of(&sparse), ["a/1", "b/2", "c"]);

    let shallow = Project::plain();
    let from = format!("file://{}", project.root().display());
    project.git(&["reset", "-q", "--hard"]);
    project.write("later", "l");
    project.commit_all();
    fs::remove_dir(shallow.root()).unwrap();
    git(shallow.root().parent().unwrap(), &["clone", "-q", "--depth", "1", &from, "project"]);
    assert_eq!(base_of(&shallow), ["a/1", "b/2", "c", "later"]);
    let (_, _, commit) = mission(&shallow.open(), &[("c", "C")]);
    shallow.open().leave_branch("m", &commit).unwrap();
    assert_eq!(shallow.git(&["show", "orchestrator/m:c"]), "C");

    let borrowing = Project::plain();
    fs::remove_dir(borrowing.root()).unwrap();
    let parent = borrowing.root().parent().unwrap().to_path_buf();
    git(&parent, &["clone", "-q", "--shared", project.root().to_str().unwrap(), "project"]);
    assert_eq!(base_of(&borrowing), ["a/1", "b/2", "c", "later"]);

    let packed = Project::with(&[("a", "a")]);
    packed.git(&["gc", "-q"]);
    let workspace = packed.open();
    let base = workspace.take_base("m").unwrap();
    packed.write("a", "2");
    packed.git(&["commit", "-q", "-a", "--amend", "-m", "amended"]);
    packed.git(&["reflog", "expire", "--expire=now", "--all"]);
    packed.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(workspace.read(&base.commit, "a").unwrap().unwrap(), b"a", "what was shared stays");
}

#[test]
fn a_sha256_repository() {
    let project = Project::plain();
    project.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    project.write("a", "a");
    project.commit_all();
    project.write("b", "b");
    assert_eq!(base_of(&project), ["a", "b"]);
    let workspace = project.open();
    let (base, _, commit) = mission(&workspace, &[("a", "A")]);
    workspace.leave_branch("m", &commit).unwrap();
    workspace.deliver(&workspace.plan_delivery(&base.commit, &commit).unwrap()).unwrap();
    assert_eq!(project.read("a").unwrap(), "A");
}

#[test]
fn what_the_user_does_meanwhile_is_one_commit_on_the_last_snapshot() {
    let project = Project::with(&[("a", "1\n2\n3\n"), ("b", "b\n")]);
    project.write("a", "1\n2\n3\ndirty\n");
    let workspace = project.open();
    let (base, _, commit) = mission(&workspace, &[("a", "1\n2\n3\nDIRTY\n")]);
    assert_eq!(workspace.user_tree("m").unwrap().commit, base.commit, "nothing changed");
    project.write("b", "B\n");
    project.git(&["commit", "-q", "-a", "-m", "the user commits everything"]);
    let user = workspace.user_tree("m").unwrap();
    let crate::Merge::Clean(merged) = workspace.merge(&commit, &user.commit, "user").unwrap() else {
        panic!()
    };
    let delivery = workspace.plan_delivery(&user.commit, &merged.id).unwrap();
    assert_eq!(delivery.entries.iter().map(|entry| &entry.path).collect::<Vec<_>>(), ["a"]);
    workspace.deliver(&delivery).unwrap();
    assert_eq!(project.read("a").unwrap(), "1\n2\n3\nDIRTY\n");
    assert_eq!(project.read("b").unwrap(), "B\n");
}

#[test]
fn a_partial_clone() {
    let whole = Project::with(&[("a/1", "1"), ("b/2", "2"), ("c", "c")]);
    whole.git(&["config", "uploadpack.allowFilter", "true"]);
    let partial = Project::plain();
    fs::remove_dir(partial.root()).unwrap();
    let from = format!("file://{}", whole.root().display());
    let parent = partial.root().parent().unwrap().to_path_buf();
    git(&parent, &["clone", "-q", "--filter=blob:none", "--sparse", &from, "project"]);
    let error = partial.open().take_base("m").unwrap_err().to_string();
    assert!(error.contains("the contents of 2 files") && error.contains("--refetch --no-filter"), "{error}");
    partial.git(&["fetch", "-q", "--refetch", "--no-filter"]);
    let (base, _, commit) = mission(&partial.open(), &[("b/2", "B")]);
    assert_eq!(partial.open().files(&base.commit).unwrap(), ["a/1", "b/2", "c"]);
    assert_eq!(partial.open().read(&commit, "b/2").unwrap().unwrap(), b"B");
}
