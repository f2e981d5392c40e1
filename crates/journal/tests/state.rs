//! The state folder and its lock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use journal::control::{Request, STOP};
use journal::{Error, Journal, LockError, LockOwner, Redactor, StateDir, project_key};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

fn owner(mission: &str) -> LockOwner {
    LockOwner {
        pid: std::process::id(),
        mission: mission.to_owned(),
        directory: "/a b".to_owned(),
        since_ms: 7,
    }
}

/// A data folder, a project `name`, and the project's state.
fn project(name: &str) -> (tempfile::TempDir, StateDir) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("src").join(name);
    fs::create_dir_all(&root).unwrap();
    let state = StateDir::open(&dir.path().join("data"), &root).unwrap();
    (dir, state)
}

#[test]
fn the_key_is_readable_harmless_and_follows_links() {
    let dir = tempfile::tempdir().unwrap();
    for (name, prefix) in
        [("shop", "shop-"), ("my shop ü", "my_shop__-"), ("...", "project-"), (".x", "_.x-")]
    {
        let root = dir.path().join(name);
        fs::create_dir(&root).unwrap();
        let key = project_key(&root);
        let hex = key.strip_prefix(prefix).unwrap_or_else(|| panic!("{key}"));
        assert!(hex.len() == 12 && hex.bytes().all(|b| b.is_ascii_hexdigit()), "{key}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(dir.path().join("shop"), dir.path().join("link")).unwrap();
        assert_eq!(project_key(&dir.path().join("link")), project_key(&dir.path().join("shop")));
    }
    assert_ne!(project_key(Path::new("/a/shop")), project_key(Path::new("/b/shop")));
}

#[cfg(unix)]
#[test]
fn nobody_else_can_look_into_it() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, state) = project("shop");
    let mission = state.mission("m-0123abcd").unwrap();
    mission.create().unwrap();
    Journal::<u32>::create(&mission.journal_path(), Redactor::shapes_only()).unwrap();
    let _lock = state.lock(&owner("m-0123abcd")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for path in
        [&dir.path().join("data/opencode-orchestrator"), state.path(), mission.path(), &mission.pages_dir()]
    {
        assert_eq!(mode(path), 0o700, "{}", path.display());
    }
    for path in [&mission.journal_path(), &state.path().join("lock"), &state.path().join("project")] {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }

    fs::set_permissions(state.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let root = state.project_root().unwrap();
    StateDir::open(&dir.path().join("data"), &root).unwrap();
    assert_eq!(mode(state.path()), 0o700, "a folder that others could read is tightened");
}

#[test]
fn a_place_that_cannot_be_a_folder_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("data");
    fs::write(&file, "").unwrap();
    let error = StateDir::open(&file, dir.path()).unwrap_err().to_string();
    assert!(error.contains(&file.display().to_string()) && error.contains("hint:"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_named_with_what_to_do() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o500)).unwrap();
    let opened = StateDir::open(&data, dir.path());
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    // Root may write everywhere, so there may be no error.
    if let Err(error) = opened {
        assert!(error.to_string().contains("XDG_DATA_HOME"), "{error}");
    }
}

#[test]
fn ids_and_names_from_outside_cannot_leave_the_folder() {
    let (_dir, state) = project("shop");
    for id in ["", "m-", "m-../../x", "m-0123ABCD", "m-0123abcde", "x-0123abcd", "m-0123abc/"] {
        assert!(matches!(state.mission(id), Err(Error::BadMissionId { .. })), "{id}");
    }
    let mission = state.mission("m-0123abcd").unwrap();
    for name in ["", ".", "..", "../journal.jsonl", "a/b", ".hidden", "a\0b"] {
        assert!(matches!(mission.page_path(name), Err(Error::BadName { .. })), "{name}");
    }
    assert_eq!(mission.page_path("p1.txt").unwrap(), mission.pages_dir().join("p1.txt"));
}

#[test]
fn what_a_crash_left_is_swept_away_on_the_next_start() {
    let (_dir, state) = project("shop");
    let mission = state.mission("m-0123abcd").unwrap();
    mission.create().unwrap();
    fs::write(mission.path().join(".new-x1y2z3.tmp"), "half").unwrap();
    fs::write(mission.board_path(), "{}").unwrap();
    mission.create().unwrap();
    let mut names: Vec<_> =
        fs::read_dir(mission.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["board.json", "control", "pages", "tmp"]);
}

#[test]
fn missions_are_listed_newest_first() {
    let (dir, state) = project("shop");
    for id in ["m-bbbbbbbb", "m-aaaaaaaa", "m-cccccccc"] {
        let mission = state.mission(id).unwrap();
        mission.create().unwrap();
        let mut journal = Journal::<u32>::create(&mission.journal_path(), Redactor::shapes_only()).unwrap();
        journal.append(&1).unwrap();
        thread::sleep(Duration::from_millis(15));
    }
    state.mission("m-dddddddd").unwrap().create().unwrap();
    fs::create_dir(state.missions().join("lost+found")).unwrap();
    let ids: Vec<String> =
        state.list_missions().unwrap().iter().map(|mission| mission.id().to_owned()).collect();
    assert_eq!(ids, ["m-cccccccc", "m-aaaaaaaa", "m-bbbbbbbb"]);

    let projects = StateDir::list(&dir.path().join("data")).unwrap();
    assert_eq!(projects.len(), 1);
    assert_eq!(projects[0].project_root().unwrap(), dir.path().canonicalize().unwrap().join("src/shop"));
}

