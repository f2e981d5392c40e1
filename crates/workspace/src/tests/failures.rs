//! Errors of the surroundings give a clear message, and nothing is half written.

use std::fs;

use crate::testing::{Project, git, mission};
use crate::{Error, Workspace};

#[test]
fn a_state_folder_that_cannot_be_made_is_named() {
    let project = Project::with(&[("a", "a")]);
    let before = project.fingerprint();
    // No folder can be created below a file, nor in /proc.
    for state in [project.root().join("a/state").to_str().unwrap(), "/proc/state"] {
        let error = Workspace::open(&project.root(), state.as_ref()).unwrap_err().to_string();
        assert!(error.contains(state) && error.starts_with("failed to create `"), "{error}");
    }
    assert_eq!(before, project.fingerprint());
}

#[test]
fn messages_for_full_and_read_only_disks_say_what_to_do() {
    let text = |kind: std::io::ErrorKind| {
        let error = Error::Io { what: "write", path: "/state/x".into(), source: kind.into() };
        error.to_string()
    };
    assert!(text(std::io::ErrorKind::StorageFull).contains("`/state/x`"));
    assert!(text(std::io::ErrorKind::StorageFull).contains("hint: the disk is full"));
    assert!(text(std::io::ErrorKind::ReadOnlyFilesystem).contains("XDG_DATA_HOME"));
    let git =
        Error::Git { what: "x".into(), code: 128, detail: "write error: No space left on device".into() };
    assert!(git.to_string().contains("hint: the disk is full"));
}

#[test]
fn unknown_revisions_and_bad_names_are_refused() {
    let project = Project::with(&[("a", "a")]);
    let workspace = project.open();
    let absent = "0123456789012345678901234567890123456789";
    assert!(matches!(workspace.slot(1, absent), Err(Error::Unknown { .. })));
    assert!(matches!(workspace.slot(1, "HEAD"), Err(Error::Unknown { .. })));
    assert!(matches!(workspace.slot(1, "--help"), Err(Error::Unknown { .. })));
    assert!(matches!(workspace.take_base("a b"), Err(Error::Name { .. })));
    assert!(workspace.merge(absent, absent, "m").is_err());
    assert_eq!(workspace.read(absent, "a").unwrap(), None);
}

#[test]
fn a_filter_that_fails_is_reported_and_writes_nothing() {
    let project = Project::with(&[(".gitattributes", "*.x filter=bad\n")]);
    project.git(&["config", "filter.bad.clean", "false"]);
    project.git(&["config", "filter.bad.required", "true"]);
    project.write("a.x", "a");
    let before = project.fingerprint();
    let error = project.open().take_base("m").unwrap_err().to_string();
    assert!(error.contains("clean filter 'bad' failed"), "{error}");
    assert_eq!(before, project.fingerprint());
}

#[test]
fn locks_that_a_killed_git_left_do_not_block_for_ever() {
    let project = Project::with(&[("a", "a")]);
    let workspace = project.open();
    let (base, _, _) = mission(&workspace, &[]);
    let state = project.state();
    fs::write(state.join("git/slot-1.index.lock"), "").unwrap();
    fs::write(state.join("repository.git/refs/orchestrator/m/base.lock"), "").unwrap();
    project.open().slot(1, &base.commit).unwrap();
    project.open().pin("m", "base", &base.commit).unwrap();
}

#[test]
fn what_is_kept_is_for_the_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::with(&[("a", "a")]);
    let workspace = project.open();
    let (base, _, commit) = mission(&workspace, &[("b", "b")]);
    workspace.deliver(&workspace.plan_delivery(&base.commit, &commit).unwrap()).unwrap();
    assert_eq!(fs::metadata(project.state()).unwrap().permissions().mode() & 0o777, 0o700);
    let mut folders = vec![project.state().join("git"), project.state().join("repository.git")];
    while let Some(folder) = folders.pop() {
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::metadata(&path)
                .is_ok_and(|found| std::os::unix::fs::MetadataExt::nlink(&found) == 1)
            {
                assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
            }
        }
    }
}

#[test]
fn settings_from_outside_do_not_reach_our_git() {
    let project = Project::with(&[("a", "a")]);
    let marker = project.state().with_file_name("ran");
    let touch = format!("touch {}", marker.display());
    for key in ["core.fsmonitor", "core.hooksPath", "diff.external", "core.sshCommand", "alias.write-tree"] {
        git(&project.root(), &["config", key, &touch]);
    }
    project.write(".git/hooks/reference-transaction", format!("#!/bin/sh\n{touch}\n"));
    let path = project.root().join(".git/hooks/reference-transaction");
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let workspace = project.open();
    let (_, _, commit) = mission(&workspace, &[("a", "b")]);
    workspace.leave_branch("m", &commit).unwrap();
    assert!(!marker.exists());
}

/// Permissions have no effect for root, and containers often run tests as root.
fn with_mode(path: &std::path::Path, mode: u32, test: impl FnOnce()) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let binding =
        if path.is_dir() { fs::write(path.join("probe"), "").is_err() } else { fs::read(path).is_err() };
    if binding {
        test();
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_cannot_be_read_is_left_out_and_what_cannot_be_written_is_named() {
    let project = Project::with(&[("a", "a"), ("sub/b", "b")]);
    project.write("new", "n");
    let workspace = project.open();
    with_mode(&project.root().join("new"), 0o000, || {
        let base = workspace.take_base("m").unwrap();
        assert_eq!((base.left_out[0].path.as_str(), base.left_out[0].why), ("new", crate::Why::Unreadable));
    });
    let (base, _, commit) = mission(&workspace, &[("a", "A"), ("sub/b", "B")]);
    let delivery = workspace.plan_delivery(&base.commit, &commit).unwrap();
    with_mode(&project.root().join("sub"), 0o555, || {
        let before = project.fingerprint();
        let text = workspace.deliver(&delivery).unwrap_err().to_string();
        assert!(text.starts_with("failed to write `") && text.contains("sub/b"), "{text}");
        assert!(text.contains("nothing was delivered") && text.contains("hint: check who owns it"), "{text}");
        assert_eq!(before, project.fingerprint());
    });
    let parent = project.state().with_file_name("locked");
    fs::create_dir(&parent).unwrap();
    with_mode(&parent, 0o555, || {
        let text = Workspace::open(&project.root(), &parent.join("state")).unwrap_err().to_string();
        assert!(text.contains("locked/state") && text.contains("XDG_DATA_HOME"), "{text}");
    });
}

#[test]
fn a_pipe_that_git_would_wait_for_is_named() {
    let project = Project::with(&[("a", "a")]);
    let workspace = project.open();
    let base = workspace.take_base("m").unwrap();
    let slot = workspace.slot(1, &base.commit).unwrap();
    fs::create_dir(slot.path.join("deep")).unwrap();
    nix::unistd::mkfifo(&slot.path.join("deep/.gitignore"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let error = workspace.slot_changes(&slot).unwrap_err().to_string();
    assert!(error.contains("deep/.gitignore") && error.contains("it is a pipe"), "{error}");
    // The slot can be used again.
    workspace.slot(1, &base.commit).unwrap();
}
