//! What is remembered: the files under `$XDG_DATA_HOME/opencode-orchestrator/<project key>/`.
//!
//! - [`StateDir`] and [`MissionDir`] know the paths of all files; folders are 0700, files 0600.
//! - [`ProjectLock`] allows one running mission per project; it is freed when its process ends.
//! - [`Journal`] appends events, each durable before [`Journal::append`] returns; [`read`] and [`Reader`]
//!   give them back and say exactly what is wrong with a damaged file.
//! - [`QueuePlace`] is a mission that waits until the one before it has ended.
//! - [`control`] carries requests from other processes to the one that runs a mission.
//! - [`StateDir::keep_index`] keeps what was read of the project's files.
//! - [`StateDir::keep_memory`] keeps what missions learned of the project.
//! - [`Trust`] keeps which settings of the repository the user has trusted.
//! - [`Redactor`] takes secrets out of whatever is written, shown or sent.
//!
//! **Invariants**: only this crate writes mission state. Blocking `std` calls only: callers on an async
//! runtime put them on a blocking thread. Nothing here knows what an event means: the journal is generic.

mod atomic;
pub mod control;
mod error;
mod faults;
mod forget;
mod kept;
mod line;
mod listing;
mod lock;
mod log;
mod private;
mod queue;
mod read;
pub mod redact;
mod state;
mod trust;

pub use atomic::write_atomic;
pub use error::{Error, ReadError};
pub use faults::{Fault, Faults, set_faults};
pub use line::{MAX_LINE, Seq, VERSION};
pub use lock::{LockError, LockOwner, ProjectLock};
pub use log::Journal;
pub use queue::{MAX_QUEUED, QueuePlace, Queued};
pub use read::{Read, Reader, Torn, read};
pub use redact::Redactor;
pub use state::{MissionDir, StateDir, is_mission_id, project_key};
pub use trust::{Answer, Trust};
