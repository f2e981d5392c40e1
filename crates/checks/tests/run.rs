//! The effects of a run on processes and files around it, with real processes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // Also in helpers of tests

use std::path::PathBuf;
use std::time::{Duration, Instant};

use checks::{Check, End, Level, Outcome, RunOptions, Sandbox, run, strongest};
use tokio_util::sync::CancellationToken;

/// A slot, its temporary folder, and a folder that stands for the rest of the machine.
struct Place {
    folder: tempfile::TempDir,
    options: RunOptions,
}

impl Place {
    fn at(level: Level) -> Place {
        let mut place = Place::new();
        place.options.sandbox.require = Some(level);
        place
    }

    /// A text that only the command lines of this place contain.
    fn token(&self) -> String {
        format!("token-{}", self.folder.path().file_name().unwrap().to_str().unwrap().trim_start_matches('.'))
    }

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

/// Whether there is a process whose command line contains this text; process numbers differ inside of a sandbox.
fn lives(token: &str) -> bool {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter(|entry| entry.file_name().to_str().is_some_and(|name| name.parse::<u32>().is_ok())).any(
        |entry| {
            let words = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&words).contains(token)
        },
    )
}

/// The levels that this machine has.
fn levels() -> Vec<Level> {
    let all = [Level::None, Level::Basic, Level::Full];
    all.into_iter()
        .filter(|level| Sandbox { require: Some(*level), ..Sandbox::default() }.level().is_ok())
        .collect()
}

#[tokio::test]
async fn exit_status_output_and_folder() {
    let place = Place::new();
    std::fs::create_dir(place.path("slot/a b")).unwrap();
    let mut check = Check::configured("custom", "echo out; echo err >&2; pwd; exit 3", None);
    check.directory = "a b".to_owned();
    let outcome = run(&check, None, &place.options, &CancellationToken::new()).await;
    assert_eq!(outcome.end, End::Exited { code: 3 });
    // The slot's own path is removed from the output
    assert_eq!(outcome.output, "out\nerr\na b\n");
    assert_eq!(outcome.sandbox, strongest());
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
    // The test searches for the value, because a path in the environment may contain a word.
    assert!(!output.contains("token-4f1c9a"), "{output}");
    assert!(!output.contains("CARGO_PKG_NAME"), "ours leaked: {output}");
}

#[tokio::test]
async fn a_time_limit_ends_even_what_ignores_requests() {
    for level in levels() {
        let place = Place::at(level);
        let start = Instant::now();
        let command = format!("trap '' TERM; : {}; echo begun; while :; do sleep 0.1; done", place.token());
        let outcome = place.run(&command, Duration::from_millis(700)).await;
        assert_eq!(outcome.end, End::TimedOut { after_ms: 700 }, "{level}");
        assert_eq!(outcome.output, "begun\n", "{level}");
        assert!(start.elapsed() < Duration::from_secs(2), "{level}: {:?}", start.elapsed());
        assert!(!lives(&place.token()) && !outcome.survivors, "{level}");
    }
}

#[tokio::test]
async fn cancelling_ends_the_whole_tree_within_two_seconds() {
    for level in levels() {
        let place = Place::at(level);
        let cancel = CancellationToken::new();
        // One in the group, one in its own session, one whose parent is gone, and one without our environment
        let command = format!(
            "sh -c 'touch a; sleep 60; : {0}' & setsid sh -c 'touch b; sleep 60; : {0}' &
            (setsid sh -c 'touch c; trap \"\" TERM HUP; sleep 60; : {0}' &)
            (env -i setsid sh -c 'touch d; trap \"\" TERM HUP; while :; do /bin/sleep 1; done; : {0}' &) ; wait",
            place.token()
        );
        let check = Check::configured("custom", &command, None);
        let running = run(&check, None, &place.options, &cancel);
        let files = ["slot/a", "slot/b", "slot/c", "slot/d"].map(|file| place.path(file));
        let stop = async {
            assert!(eventually(Duration::from_secs(5), || files.iter().all(|file| file.exists())).await);
            cancel.cancel();
            Instant::now()
        };
        let (outcome, asked) = tokio::join!(running, stop);
        assert_eq!(outcome.end, End::Cancelled);
        assert!(asked.elapsed() < Duration::from_secs(2), "{level}: {:?}", asked.elapsed());
        assert!(!lives(&place.token()) && !outcome.survivors, "{level}: something lives on");
    }
}

#[tokio::test]
async fn a_descendant_that_holds_the_output_open_does_not_hang_it() {
    for level in levels() {
        let place = Place::at(level);
        let start = Instant::now();
        let command = "setsid sh -c 'touch up; sleep 60; : TOKEN' & while ! [ -e up ]; do :; done; echo done";
        let outcome = place.quick(&command.replace("TOKEN", &place.token())).await;
        assert_eq!((outcome.end, outcome.output.as_str()), (End::Exited { code: 0 }, "done\n"));
        assert!(start.elapsed() < Duration::from_secs(3), "{level}: {:?}", start.elapsed());
        assert!(!lives(&place.token()), "{level}: it was left behind");
    }
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
    for level in levels() {
        let place = Place::at(level);
        let command = "setsid sh -c 'touch up; sleep 60; : TOKEN'; sleep 60".replace("TOKEN", &place.token());
        tokio::select! {
            _ = place.quick(&command) => panic!("it ended"),
            up = eventually(Duration::from_secs(5), || place.path("slot/up").exists()) => assert!(up),
        }
        assert!(eventually(Duration::from_secs(3), || !lives(&place.token())).await, "{level}");
    }
}

#[tokio::test]
async fn unsandboxed_is_said() {
    let mut place = Place::new();
    place.options.sandbox = Sandbox::OFF;
    let outcome = place.quick("echo x > ../home/file").await;
    assert!(outcome.sandbox == Level::None && outcome.end.success());
    assert!(place.path("home/file").exists());
}

#[tokio::test]
async fn sweeping_kills_what_a_crash_left_behind_and_nothing_else() {
    let start = |marker: &str| {
        std::process::Command::new("sleep").arg("60").env("JOB_RUN_ID", marker).spawn().unwrap()
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

#[tokio::test]
async fn a_run_that_replaces_a_file_by_a_pipe_is_stopped_and_told() {
    let place = Place::new();
    std::fs::write(place.path("slot/manifest"), "{}").unwrap();
    let started = std::time::Instant::now();
    let outcome = place.quick("rm manifest; mkfifo manifest; cat manifest").await;
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    let End::Tampered { what } = &outcome.end else { panic!("{:?}", outcome.end) };
    assert!(what.contains("`manifest`"), "{what}");
    // A pipe with a name of its own harms nobody
    let own = "mkfifo own; (sleep 3; echo hello > own) & cat own";
    assert_eq!(place.quick(own).await.end, End::Exited { code: 0 });
}
