//! The queue on a real server: answers, deaths, duplicates, late answers, and a server that is gone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;

use std::future::pending;
use std::time::Duration;

use queue::{Answer, Event, Job, Load, NoAnswer, Patience, Queue, Settings, WorkerCard};
use serde_json::json;
use server::Server;
use tokio::task::JoinHandle;

const LEASE: Duration = Duration::from_secs(1);
const PATIENCE: Patience = Patience { taken: Duration::from_secs(10), whole: Duration::from_secs(60) };

async fn connect(server: &Server) -> Queue {
    let namespace = "test".to_string();
    Queue::connect(Settings { url: server.url(), credentials: None, namespace, lease: LEASE }).await.unwrap()
}

fn job(key: &str, attempt: u32) -> Job {
    Job {
        version: 1,
        key: key.into(),
        attempt,
        owner: "me".into(),
        what: "a check".into(),
        label: None,
        without: Vec::new(),
        prepares: None,
        packs: Vec::new(),
        body: json!({ "n": key }),
    }
}

fn card(name: &str, labels: &[&str]) -> WorkerCard {
    WorkerCard {
        name: name.into(),
        version: "0".into(),
        parallel: 1,
        labels: labels.iter().map(ToString::to_string).collect(),
        sandbox: "none".into(),
        up_ms: 0,
        answered: 0,
        doing: Vec::new(),
        ready_for: Vec::new(),
        only_labels: false,
    }
}

/// A worker that answers every job with its name, or returns it with a reason.
fn worker(
    queue: Queue,
    name: &'static str,
    labels: &'static [&'static str],
    returns: Option<&'static str>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let labels_of: Vec<String> = labels.iter().map(ToString::to_string).collect();
        loop {
            queue.announce(&card(name, labels)).await.unwrap();
            let Some(lease) = queue.next(name, &labels_of, None, Duration::from_millis(300)).await.unwrap()
            else {
                continue;
            };
            match returns {
                Some(why) => lease.give_back(why.into()).await.unwrap(),
                None => {
                    let body = json!([name, lease.job.body]);
                    lease.answer(body).await.unwrap();
                }
            }
        }
    })
}

/// Keeps the card of a worker in the list until it is aborted, also on a busy machine.
async fn present(queue: &Queue, name: &'static str) -> JoinHandle<()> {
    let queue = queue.clone();
    queue.announce(&card(name, &[])).await.unwrap();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(LEASE / 5).await;
            queue.announce(&card(name, &[])).await.unwrap();
        }
    })
}

