//! When the process that runs a check is killed, the check dies too.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // Also in helpers of tests

use std::path::Path;
use std::time::{Duration, Instant};

use checks::{Check, Level, RunOptions, Sandbox, run};
use tokio_util::sync::CancellationToken;

const SLOT: &str = "WATCHDOG_TEST_SLOT";
const LEVEL: &str = "WATCHDOG_TEST_LEVEL";

/// Not a test itself: the process that is killed (this binary, started again).
#[tokio::test]
async fn victim() {
    let Some(slot) = std::env::var_os(SLOT) else { return };
    let slot = Path::new(&slot);
    let mut options = RunOptions::new(slot, slot.join("tmp"), "m-victim");
    let level = std::env::var(LEVEL).unwrap();
    options.sandbox.require =
        [Level::None, Level::Basic, Level::Full].into_iter().find(|l| l.name() == level);
    let command = format!(
        "touch shell; setsid sh -c 'trap \"\" TERM; touch daemon; sleep 60; : {0}' &
        sh -c 'trap \"\" TERM; touch child; while :; do sleep 0.1; done; : {0}'",
        slot.display()
    );
    run(&Check::configured("custom", &command, None), None, &options, &CancellationToken::new()).await;
}

#[test]
fn killing_us_ends_the_check() {
    for level in [Level::None, Level::Basic, Level::Full] {
        if (Sandbox { require: Some(level), ..Sandbox::default() }).level().is_err() {
            eprintln!("skipped: this machine has no level {level}");
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut victim = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--nocapture"])
            .env(SLOT, folder.path())
            .env(LEVEL, level.name())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let token = folder.path().to_str().unwrap();
        let wait_until = |condition: &dyn Fn() -> bool| {
            let until = Instant::now() + Duration::from_secs(20);
            while !condition() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(10));
            }
            condition()
        };
        let begun =
            wait_until(&|| ["shell", "daemon", "child"].iter().all(|file| folder.path().join(file).exists()));
        victim.kill().unwrap();
        victim.wait().unwrap();
        assert!(begun, "{level}: the check did not start");
        assert!(wait_until(&|| !lives(token)), "{level}: the check outlived us");
    }
}

/// Whether there is a process whose command line contains this text.
fn lives(token: &str) -> bool {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter(|entry| entry.file_name().to_str().is_some_and(|name| name.parse::<u32>().is_ok())).any(
        |entry| {
            let words = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&words).contains(token)
        },
    )
}
