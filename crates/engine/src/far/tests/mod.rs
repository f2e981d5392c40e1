//! Sessions at a worker through a real server, with a host that plays OpenCode on the worker: an edit at the owner arrives in
//! the worker's copy, a worker that ends loses its session, and nothing is left at the server.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mission::Role;
use queue::Queue;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use workspace::{Slot, Workspace};

use super::hooks::{HookAnswer, HookCall, Hooks};
use super::owner::{Far, Wish};
use super::relay::Relays;
use super::worker;
use crate::bench::dispatch::server::Server;
use crate::config::roles_of_worker::RolesOfWorker;
use crate::config::{Config, Source, Trusted, load};
use crate::host::{Host, HostFuture, HostRequest, Nobody};
use crate::options::EngineOptions;

const LEASE: Duration = Duration::from_secs(1);

/// The worker's host. A prompt `write` asks the owner for an edit and reads the copy; any other one never ends.
struct OpenCode {
    relays: Relays,
    aborted: Arc<Mutex<u32>>,
}

impl Host for OpenCode {
    fn call(&self, request: HostRequest) -> HostFuture {
        let (relays, aborted) = (self.relays.clone(), self.aborted.clone());
        Box::pin(async move {
            match request {
                HostRequest::Models { .. } => Ok(json!({ "known": ["fake/m"] })),
                HostRequest::Open { .. } => Ok(json!({ "session": "ses-there" })),
                HostRequest::Prompt { directory, text, model, .. } => {
                    assert_eq!(model.as_deref(), Some("fake/m"));
                    if !text.starts_with("write") {
                        return std::future::pending().await;
                    }
                    assert!(text.ends_with(directory.to_str().unwrap()), "{text} in {}", directory.display());
                    let relay = relays.get("ses-there").unwrap();
                    let file = directory.join("new.txt");
                    relay.observe(&json!({ "saw": file }).to_string());
                    let arguments = json!({ "filePath": file });
                    let call = HookCall::ChangeFile { tool: "write".into(), arguments, write: true };
                    let answer = relay.call(call).await.unwrap();
                    assert_eq!(answer, json!({ "done": { "wrote": file } }));
                    let text = std::fs::read_to_string(file).unwrap();
                    Ok(
                        json!({ "text": text, "tokens": { "input": 7, "output": 1, "cache_read": 0, "cache_write": 0 } }),
                    )
                }
                HostRequest::Abort { .. } => {
                    *aborted.lock().unwrap() += 1;
                    Ok(json!({}))
                }
                other => Nobody.call(other).await,
            }
        })
    }

    fn say(&self, _text: &str) {}
}

/// The owner's engine: it writes the files that it is asked to.
#[derive(Default)]
struct Engine {
    seen: Mutex<Vec<String>>,
}

impl Hooks for Engine {
    fn call(&self, _session: String, call: HookCall) -> HookAnswer {
        Box::pin(async move {
            let HookCall::ChangeFile { arguments, .. } = call else { return Value::Null };
            let path = arguments["filePath"].as_str().unwrap();
            std::fs::write(path, "from the owner").unwrap();
            json!({ "done": { "wrote": path } })
        })
    }

    fn observe(&self, _session: &str, observation: &str) {
        self.seen.lock().unwrap().push(observation.to_string());
    }
}

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
    _folder: tempfile::TempDir,
    slot: Slot,
    base: String,
    far: Far,
    said: Arc<Said>,
    engine: Arc<Engine>,
}

fn config(url: &str) -> Config {
    let text = format!("[dispatch]\nqueue = \"{url}\"\nnamespace = \"test\"\nroles = true\n");
    load(Some(Source { name: "own.toml".into(), text }), None, None, Trusted::default()).unwrap()
}

fn owner(url: &str) -> Owner {
    let folder = tempfile::Builder::new().prefix("far-").tempdir().unwrap();
    let root = folder.path().join("project");
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("old.txt"), "old").unwrap();
    let workspace = Workspace::open(&root, &folder.path().join("state")).unwrap();
    let base = workspace.take_base("m").unwrap().commit;
    let slot = workspace.slot(1, &base).unwrap();
    let (said, engine) = (Arc::new(Said::default()), Arc::new(Engine::default()));
    let far = Far::new(&config(url), workspace, said.clone(), engine.clone()).unwrap();
    Owner { _folder: folder, slot, base, far, said, engine }
}

impl Owner {
    fn wish(&self, models: &[&str]) -> Wish {
        Wish {
            mission: "m-1".into(),
            role: Role::Coder,
            task: Some("left".into()),
            title: "Coder: left".into(),
            directory: self.slot.path.clone(),
            commit: self.slot.commit.clone(),
            base: Some(self.base.clone()),
            models: models.iter().map(ToString::to_string).collect(),
            default: Some("fake/m".into()),
        }
    }

