//! Limits of resources, and findings that name the exceeded limit.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // Also in helpers of tests

use std::time::{Duration, Instant};

use checks::{Bounds, Check, End, Level, describe_end, run};
use tokio_util::sync::CancellationToken;

mod place;
use place::{Place, levels, python};

/// How the command ends with these limits.
async fn end(level: Level, bounds: Bounds, command: &str) -> String {
    let mut place = Place::at(level);
    place.options.bounds = bounds;
    let outcome = place.quick(command).await;
    assert!(matches!(outcome.end, End::Limit { .. }), "{level}: {:?}: {}", outcome.end, outcome.output);
    outcome.end.to_string()
}

#[tokio::test]
async fn what_was_used_too_much_of_is_named() {
    if !python() {
        return;
    }
    for level in [Level::None].into_iter().chain(levels()) {
        let bounds = Bounds { memory: Some(100 << 20), ..Bounds::default() };
        let said =
            end(level, bounds, "/usr/bin/python3 -c 'import time; x = b\"x\" * (200 << 20); time.sleep(20)'")
                .await;
        assert!(said.contains("of memory; it may hold 100 MB") && said.contains("memory_percent"), "{said}");

        let bounds = Bounds { processes: Some(20), ..Bounds::default() };
        let said = end(level, bounds, "for i in $(seq 40); do sleep 20 & done; wait").await;
        assert!(said.contains("20 processes") && said.contains("`[sandbox] processes`"), "{said}");

        let bounds = Bounds { file: Some(1 << 20), ..Bounds::default() };
        let said = end(level, bounds, "exec dd if=/dev/zero of=long bs=1M count=3 2>/dev/null").await;
        assert!(said.contains("longer than the 1 MB") && said.contains("file_mb"), "{said}");

        // Other programs free space meanwhile, so the command continues to write.
        let bounds = Bounds { disk: Some(8 << 20), ..Bounds::default() };
        let write = "for i in $(seq 200); do dd if=/dev/zero of=$TMPDIR/$i bs=1M count=2 2>/dev/null; sleep 0.1; done";
        let said = end(level, bounds, write).await;
        assert!(said.contains("to disk; 8 MB is the most") && said.contains("disk_mb"), "{said}");
    }
}

/// Each process starts the next and ends, in its own session and without an environment. A search may always come too
/// late; ending all of them at once does not.
#[tokio::test]
async fn a_chain_of_processes_is_ended_within_two_seconds() {
    if !python() {
        return;
    }
    let chain = "import os, time
os.environ.clear()
print('begun', flush=True)
null = os.open('/dev/null', os.O_RDWR)
for number in (0, 1, 2): os.dup2(null, number)
while True:
    if os.fork(): os._exit(0)
    os.setsid()
    open('alive', 'w').write('x')";
    for level in levels() {
        if describe_end(level).contains("search") {
            eprintln!("skipped at {level}: nothing here ends processes as one");
            continue;
        }
        let place = Place::at(level);
        std::fs::write(place.path("slot/chain.py"), chain).unwrap();
        let check =
            Check::configured("custom", "/usr/bin/python3 chain.py; sleep 60", Some(Duration::from_secs(60)));
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let stopped = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(700)).await;
            stop.cancel();
            Instant::now()
        });
        let outcome = run(&check, None, &place.options, &cancel).await;
        let took = stopped.await.unwrap().elapsed();
        assert!(!outcome.survivors, "{level}");
        assert!(place.path("slot/alive").exists(), "{level}: {}", outcome.output);
        std::fs::remove_file(place.path("slot/alive")).unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!place.path("slot/alive").exists(), "{level}: it goes on");
        println!("{level}: a chain was ended after {took:?} by {}", describe_end(level));
        assert!(took < Duration::from_secs(2), "{level}: {took:?}");
    }
}

#[tokio::test]
async fn a_pipe_that_an_earlier_command_left_holds_nothing_up() {
    for level in [Level::None].into_iter().chain(levels()) {
        let place = Place::at(level);
        std::fs::write(place.path("slot/package.json"), "{}").unwrap();
        place.quick("rm package.json; mkfifo package.json").await;
        let outcome = place.quick("cat package.json").await;
        assert!(
            outcome.output.starts_with("an earlier command left pipes, which were removed: `package.json`")
        );
        assert!(matches!(outcome.end, End::Exited { code: 1 }), "{:?}", outcome.end);
    }
}
