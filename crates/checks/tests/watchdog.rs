//! When the process that runs a check is killed, the check dies too.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests too

use std::path::Path;
use std::time::{Duration, Instant};

use checks::{Check, RunOptions, run};
use tokio_util::sync::CancellationToken;

const SLOT: &str = "WATCHDOG_TEST_SLOT";

/// Not a test by itself: the process that is killed (this binary, started again).
#[tokio::test]
async fn victim() {
    let Some(slot) = std::env::var_os(SLOT) else { return };
    let slot = Path::new(&slot);
    let options = RunOptions::new(slot, slot.join("tmp"), "m-victim");
    let command = "echo $$ > shell.pid
        setsid sh -c 'trap \"\" TERM; echo $$ > daemon.pid; sleep 60; :' &
        sh -c 'trap \"\" TERM; echo $$ > child.pid; while :; do sleep 0.1; done'";
    run(&Check::configured("custom", command, None), None, &options, &CancellationToken::new()).await;
}

#[test]
fn killing_us_ends_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let mut victim = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--nocapture"])
        .env(SLOT, folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lives = |name: &str| {
        let pid = std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        !pid.is_empty() && !stat.is_empty() && !stat.contains(") Z ")
    };
    let files = ["shell.pid", "daemon.pid", "child.pid"];
    let wait_until = |condition: &dyn Fn() -> bool| {
        let until = Instant::now() + Duration::from_secs(5);
        while !condition() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        condition()
    };
    let begun = wait_until(&|| files.iter().all(|file| lives(file)));
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert!(begun, "the check did not start");
    assert!(wait_until(&|| files.iter().all(|file| !lives(file))), "the check outlived us");
}
