//! A work queue over several machines, on NATS JetStream: an owner asks, a worker answers.
//!
//! - [`Queue::connect`] opens the queue of a namespace and creates its streams and buckets if they are missing.
//! - [`Queue::ask`] puts a [`Job`] into the queue and waits for its answer, for a bounded time.
//! - [`Queue::next`] takes a job as a [`Lease`], which is kept alive until it is answered or returned. A worker that is
//!   ready for what the job needs takes it first.
//! - [`Queue::announce`] and [`Queue::workers`] say who works, and on what.
//! - [`Queue::listen`], [`Queue::tell`] and [`Queue::question`] are a line between owner and worker while a job lasts.
//! - [`Queue::put_pack`] and [`Queue::pack`] carry bytes by name, each once.
//!
//! **Invariants.** What a job means is data of its owner: this crate knows no mission, no git and no check. A job is
//! acknowledged only after its answer is stored, so a worker that dies loses nothing. An owner takes one answer for each
//! attempt ([`fence`]); what comes twice or late is dropped. No call waits without a limit.

mod ask;
mod connection;
pub mod fence;
mod lease;
mod line;
mod message;
mod packs;
mod registry;

pub use ask::{Answer, NoAnswer, Patience};
pub use connection::{Queue, QueueError, Settings, is_name, is_worker};
pub use lease::Lease;
pub use line::{End, Line, Said};
pub use message::{Doing, Event, Job, Report, VERSION, WorkerCard};
pub use registry::Load;
