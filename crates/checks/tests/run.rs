//! What a run does to the processes and files around it, with real processes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests too

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use checks::{Check, End, Outcome, RunOptions, SandboxMode, run, sandbox_available};
use tokio_util::sync::CancellationToken;

/// A slot, its temporary folder, and what stands for the rest of the machine.
struct Place {
    folder: tempfile::TempDir,
    options: RunOptions,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        for name in ["slot", "tmp", "home", "state"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let mut options = RunOptions::new(folder.path().join("slot"), folder.path().join("tmp"), "m-test");
        options.env.insert("HOME".into(), folder.path().join("home").display().to_string());
        options.writable.clear();
        Place { folder, options }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    async fn run(&self, command: &str, limit: Duration) -> Outcome {
        let check = Check::configured("custom", command, Some(limit));
        run(&check, None, &self.options, &CancellationToken::new()).await
    }

    async fn quick(&self, command: &str) -> Outcome {
        self.run(command, Duration::from_secs(20)).await
    }
}

/// Waits until a condition holds, at most `limit`.
async fn eventually(limit: Duration, condition: impl Fn() -> bool) -> bool {
    let until = Instant::now() + limit;
    while Instant::now() < until {
        if condition() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    condition()
}

fn lives(pid_file: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(pid_file) else { return false };
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", text.trim())).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[tokio::test]
async fn exit_status_output_and_folder() {
    let place = Place::new();
    std::fs::create_dir(place.path("slot/a b")).unwrap();
    let mut check = Check::configured("custom", "echo out; echo err >&2; pwd; exit 3", None);
    check.directory = "a b".to_owned();
    let outcome = run(&check, None, &place.options, &CancellationToken::new()).await;
    assert_eq!(outcome.end, End::Exited { code: 3 });
    // the slot's own path is taken out of what is told
    assert_eq!(outcome.output, "out\nerr\na b\n");
    assert_eq!(outcome.sandboxed, sandbox_available());
}

#[tokio::test]
async fn standard_input_is_empty() {
    assert_eq!(Place::new().quick("cat; echo done").await.output, "done\n");
}

#[tokio::test]
async fn signals_are_told() {
    assert_eq!(Place::new().quick("kill -SEGV $$").await.end, End::Signalled { signal: 11 });
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let outcome = Place::new().quick("no-such-program-here --x").await;
    assert_eq!(outcome.end, End::NotFound { program: "no-such-program-here".to_owned() });
}

#[tokio::test]
async fn folders_outside_are_refused() {
    let place = Place::new();
    std::os::unix::fs::symlink(place.path("home"), place.path("slot/link")).unwrap();
    for directory in ["../home", "/", "link", "missing"] {
        let mut check = Check::configured("custom", "true", None);
        check.directory = directory.to_owned();
        let outcome = run(&check, None, &place.options, &CancellationToken::new()).await;
        let End::CouldNotStart { why } = outcome.end else { panic!("{directory} was accepted") };
        assert!(why.contains("hint: "), "{why}");
    }
}

#[tokio::test]
async fn the_environment_holds_named_variables_only() {
    let mut place = Place::new();
    place.options.env.insert("MY_API_TOKEN".into(), "token-4f1c9a".into());
    place.options.env.insert("FLAVOUR".into(), "plain".into());
    let output = place.quick("env").await.output;
    assert!(output.contains("FLAVOUR=plain\n"), "{output}");
    assert!(output.contains(&format!("TMPDIR={}\n", place.path("tmp").display())), "{output}");
    // The value, and not a word that a path of the environment may hold.
    assert!(!output.contains("token-4f1c9a"), "{output}");
    assert!(!output.contains("CARGO_PKG_NAME"), "ours leaked: {output}");
}

#[tokio::test]
async fn a_time_limit_ends_even_what_ignores_requests() {
    let place = Place::new();
    let start = Instant::now();
    let command = "trap '' TERM; echo $$ > pid; echo begun; while :; do sleep 0.1; done";
    let outcome = place.run(command, Duration::from_millis(500)).await;
    assert_eq!(outcome.end, End::TimedOut { after_ms: 500 });
    assert_eq!(outcome.output, "begun\n");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(!lives(&place.path("slot/pid")));
}

#[tokio::test]
async fn cancelling_ends_the_whole_tree_within_a_second() {
    let place = Place::new();
    let cancel = CancellationToken::new();
    // one in the group, one in a session of its own, one whose parent is gone
    let command = "sh -c 'echo $$ > a; sleep 60; :' & setsid sh -c 'echo $$ > b; sleep 60; :' &
        (setsid sh -c 'echo $$ > c; trap \"\" TERM HUP; sleep 60; :' &) ; wait";
    let check = Check::configured("custom", command, None);
    let running = run(&check, None, &place.options, &cancel);
    let files = ["slot/a", "slot/b", "slot/c"].map(|file| place.path(file));
    let stop = async {
        assert!(eventually(Duration::from_secs(5), || files.iter().all(|file| lives(file))).await);
        cancel.cancel();
        Instant::now()
    };
    let (outcome, asked) = tokio::join!(running, stop);
    assert_eq!(outcome.end, End::Cancelled);
    assert!(asked.elapsed() < Duration::from_millis(1500), "{:?}", asked.elapsed());
    assert!(files.iter().all(|file| !lives(file)));
}

#[tokio::test]
async fn a_descendant_that_holds_the_output_open_does_not_hang_it() {
    let place = Place::new();
    let start = Instant::now();
    let outcome = place
        .quick("setsid sh -c 'echo $$ > pid; sleep 60; :' & while ! [ -s pid ]; do :; done; echo done")
        .await;
    assert_eq!((outcome.end, outcome.output.as_str()), (End::Exited { code: 0 }, "done\n"));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert!(!lives(&place.path("slot/pid")), "it was left behind");
}

#[tokio::test]
async fn endless_output_is_bounded_and_stopped() {
    let place = Place::new();
    let outcome = place.run("echo first; yes 'and so on'", Duration::from_millis(700)).await;
    assert_eq!(outcome.end, End::TimedOut { after_ms: 700 });
    assert!(outcome.output.starts_with("first\n") && outcome.output.contains("bytes left out"));
    assert!(outcome.output.len() <= place.options.output_limit + 64);
    assert!(outcome.truncated && outcome.failing.is_none());
}

#[tokio::test]
async fn dropping_the_run_ends_its_processes() {
    let place = Place::new();
    let pid = place.path("slot/pid");
    tokio::select! {
        _ = place.quick("echo $$ > pid; setsid sh -c 'echo $$ > pid2; sleep 60; :'; sleep 60") => panic!("it ended"),
        up = eventually(Duration::from_secs(5), || lives(&place.path("slot/pid2"))) => assert!(up),
    }
    assert!(eventually(Duration::from_secs(3), || !lives(&pid) && !lives(&place.path("slot/pid2"))).await);
}

#[tokio::test]
async fn a_hostile_command_writes_only_where_it_may() {
    if !sandbox_available() {
        eprintln!("skipped: this kernel has no Landlock");
        return;
    }
    let mut place = Place::new();
    std::fs::create_dir(place.path("cache")).unwrap();
    place.options.writable = vec![place.path("cache"), place.path("no-such-cache")];
    std::fs::write(place.path("home/.profile"), "mine").unwrap();
    std::fs::write(place.path("state/journal"), "mine").unwrap();
    std::os::unix::fs::symlink(place.path("home"), place.path("slot/way-out")).unwrap();
    let command = "
        echo x > ../state/new; echo x >> ../state/journal; true > ../state/journal; rm ../state/journal
        mv ../state/journal .; ln ../state/journal hard && echo x > hard; mkdir ../state/folder
        echo x > $HOME/.bashrc; echo x > way-out/.profile; ln -sf x ../home/link; truncate -s 0 ../home/.profile
        setsid sh -c 'echo x > ../home/daemon'; chmod +x inside; echo x > /tmp/checks-hostile
        echo x > inside && echo x > $TMPDIR/inside && echo x > ../cache/inside && mkdir -p a/b && mv inside a/b/
        echo x > /dev/null && echo all-inside-worked";
    let outcome = place.quick(command).await;
    assert!(outcome.sandboxed);
    assert!(outcome.output.contains("all-inside-worked"), "{}", outcome.output);
    let listed = |folder: &str| -> Vec<String> {
        let all = std::fs::read_dir(place.path(folder)).unwrap();
        all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(listed("home"), [".profile"]);
    assert_eq!(listed("state"), ["journal"]);
    assert_eq!(std::fs::read_to_string(place.path("home/.profile")).unwrap(), "mine");
    assert_eq!(std::fs::read_to_string(place.path("state/journal")).unwrap(), "mine");
    assert!(!Path::new("/tmp/checks-hostile").exists());
    assert!(place.path("slot/a/b/inside").exists() && place.path("cache/inside").exists());
    // we ourselves are as free as before
    std::fs::write(place.path("state/ours"), "x").unwrap();
}

#[tokio::test]
async fn a_hostile_command_cannot_signal_other_processes() {
    if !sandbox_available() {
        eprintln!("skipped: this kernel has no Landlock");
        return;
    }
    let mut other = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let outcome = Place::new().quick(&format!("kill -9 {}; kill -9 $PPID; echo alive", other.id())).await;
    let still_there = other.try_wait().unwrap().is_none();
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(still_there && outcome.output.contains("alive"), "{}", outcome.output);
}

#[tokio::test]
async fn unsandboxed_is_said() {
    let mut place = Place::new();
    place.options.sandbox = SandboxMode::Off;
    let outcome = place.quick("echo x > ../home/file").await;
    assert!(!outcome.sandboxed && outcome.end.success());
    assert!(place.path("home/file").exists());
}

#[tokio::test]
async fn sweeping_kills_what_a_crash_left_behind_and_nothing_else() {
    let start = |marker: &str| {
        std::process::Command::new("sleep")
            .arg("60")
            .env("OPENCODE_ORCHESTRATOR_RUN", marker)
            .spawn()
            .unwrap()
    };
    let mut left = start("m-sweep:1-0");
    let mut other = start("m-sweep2:1-0");
    assert_eq!(checks::sweep("m-sweep"), 1);
    let ended = left.wait().unwrap();
    let other_lives = other.try_wait().unwrap().is_none();
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(!ended.success() && other_lives);
}

#[tokio::test]
async fn a_rewritten_git_file_is_put_back_and_told() {
    let place = Place::new();
    let file = place.path("slot/.git");
    std::fs::write(&file, "gitdir: /private/worktrees/1\n").unwrap();
    assert_eq!(place.quick("cat .git").await.end, End::Exited { code: 0 });
    for command in [
        "echo gitdir: evil > .git",
        "rm .git; mkdir -p .git/hooks",
        "rm .git; ln -s /etc/passwd .git",
        "rm .git",
    ] {
        let outcome = place.quick(command).await;
        assert!(matches!(outcome.end, End::Tampered { .. }), "{command}: {:?}", outcome.end);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "gitdir: /private/worktrees/1\n", "{command}");
        assert!(file.symlink_metadata().unwrap().is_file());
    }
}
