//! A line between the owner of a job and the worker that has it, for work that is a conversation: either side asks the
//! other, or tells it something, by the job's id.
//!
//! Nothing on a line is stored: both sides show each other that they are there, and a line that breaks ends the work.
//! A text that is too long for a message travels through the store of packs, and is deleted when it is read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_nats::{Request, Subject, Subscriber};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::connection::{Queue, QueueError, failed};

/// The longest text that is sent in a message, in bytes: servers refuse messages of more than 1 MB.
const MAX_MESSAGE: usize = 600 << 10;

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Owner,
    Worker,
}

/// A message, or where it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wire {
    Here(Value),
    There(String),
}

/// One end of a line, which gets what the other side says.
pub struct Line {
    queue: Queue,
    from: Subscriber,
}

/// What the other side said.
pub struct Said {
    pub body: Value,
    queue: Queue,
    reply: Option<Subject>,
}

impl Queue {
    /// Listens at one end of a job's line. Whatever is said after this returns is heard.
    pub async fn listen(&self, id: &str, end: End) -> Result<Line, QueueError> {
        let subject = self.line_subject(id, end);
        let from = self.client.subscribe(subject).await.map_err(failed("listen on a line"))?;
        self.client.flush().await.map_err(failed("listen on a line"))?;
        Ok(Line { queue: self.clone(), from })
    }

    /// Says something to the other side without waiting for an answer.
    pub async fn tell(&self, id: &str, to: End, body: Value) -> Result<(), QueueError> {
        let text = self.wire(id, body).await?;
        self.client
            .publish(self.line_subject(id, to), text.into())
            .await
            .map_err(failed("say something on a line"))
    }

    /// Asks the other side, and waits for its answer, at most for `wait`.
    pub async fn question(
        &self,
        id: &str,
        to: End,
        body: Value,
        wait: Duration,
    ) -> Result<Value, QueueError> {
        let text = self.wire(id, body).await?;
        let request = Request::new().payload(text.into()).timeout(Some(wait));
        let answer = self.client.send_request(self.line_subject(id, to), request).await;
        self.read(&answer.map_err(failed("ask on a line"))?.payload).await
    }

    async fn wire(&self, id: &str, body: Value) -> Result<Vec<u8>, QueueError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let text = serde_json::to_vec(&Wire::Here(body)).map_err(failed("write a message"))?;
        if text.len() <= MAX_MESSAGE {
            return Ok(text);
        }
        let started = Instant::now();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("line-{id}-{}-{number}", std::process::id());
        self.put_pack(&name, &text).await?;
        tracing::debug!("{} bytes of a message were stored in {:?}", text.len(), started.elapsed());
        serde_json::to_vec(&Wire::There(name)).map_err(failed("write a message"))
    }

    async fn read(&self, text: &[u8]) -> Result<Value, QueueError> {
        match serde_json::from_slice(text).map_err(failed("read a message"))? {
            Wire::Here(body) => Ok(body),
            // Another pack is not a message of a line, and must stay
            Wire::There(name) if !name.starts_with("line-") => {
                Err(failed("read a message")("it names something else"))
            }
            Wire::There(name) => {
                let stored = self.pack(&name).await?;
                if let Err(error) = self.packs.delete(&name).await {
                    tracing::debug!("{name} stays until it expires: {error}");
                }
                match serde_json::from_slice(&stored).map_err(failed("read a message"))? {
                    Wire::Here(body) => Ok(body),
                    Wire::There(_) => Err(failed("read a message")("it names another one")),
                }
            }
        }
    }

    fn line_subject(&self, id: &str, end: End) -> String {
        let end = match end {
            End::Owner => "owner",
            End::Worker => "worker",
        };
        format!("{}.lines.{id}.{end}", self.settings.namespace)
    }
}

impl Line {
    /// What is said next; `None` if the line has ended. What cannot be read is left out.
    pub async fn next(&mut self) -> Option<Said> {
        loop {
            let message = self.from.next().await?;
            match self.queue.read(&message.payload).await {
                Ok(body) => return Some(Said { body, queue: self.queue.clone(), reply: message.reply }),
                Err(error) => tracing::warn!("a message on a line was left out: {error}"),
            }
        }
    }
}

impl Said {
    /// Answers a question. Nothing happens if none was asked.
    pub async fn answer(&self, id: &str, body: Value) -> Result<(), QueueError> {
        let Some(reply) = self.reply.clone() else { return Ok(()) };
        let text = self.queue.wire(id, body).await?;
        self.queue.client.publish(reply, text.into()).await.map_err(failed("answer on a line"))
    }
}
