//! How the checks of a mission spread over workers, through a real `nats-server`: `tasks` with worker processes and the
//! engine's own code, `growth` with many workers in one process and jobs that only wait. `server` is the server.
//!
//! Checks and models are simulated by waiting, so that a machine with few cores can play many workers. What is measured
//! is the work around them; CPU work of real checks is not.

pub mod growth;
pub mod server;
pub mod tasks;