/// A link to itself cannot be opened, not even by root.
#[test]
fn a_mission_that_cannot_be_looked_into_is_listed() {
    let (_dir, state) = project("shop");
    let begin = |id: &str| {
        let mission = state.mission(id).unwrap();
        mission.create().unwrap();
        mission
    };
    fs::write(begin("m-before00").journal_path(), "a line\n").unwrap();
    thread::sleep(Duration::from_millis(15));
    let unseen = begin("m-unseen00");
    std::os::unix::fs::symlink(unseen.journal_path(), unseen.journal_path()).unwrap();
    thread::sleep(Duration::from_millis(15));
    fs::write(begin("m-after000").journal_path(), "a line\n").unwrap();
    let ids: Vec<String> = state.list_missions().unwrap().iter().map(|dir| dir.id().to_owned()).collect();
    assert_eq!(ids, ["m-after000", "m-unseen00", "m-before00"]);
}

#[test]
fn a_sweep_keeps_what_cannot_be_read() {
    let data = tempfile::tempdir().unwrap();
    let project = tempfile::tempdir().unwrap();
    let state = StateDir::open(data.path(), project.path()).unwrap();
    let mission = state.mission("m-unread00").unwrap();
    mission.create().unwrap();
    // A journal that answers every read with an error, for root as well
    std::fs::create_dir(mission.journal_path()).unwrap();
    state.sweep("m-own00000").unwrap();
    assert!(mission.path().exists());
}

#[test]
fn a_sweep_removes_what_never_began_and_names_what_crashed() {
    let (_dir, state) = project("shop");
    let begin = |id: &str, text: &str| {
        let mission = state.mission(id).unwrap();
        mission.create().unwrap();
        fs::write(mission.journal_path(), text).unwrap();
        mission
    };
    begin("m-empty000", "");
    begin("m-torn0000", "{\"v\":1,\"seq\":1,\"cr");
    begin("m-tidy0000", "a line\n").clear_tmp().unwrap();
    begin("m-crashed0", "a line\nand half of");
    let own = state.mission("m-own00000").unwrap();
    let request = Request { kind: STOP.to_owned(), by: "cli".to_owned(), at_ms: 1, text: None };
    journal::control::post(&own.control_dir(), &request).unwrap();
    state.mission("m-nothing0").unwrap().create().unwrap();
    fs::create_dir(state.missions().join("lost+found")).unwrap();

    let crashed: Vec<String> =
        state.sweep(own.id()).unwrap().iter().map(|mission| mission.id().to_owned()).collect();
    assert_eq!(crashed, ["m-crashed0"]);
    let mut left: Vec<_> =
        fs::read_dir(state.missions()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["lost+found", "m-crashed0", "m-own00000", "m-tidy0000"]);
    assert_eq!(
        journal::control::poll(&own.control_dir()).unwrap(),
        [request],
        "asked while the mission starts"
    );
    assert_eq!(state.list_missions().unwrap().len(), 2);
}

#[test]
fn two_missions_in_one_process_exclude_each_other() {
    let (_dir, state) = project("shop");
    assert_eq!(state.owner().unwrap(), None);
    let lock = state.lock(&owner("m-0123abcd")).unwrap();
    match state.lock(&owner("m-99999999")) {
        Err(LockError::Held { owner: Some(held) }) => assert_eq!(held, owner("m-0123abcd")),
        other => panic!("{other:?}"),
    }
    assert_eq!(state.owner().unwrap(), Some(owner("m-0123abcd")));
    drop(lock);
    assert_eq!(state.owner().unwrap(), None);
    state.lock(&owner("m-99999999")).unwrap();
}

#[test]
fn a_lock_dies_with_its_process() {
    let (dir, state) = project("shop");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "hold_the_lock"])
        .env("LOCK_TEST_DATA", dir.path().join("data"))
        .env("LOCK_TEST_ROOT", state.project_root().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("the lock is held")));

    let said = state.lock(&owner("m-99999999")).unwrap_err().to_string();
    assert!(said.contains("`m-child000`") && said.contains("/a b") && said.contains("hint:"), "{said}");

    child.kill().unwrap();
    child.wait().unwrap();
    let start = Instant::now();
    state.lock(&owner("m-99999999")).unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
#[ignore = "runs in a process of its own, started by the test above"]
fn hold_the_lock() {
    let (Some(data), Some(root)) = (std::env::var_os("LOCK_TEST_DATA"), std::env::var_os("LOCK_TEST_ROOT"))
    else {
        return;
    };
    let state = StateDir::open(Path::new(&data), Path::new(&root)).unwrap();
    let _lock = state.lock(&owner("m-child000")).unwrap();
    println!("the lock is held");
    // Waits until it is killed or the test that started it has ended.
    let _ = std::io::stdin().read(&mut [0]);
}
