//! Verdicts through a real server: two workers and one death, a worker that lies, one that cannot, and no server.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use checks::Verdict;
use queue::{Queue, Settings, WorkerCard};
use serde_json::json;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use workspace::Workspace;

use super::bay::Bay;
use super::server::Server;
use super::verdict_job::VerdictJob;
use crate::bench::Bench;
use crate::bench::known_outcomes::KnownOutcomes;
use crate::bench::project_checks::ProjectChecks;
use crate::bench::slots::{CHECKING, Slots};
use crate::config::{Config, Source, Trusted, load};
use crate::host::{Host, HostFuture, HostRequest, Nobody};
use crate::world::Processes;

const LEASE: Duration = Duration::from_secs(1);
/// Passes if `value` is `good`; takes as long as `wait` says.
const CHECK: &str = "sleep $(cat wait)\n[ \"$(cat value)\" = good ]\n";

#[derive(Default)]
struct Said(Mutex<String>);

impl Host for Said {
    fn call(&self, request: HostRequest) -> HostFuture {
        Nobody.call(request)
    }

    fn say(&self, text: &str) {
        self.0.lock().unwrap().push_str(text);
    }
}

struct Owner {
    folder: tempfile::TempDir,
    bench: Arc<Bench>,
    checks: ProjectChecks,
    base: String,
    said: Arc<Said>,
}

fn config(text: &str) -> Config {
    let user = Source { name: "own.toml".into(), text: text.into() };
    load(Some(user), None, None, Trusted::default()).unwrap()
}

/// A project whose base passes its one check.
async fn owner(url: &str, trust: &str) -> Owner {
    let folder = tempfile::Builder::new().prefix("dispatch-").tempdir().unwrap();
    let (root, state) = (folder.path().join("project"), folder.path().join("state"));
    std::fs::create_dir(&root).unwrap();
    for (name, text) in [("check.sh", CHECK), ("value", "good"), ("wait", "0")] {
        std::fs::write(root.join(name), text).unwrap();
    }
    let config = config(&format!(
        "[checks]\nauto = false\n[[checks.command]]\nname = \"test\"\nrun = \"sh check.sh\"\n\
         [workspace]\nsetup = \"none\"\ncopy = []\n[dispatch]\nqueue = \"{url}\"\ntrust = \"{trust}\"\n"
    ));
    let workspace = Workspace::open(&root, &state).unwrap();
    let base = workspace.take_base("m").unwrap().commit;
    let said = Arc::new(Said::default());
    let bench = Arc::new(Bench {
        host: said.clone(),
        slots: Slots::new(workspace.clone(), 2, Vec::new(), Vec::new()),
        workspace,
        config: Arc::new(config),
        commands: Arc::new(Processes),
        downloads: Default::default(),
        cancel: CancellationToken::new(),
        tmp: folder.path().join("tmp"),
        marker: "m".into(),
    });
    let checks = ProjectChecks::new(bench.clone(), KnownOutcomes::default(), None);
    checks.ensure_base(&base).await.unwrap();
    Owner { folder, bench, checks, base, said }
}

impl Owner {
    /// Whether a change with these files passes in a task's slot, and then in the checking slot.
    async fn judge(&self, files: &[(&str, &str)], also_checking: bool) -> Vec<bool> {
        let slots = &self.bench.slots;
        let lease = slots.lease(slots.permit().await, &self.base).await.unwrap();
        for (name, text) in files {
            std::fs::write(lease.slot.path.join(name), text).unwrap();
        }
        let commit = self.bench.workspace.commit_slot(&lease.slot, &self.base, "change").unwrap();
        let passes = async |slot: &workspace::Slot| {
            let judged = self.checks.run_and_compare(slot, &commit.tree, true).await.unwrap();
            assert_eq!(judged.len(), 1);
            !matches!(judged[0].verdict, Verdict::Fail { .. })
        };
        let mut said = vec![passes(&lease.slot).await];
        if also_checking {
            let _held = self.checks.hold_checking_slot().await;
            let slot = self.checks.prepare_checking_slot(&commit.id).await.unwrap();
            assert_eq!(slot.n, CHECKING);
            said.push(passes(&slot).await);
        }
        said
    }

    fn said(&self) -> String {
        self.said.0.lock().unwrap().clone()
    }

