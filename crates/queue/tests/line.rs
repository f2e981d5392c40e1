//! Lines between owners and workers on a real server, and workers that take only jobs of their labels.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;

use std::future::pending;
use std::time::Duration;

use queue::{End, Job, NoAnswer, Patience, Queue, Settings, WorkerCard};
use serde_json::{Value, json};
use server::Server;

const SOON: Duration = Duration::from_secs(10);

async fn connect(server: &Server) -> Queue {
    let namespace = "test".to_string();
    let lease = Duration::from_secs(1);
    Queue::connect(Settings { url: server.url(), credentials: None, namespace, lease }).await.unwrap()
}

#[tokio::test]
async fn each_side_hears_what_the_other_says_also_what_is_longer_than_a_message() {
    let Some(server) = Server::start() else { return };
    let (owner, worker) = (connect(&server).await, connect(&server).await);
    let mut heard = owner.listen("job-0", End::Owner).await.unwrap();
    let long = "x".repeat(3 << 20);
    let answers = tokio::spawn(async move {
        let said = heard.next().await.unwrap();
        assert_eq!(said.body, json!("told"));
        let said = heard.next().await.unwrap();
        let length = said.body.as_str().unwrap().len();
        said.answer("job-0", json!({ "length": length, "back": said.body })).await.unwrap();
        heard
    });
    worker.tell("job-0", End::Owner, json!("told")).await.unwrap();
    let answer = worker.question("job-0", End::Owner, Value::from(long.clone()), SOON).await.unwrap();
    assert_eq!((answer["length"].as_u64(), answer["back"].as_str()), (Some(3 << 20), Some(long.as_str())));
    let mut heard = answers.await.unwrap();
    // Another job's line is another line, and a line without a listener says so at once
    let error = worker.question("job-1", End::Owner, json!(1), SOON).await.unwrap_err();
    assert!(error.to_string().contains("no responders"), "{error}");
    worker.tell("job-0", End::Worker, json!("to nobody")).await.unwrap();
    worker.tell("job-0", End::Owner, json!("last")).await.unwrap();
    assert_eq!(heard.next().await.unwrap().body, json!("last"));
}

#[tokio::test]
async fn a_worker_of_labels_only_gets_no_other_job() {
    let Some(server) = Server::start() else { return };
    let queue = connect(&server).await;
    let card = WorkerCard {
        name: "roles".into(),
        version: "0".into(),
        parallel: 1,
        labels: vec!["roles".into()],
        sandbox: "none".into(),
        up_ms: 0,
        answered: 0,
        doing: Vec::new(),
        ready_for: Vec::new(),
        only_labels: true,
    };
    queue.announce(&card).await.unwrap();
    let job = |key: &str, label: Option<&str>| Job {
        version: 1,
        key: key.into(),
        attempt: 0,
        owner: "me".into(),
        what: "a role".into(),
        label: label.map(str::to_owned),
        without: Vec::new(),
        prepares: None,
        packs: Vec::new(),
        body: json!(key),
    };
    let patience = Patience { taken: SOON, whole: SOON };
    let none = queue.ask(&job("check", None), patience, pending(), pending()).await;
    assert!(matches!(none, Err(NoAnswer::NoWorker { label: None })), "{none:?}");
    assert_eq!(queue.load(None).await.unwrap().places, 0);
    let worker = tokio::spawn({
        let queue = queue.clone();
        async move {
            let labels = ["roles".to_string()];
            let lease = queue.next_labelled("roles", &labels, SOON).await.unwrap().expect("a job");
            let key = lease.job.key.clone();
            lease.answer(json!(key)).await.unwrap();
        }
    });
    let asked = job("session", Some("roles"));
    let answer = queue.ask(&asked, patience, pending(), pending()).await.unwrap();
    assert_eq!((answer.worker.as_str(), answer.body), ("roles", json!("session")));
    worker.await.unwrap();
}