    fn prompt(&self, text: &str) -> HostRequest {
        HostRequest::Prompt {
            session: String::new(),
            directory: self.slot.path.clone(),
            role: Role::Coder,
            model: None,
            variant: None,
            options: Default::default(),
            text: format!("{text} {}", self.slot.path.display()),
        }
    }
}

struct Worker {
    relays: Relays,
    aborted: Arc<Mutex<u32>>,
    ends: JoinHandle<Result<(), String>>,
}

fn start(url: &str, home: &Path) -> Worker {
    let (relays, aborted) = (Relays::default(), Arc::default());
    let host = Arc::new(OpenCode { relays: relays.clone(), aborted: Arc::clone(&aborted) });
    let wanted = RolesOfWorker {
        url: url.into(),
        credentials: None,
        namespace: "test".into(),
        lease_ms: 1000,
        name: "far".into(),
        roles: 1,
        labels: Vec::new(),
        started_by: std::process::id(),
        json: false,
    };
    let options = EngineOptions {
        data_home: home.join("data"),
        config_home: home.join("config"),
        slot_files: [("opencode.json".to_string(), "{}\n".to_string())].into(),
        ..EngineOptions::default()
    };
    let of = relays.clone();
    let ends = tokio::spawn(async move { worker::serve(wanted, &options, host, None, of, 1).await });
    Worker { relays, aborted, ends }
}

async fn queue_at(url: &str) -> Queue {
    let settings =
        queue::Settings { url: url.into(), credentials: None, namespace: "test".into(), lease: LEASE };
    Queue::connect(settings).await.unwrap()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds().await {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_at_a_worker_edits_the_owners_slot_and_leaves_nothing() {
    let Some(server) = Server::start() else { return };
    let (url, home) = (server.url(), tempfile::tempdir().unwrap());
    let queue = queue_at(&url).await;
    let owner = owner(&url);
    assert!(owner.far.open(owner.wish(&["fake/m"])).await.is_none());
    let worker = start(&url, home.path());
    until("the worker is listed", async || queue.workers().await.unwrap().len() == 1).await;
    assert!(owner.far.open(owner.wish(&["other/model"])).await.is_none());
    let session = owner.far.open(owner.wish(&["fake/m"])).await.expect("a session");
    let turn = session.call(owner.prompt("write")).await.unwrap();
    assert_eq!((&turn["text"], &turn["tokens"]["input"]), (&json!("from the owner"), &json!(7)));
    let file: PathBuf = owner.slot.path.join("new.txt");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "from the owner");
    assert_eq!(*owner.engine.seen.lock().unwrap(), [json!({ "saw": file }).to_string()]);
    drop(session);
    until("the job is answered", async || queue.waiting().await.unwrap() == 0).await;
    until("its place is free", async || queue.workers().await.unwrap()[0].doing.is_empty()).await;
    let said = owner.said.0.lock().unwrap().clone();
    for part in ["no worker does roles", "does not know the model `other/model` here", "at worker far"] {
        assert!(said.contains(part), "{said}");
    }
    worker.relays.leaving.cancel();
    worker.ends.await.unwrap().unwrap();
    assert!(queue.workers().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_whose_worker_ends_fails_at_once_and_the_worker_gets_no_other() {
    let Some(server) = Server::start() else { return };
    let (url, home) = (server.url(), tempfile::tempdir().unwrap());
    let queue = queue_at(&url).await;
    let owner = owner(&url);
    let worker = start(&url, home.path());
    until("the worker is listed", async || queue.workers().await.unwrap().len() == 1).await;
    let session = owner.far.open(owner.wish(&["fake/m"])).await.expect("a session");
    let prompt = tokio::spawn(session.call(owner.prompt("wait")));
    tokio::time::sleep(Duration::from_millis(300)).await;
    worker.relays.leaving.cancel();
    let failed = tokio::time::timeout(Duration::from_secs(20), prompt).await.expect("it ends").unwrap();
    assert!(failed.unwrap_err().to_string().contains("the worker ends"));
    worker.ends.await.unwrap().unwrap();
    let aborted = worker.aborted;
    until("the host aborts it", async || *aborted.lock().unwrap() == 1).await;
    let _again = start(&url, &home.path().join("again"));
    until("a worker is listed", async || queue.workers().await.unwrap().len() == 1).await;
    assert!(owner.far.open(owner.wish(&["fake/m"])).await.is_none());
    until("no job is left", async || queue.waiting().await.unwrap() == 0).await;
}