    fn elsewhere(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

async fn connect(url: &str) -> Queue {
    let (url, namespace) = (url.to_string(), "opencode".to_string());
    Queue::connect(Settings { url, credentials: None, namespace, lease: LEASE }).await.unwrap()
}

async fn announce(queue: &Queue, name: &str) {
    let card = json!({ "name": name, "version": "0", "parallel": 1, "labels": [], "sandbox": "", "up_ms": 0, "answered": 0, "doing": [] });
    queue.announce(&serde_json::from_value::<WorkerCard>(card).unwrap()).await.unwrap();
}

/// A worker that runs the code of the product.
async fn worker(url: &str, name: &'static str, home: &Path) -> AbortHandle {
    let (queue, home) = (connect(url).await, home.to_path_buf());
    announce(&queue, name).await;
    let serving = tokio::spawn(async move {
        let mut bay = Bay::open(&home, Config::default(), 0).unwrap();
        loop {
            announce(&queue, name).await;
            let Some(lease) =
                queue.next(name, &[], bay.ready_for(), Duration::from_millis(300)).await.unwrap()
            else {
                continue;
            };
            match bay.run(&lease.job, &queue).await {
                Ok(answer) => lease.answer(json!(answer)).await.unwrap(),
                Err(why) => lease.give_back(why).await.unwrap(),
            }
        }
    });
    serving.abort_handle()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_judge_changes_and_one_that_dies_is_replaced() {
    let Some(server) = Server::start() else { return };
    let owner = owner(&server.url(), "verify").await;
    let first = worker(&server.url(), "first", &owner.elsewhere("a")).await;
    assert_eq!(owner.judge(&[("other", "x")], true).await, [true, true]);
    assert!(owner.said().contains("- worker first ran 1 check of a change in "), "{}", owner.said());
    assert_eq!(owner.judge(&[("value", "bad")], false).await, [false]);
    assert!(!owner.said().contains("passes here on the same tree"), "{}", owner.said());

    // The second change takes a while, in which its worker dies
    let slow = owner.judge(&[("wait", "3")], false);
    let replace = async {
        let queue = connect(&server.url()).await;
        let until = Instant::now() + Duration::from_secs(20);
        while queue.waiting().await.unwrap() == 0 {
            assert!(Instant::now() < until, "no job is in the queue");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        first.abort();
        worker(&server.url(), "second", &owner.elsewhere("b")).await
    };
    let (passed, second) = tokio::join!(slow, replace);
    assert_eq!(passed, [true]);
    assert!(owner.said().contains("- worker second ran 1 check"), "{}", owner.said());
    second.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lie_passes_no_verdict_that_delivers_and_a_false_alarm_none_at_all() {
    let Some(server) = Server::start() else { return };
    let owner = owner(&server.url(), "verify").await;
    let queue = connect(&server.url()).await;
    announce(&queue, "liar").await;
    let liar = tokio::spawn(async move {
        loop {
            announce(&queue, "liar").await;
            let Some(lease) = queue.next("liar", &[], None, Duration::from_millis(300)).await.unwrap() else {
                continue;
            };
            let job: VerdictJob = serde_json::from_value(lease.job.body.clone()).unwrap();
            let outcome = |code: i32| json!({ "end": { "kind": "exited", "code": code }, "failing": null, "passed": null, "output": "", "duration_ms": 1 });
            // Green for what is red, red for what is green
            let is_red = {
                let pack = queue.pack(&job.packs()[1]).await.unwrap();
                let folder = tempfile::tempdir().unwrap();
                std::fs::create_dir(folder.path().join("p")).unwrap();
                let workspace = Workspace::open(&folder.path().join("p"), &folder.path().join("s")).unwrap();
                workspace.unpack(queue.pack(&job.packs()[0]).await.unwrap()).unwrap();
                workspace.unpack(pack).unwrap();
                workspace.read(&job.change.commit, "value").unwrap().unwrap() == b"bad"
            };
            let body = json!({ "tree": job.change.tree, "base": { "test": outcome(0) }, "change": { "test": outcome(i32::from(!is_red)) } });
            lease.answer(body).await.unwrap();
        }
    });
    assert_eq!(
        owner.judge(&[("value", "bad")], true).await,
        [true, false],
        "the checking slot believes nobody"
    );
    assert_eq!(owner.judge(&[("other", "x")], false).await, [true], "a failing test runs once more here");
    let said = owner.said();
    assert!(
        said.contains("`test` fails at worker liar and passes here on the same tree; the test is flaky"),
        "{said}"
    );
    assert_eq!(owner.judge(&[("other", "y")], false).await, [true], "one false alarm excludes nobody");
    assert!(owner.said().contains("again: its answers are not used"), "{}", owner.said());
    let asked = owner.said().matches("worker liar ran").count();
    assert_eq!(owner.judge(&[("value", "worse")], false).await, [false], "its answers are not used again");
    assert_eq!(owner.said().matches("worker liar ran").count(), asked);
    liar.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_worker_that_can_or_a_server_checks_run_here_and_the_user_is_told() {
    let Some(mut server) = Server::start() else { return };
    let owner = owner(&server.url(), "accept").await;
    assert_eq!(owner.judge(&[("other", "1")], false).await, [true]);
    assert!(owner.said().contains("so its checks run here: no worker runs\n"), "{}", owner.said());

    let queue = connect(&server.url()).await;
    announce(&queue, "bare").await;
    let bare = tokio::spawn(async move {
        loop {
            announce(&queue, "bare").await;
            if let Some(lease) = queue.next("bare", &[], None, Duration::from_millis(300)).await.unwrap() {
                lease.give_back("`test` needs `sh`, which is not installed here".into()).await.unwrap();
            }
        }
    });
    assert_eq!(owner.judge(&[("other", "2")], false).await, [true]);
    assert!(owner.said().contains("worker bare returned it: `test` needs `sh`"), "{}", owner.said());
    bare.abort();

    let able = worker(&server.url(), "able", &owner.elsewhere("a")).await;
    let told = owner.said().matches("worker able ran").count();
    assert_eq!(owner.judge(&[("other", "3")], true).await, [true, true]);
    assert_eq!(
        owner.said().matches("worker able ran").count(),
        told + 2,
        "accepted for delivery, too: {}",
        owner.said()
    );
    able.abort();

    server.kill();
    assert_eq!(owner.judge(&[("value", "bad")], false).await, [false]);
    assert_eq!(owner.judge(&[("other", "4")], true).await, [true, true]);
    assert!(owner.said().contains("so its checks run here: "), "{}", owner.said());
}