async fn ask(queue: &Queue, job: &Job) -> Result<Answer, NoAnswer> {
    queue.ask(job, PATIENCE, pending(), pending()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_answered_by_a_worker_that_fits() {
    let Some(server) = Server::start() else { return };
    let (owner, machine) = (connect(&server).await, connect(&server).await);
    let none = ask(&owner, &job("early", 0)).await;
    assert!(matches!(none, Err(NoAnswer::NoWorker { label: None })), "{none:?}");

    machine.announce(&card("plain", &[])).await.unwrap();
    let plain = worker(machine.clone(), "plain", &[], None);
    let gpu = Job { label: Some("gpu".into()), ..job("gpu", 0) };
    let none = ask(&owner, &gpu).await;
    assert!(matches!(none, Err(NoAnswer::NoWorker { label: Some(_) })), "{none:?}");
    assert_eq!(ask(&owner, &job("a", 0)).await.unwrap().body, json!(["plain", { "n": "a" }]));

    machine.announce(&card("large", &["gpu"])).await.unwrap();
    let large = worker(machine.clone(), "large", &["gpu"], None);
    assert_eq!(ask(&owner, &gpu).await.unwrap().worker, "large");

    let names: Vec<String> = owner.workers().await.unwrap().into_iter().map(|card| card.name).collect();
    assert_eq!(names, ["large", "plain"]);
    // The same question again: the server drops the message, and the answer is there already
    assert_eq!(ask(&owner, &gpu).await.unwrap().worker, "large");
    plain.abort();
    large.abort();
    tokio::time::sleep(LEASE * 2).await;
    assert!(owner.workers().await.unwrap().is_empty(), "cards expire");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_a_worker_that_dies_goes_to_another() {
    let Some(server) = Server::start() else { return };
    let (owner, machine) = (connect(&server).await, connect(&server).await);
    let first = present(&machine, "first").await;
    let asked = tokio::spawn({
        let owner = owner.clone();
        async move { ask(&owner, &job("k", 0)).await }
    });
    let lease = machine.next("first", &[], None, Duration::from_secs(5)).await.unwrap().expect("a job");
    // As long as it lives, nobody else gets it
    machine.announce(&card("second", &[])).await.unwrap();
    assert!(machine.next("second", &[], None, LEASE * 3).await.unwrap().is_none(), "the lease is kept alive");
    drop(lease);
    first.abort();
    let second = worker(machine.clone(), "second", &[], None);
    assert_eq!(asked.await.unwrap().unwrap().worker, "second");
    second.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_only_worker_that_dies_is_missed_and_a_cancelled_owner_waits_for_nobody() {
    let Some(server) = Server::start() else { return };
    let (owner, machine) = (connect(&server).await, connect(&server).await);
    let only = present(&machine, "only").await;
    let soon = Patience { taken: Duration::from_secs(2), whole: Duration::from_secs(120) };
    let (first, second) = (job("k", 0), job("l", 0));
    let (asked, ()) = tokio::join!(
        tokio::time::timeout(Duration::from_secs(40), owner.ask(&first, soon, pending(), pending())),
        async {
            drop(machine.next("only", &[], None, Duration::from_secs(5)).await.unwrap().expect("a job"))
        }
    );
    let lost = asked.expect("the last report is no sign of life, however often it is read");
    assert!(matches!(lost, Err(NoAnswer::Lost { .. })), "{lost:?}");

    let cancelled = owner.ask(&second, soon, async {}, pending()).await;
    assert!(matches!(cancelled, Err(NoAnswer::Cancelled)), "{cancelled:?}");
    only.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_returned_a_job_leaves_it_to_one_that_is_busy() {
    let Some(server) = Server::start() else { return };
    let (owner, machine) = (connect(&server).await, connect(&server).await);
    let busy = present(&machine, "able").await;
    machine.announce(&card("bare", &[])).await.unwrap();
    let bare = worker(machine.clone(), "bare", &[], Some("no cargo"));
    let question = job("k", 0);
    let asked = tokio::spawn({
        let owner = owner.clone();
        async move { ask(&owner, &question).await }
    });
    tokio::time::sleep(LEASE * 2).await;
    busy.abort();
    let able = worker(machine.clone(), "able", &[], None);
    assert_eq!(asked.await.unwrap().unwrap().worker, "able");
    able.abort();
    bare.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_counts_once_and_not_for_another_attempt() {
    let Some(server) = Server::start() else { return };
    let (owner, machine) = (connect(&server).await, connect(&server).await);
    let slow = present(&machine, "slow").await;
    // The owner does not wait, and the worker answers late
    let short = Patience { whole: Duration::from_millis(1), ..PATIENCE };
    let first = {
        let early = job("k", 0);
        let (asked, lease) = tokio::join!(
            owner.ask(&early, short, pending(), pending()),
            machine.next("slow", &[], None, Duration::from_secs(2)),
        );
        assert!(matches!(asked, Err(NoAnswer::TooLong(_))), "{asked:?}");
        lease.unwrap()
    };
    let asked = tokio::spawn({
        let owner = owner.clone();
        async move { ask(&owner, &job("k", 1)).await }
    });
    let lease =
        machine.next("slow", &[], None, Duration::from_secs(5)).await.unwrap().expect("the second attempt");
    if let Some(first) = first {
        first.answer(json!("late")).await.unwrap();
    }
    assert!(!asked.is_finished(), "a late answer is not taken");
    assert_eq!(lease.job.attempt, 1);
    lease.answer(json!("in time")).await.unwrap();
    assert_eq!(asked.await.unwrap().unwrap().body, json!("in time"));
    assert!(
        machine.next("slow", &[], None, LEASE * 2).await.unwrap().is_none(),
        "nothing is left in the queue"
    );
    slow.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_nobody_can_do_goes_back_with_the_reasons() {
    let Some(server) = Server::start() else { return };
    let (owner, machine) = (connect(&server).await, connect(&server).await);
    let mut workers = Vec::new();
    for (name, why) in [("a", "cargo is not installed"), ("b", "npm is not installed")] {
        machine.announce(&card(name, &[])).await.unwrap();
        workers.push(worker(machine.clone(), name, &[], Some(why)));
    }
    let Err(NoAnswer::Returned(mut reasons)) = ask(&owner, &job("k", 0)).await else { panic!("answered") };
    reasons.sort();
    assert_eq!(
        reasons,
        [("a".into(), "cargo is not installed".into()), ("b".into(), "npm is not installed".into())]
    );
    workers.iter().for_each(JoinHandle::abort);
    assert!(
        machine.next("c", &[], None, Duration::from_secs(2)).await.unwrap().is_none(),
        "it was taken out of the queue"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_loses_nothing_and_one_that_is_gone_is_told() {
    let Some(mut server) = Server::start() else { return };
    let (owner, machine) = (connect(&server).await, connect(&server).await);
    machine.announce(&card("w", &[])).await.unwrap();
    let asked = tokio::spawn({
        let owner = owner.clone();
        async move { ask(&owner, &job("k", 0)).await }
    });
    let lease = machine.next("w", &[], None, Duration::from_secs(5)).await.unwrap().expect("a job");
    server.kill();
    server.go();
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    while !(machine.is_connected() && owner.is_connected()) {
        assert!(tokio::time::Instant::now() < until, "no reconnection");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    lease.answer(json!("after the restart")).await.unwrap();
    assert_eq!(asked.await.unwrap().unwrap().body, json!("after the restart"));

    server.kill();
    let gone = ask(&owner, &job("k", 1)).await;
    assert!(matches!(gone, Err(NoAnswer::Queue(_))), "{gone:?}");
    let settings = Settings { url: server.url(), ..owner.settings().clone() };
    let error = Queue::connect(settings).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("{} does not answer", server.url())), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_was_asked_before_costs_no_time() {
    let Some(server) = Server::start() else { return };
    let (owner, machine) = (connect(&server).await, connect(&server).await);
    let present = present(&machine, "w").await;
    // The first owner leaves before a worker takes the job, and the job is taken out of the queue
    let left = owner.ask(&job("k", 0), PATIENCE, tokio::time::sleep(LEASE / 2), pending()).await;
    assert!(matches!(left, Err(NoAnswer::Cancelled)), "{left:?}");
    // The next one asks the same from the first attempt on, as after a restart
    let work = async {
        let lease = machine.next("w", &[], None, Duration::from_secs(5)).await.unwrap().expect("a job");
        assert_eq!(lease.job.attempt, 1, "the server drops the first attempt's id");
        lease.answer(json!("done")).await.unwrap();
    };
    let again = connect(&server).await;
    let question = job("k", 0);
    let (answer, ()) = tokio::join!(ask(&again, &question), work);
    assert_eq!(answer.unwrap().body, json!("done"));
    // A third one gets the stored answer, with no job for a worker
    assert_eq!(ask(&again, &question).await.unwrap().body, json!("done"));
    assert_eq!(owner.waiting().await.unwrap(), 0);
    present.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_that_is_ready_for_a_job_takes_it_and_a_worker_that_was_wrong_does_not() {
    let Some(server) = Server::start() else { return };
    let (owner, machine) = (connect(&server).await, connect(&server).await);
    let ready = WorkerCard { ready_for: vec!["base".into()], ..card("ready", &[]) };
    machine.announce(&ready).await.unwrap();
    machine.announce(&card("cold", &[])).await.unwrap();
    let question = Job { prepares: Some("base".into()), ..job("k", 0) };
    let asked = tokio::spawn({
        let owner = owner.clone();
        async move { ask(&owner, &question).await }
    });
    // The cold worker is the first to see the job
    let cold = machine.next("cold", &[], None, Duration::from_secs(2)).await.unwrap();
    assert!(cold.is_none(), "it is left to the worker that is ready");
    let lease =
        machine.next("ready", &[], Some("base"), Duration::from_secs(2)).await.unwrap().expect("a job");
    lease.answer(json!(1)).await.unwrap();
    assert_eq!(asked.await.unwrap().unwrap().worker, "ready");

    machine.announce(&card("cold", &[])).await.unwrap();
    machine.announce(&ready).await.unwrap();
    let question = Job { without: vec!["ready".into()], ..job("l", 0) };
    let asked = tokio::spawn(async move { ask(&owner, &question).await });
    assert!(machine.next("ready", &[], None, Duration::from_secs(1)).await.unwrap().is_none());
    let lease = machine.next("cold", &[], None, Duration::from_secs(3)).await.unwrap().expect("a job");
    lease.answer(json!(2)).await.unwrap();
    assert_eq!(asked.await.unwrap().unwrap().worker, "cold");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_becomes_free_takes_its_job_back_and_a_worker_that_leaves_is_not_listed() {
    let Some(server) = Server::start() else { return };
    let (owner, machine) = (connect(&server).await, connect(&server).await);
    machine.announce(&WorkerCard { parallel: 3, ..card("busy", &[]) }).await.unwrap();
    assert_eq!(owner.load(None).await.unwrap(), Load { places: 3, jobs: 0 });
    assert_eq!(owner.load(Some("gpu")).await.unwrap().places, 0, "no worker has this label");
    let taken_back = owner.ask(&job("k", 0), PATIENCE, pending(), tokio::time::sleep(LEASE / 5)).await;
    assert!(matches!(taken_back, Err(NoAnswer::Instead)), "{taken_back:?}");
    assert_eq!(owner.load(None).await.unwrap().jobs, 0, "it was taken out of the queue");
    // A job that a worker has stays there
    let question = job("l", 0);
    let work = async {
        let lease = machine.next("busy", &[], None, Duration::from_secs(5)).await.unwrap().expect("a job");
        tokio::time::sleep(LEASE).await;
        lease.answer(json!(1)).await.unwrap();
    };
    let soon = tokio::time::sleep(LEASE / 2);
    let (answer, ()) = tokio::join!(owner.ask(&question, PATIENCE, pending(), soon), work);
    assert!(answer.is_ok(), "{answer:?}");
    machine.leave("busy").await.unwrap();
    assert!(owner.workers().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pack_is_sent_once_and_comes_back_whole() {
    let Some(server) = Server::start() else { return };
    let (owner, machine) = (connect(&server).await, connect(&server).await);
    let bytes: Vec<u8> = (0..3_000_000).map(|_| fastrand::u8(..)).collect();
    assert_eq!(owner.put_pack("tree-1", &bytes).await.unwrap(), bytes.len());
    assert_eq!(owner.put_pack("tree-1", &bytes).await.unwrap(), 0);
    assert!(machine.pack("tree-1").await.unwrap() == bytes);
    assert!(machine.pack("tree-2").await.is_err());
}

/// A login with exactly the rights that docs/SCALE.md names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_with_the_rights_of_the_documentation_is_enough() {
    let page = include_str!("../../../docs/SCALE.md");
    let rights = page.lines().find(|line| line.contains("need to publish and subscribe to")).unwrap();
    let rights = rights.split("need to publish and subscribe to").nth(1).unwrap();
    let subjects: Vec<String> = rights
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|one| format!("{:?}", one.replace("<namespace>", "test")))
        .collect();
    assert!(subjects.len() > 5, "{subjects:?}");
    let subjects = subjects.join(", ");
    let Some(server) = Server::start_with(&format!(
        "authorization {{ users: [{{ user: team, password: secret, permissions: {{ publish: [{subjects}], subscribe: [{subjects}] }} }}] }}"
    )) else {
        return;
    };
    let at = |login: &str| {
        let url = server.url().replace("nats://", &format!("nats://{login}"));
        Queue::connect(Settings { url, credentials: None, namespace: "test".into(), lease: LEASE })
    };
    for login in ["", "team:wrong@"] {
        let error = at(login).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("{} does not answer", server.url())), "{error}");
        assert!(!error.contains("wrong@"), "{error}");
    }
    let (owner, machine) = (at("team:secret@").await.unwrap(), at("team:secret@").await.unwrap());
    owner.put_pack("tree-1", b"bytes").await.unwrap();
    machine.announce(&card("w", &[])).await.unwrap();
    let question = job("k", 0);
    let work = async {
        let lease = machine.next("w", &[], None, Duration::from_secs(5)).await.unwrap().expect("a job");
        assert_eq!(machine.pack("tree-1").await.unwrap(), b"bytes");
        tokio::time::sleep(LEASE * 2).await;
        lease.answer(json!(1)).await.unwrap();
    };
    let (answer, ()) = tokio::join!(ask(&owner, &question), work);
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(owner.load(None).await.unwrap().jobs, 0);
    machine.leave("w").await.unwrap();
    assert!(owner.workers().await.unwrap().is_empty());
}

#[test]
fn events_have_the_form_of_the_wire() {
    let text = serde_json::to_value(Event::Returned { why: "x".into() }).unwrap();
    assert_eq!(text, json!({ "kind": "returned", "why": "x" }));
}
