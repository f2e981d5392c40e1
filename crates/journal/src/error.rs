//! What can go wrong with files, in words that say what to do.
//!
//! It opens no file and retries nothing. `engine` decides whether a mission pauses or ends. The error for a locked
//! project is in `lock.rs`.

use std::io;
use std::path::{Path, PathBuf};

/// A failure to write or to keep state.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("failed to {doing} `{}`: {source}\nhint: {}", path.display(), hint(source))]
    Io { doing: &'static str, path: PathBuf, source: io::Error },

    /// A mission id that is not `m-` and eight characters of `[a-z0-9]`.
    #[error(
        "`{id}` is not a mission id\nhint: ids look like `m-4k2p9x0a`; `opencode-orchestrator status` lists them"
    )]
    BadMissionId { id: String },

    /// A name that cannot be a file name inside the mission's folder.
    #[error(
        "`{name}` cannot name a file of a mission\nhint: use letters, digits, `-`, `_` and `.`, at most 64 of them"
    )]
    BadName { name: String },

    /// An event that cannot be written as JSON.
    #[error("failed to encode an event for `{}`: {source}", path.display())]
    Encode { path: PathBuf, source: serde_json::Error },

    /// An event that is larger than a line may be; nothing was written.
    #[error(
        "an event of {bytes} bytes is too large for `{}` (at most {max}); nothing was written\nhint: shorten the text that it carries",
        path.display()
    )]
    TooLarge { path: PathBuf, bytes: usize, max: usize },

    /// An event could not be made durable. The file holds exactly the events before it, unless `poisoned`.
    #[error(
        "failed to record event {seq} in `{}`: {source}\n{}\nhint: {}",
        path.display(),
        if *poisoned {
            "the end of the file is uncertain, so nothing more is written to it; resuming reads it again"
        } else {
            "the file was cut back to the last whole line; nothing recorded before is lost"
        },
        hint(source)
    )]
    Append { path: PathBuf, seq: u64, poisoned: bool, source: io::Error },

    /// An append after an earlier one failed and left the end of the file uncertain.
    #[error("`{}` takes no more events after an earlier failure to write\nhint: resume the mission; that reads the file again and cuts a torn line off", path.display())]
    Poisoned { path: PathBuf },

    /// Another process has the journal open for writing.
    #[error("`{}` is being written by another process\nhint: stop that mission with `opencode-orchestrator stop`, or wait for it to end", path.display())]
    Busy { path: PathBuf },

    /// The control folder already holds as many requests as it may.
    #[error("{waiting} requests already wait in `{}`\nhint: the mission's process is gone or hangs; see `opencode-orchestrator status`", path.display())]
    ControlFull { path: PathBuf, waiting: usize },

    /// The queue already holds as many missions as it may.
    #[error("{waiting} missions wait in `{}` already\nhint: `opencode-orchestrator queue` lists them, `queue cancel <id>` takes one out", path.display())]
    QueueFull { path: PathBuf, waiting: usize },

    /// The journal to be continued cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { doing, path, source }
    }
}

/// The journal cannot be read as it is. Reading changes nothing on disk.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("failed to read the journal `{}`: {source}\nhint: {}", path.display(), hint(source))]
    Io { path: PathBuf, source: io::Error },

    /// A line before the last one is damaged: it is not what was written.
    #[error(
        "{}:{line}: the journal is damaged: {why}\nhint: the lines before it are intact, but nothing is resumed from a file that was altered; restore it from a backup, or start a new mission",
        path.display()
    )]
    Damaged { path: PathBuf, line: u64, why: String },

    /// A line by a later version of this program.
    #[error(
        "{}:{line}: this journal was written by a newer version of opencode-orchestrator (format {found}, this one knows up to {known})\nhint: update opencode-orchestrator, then resume",
        path.display()
    )]
    Newer { path: PathBuf, line: u64, found: u64, known: u64 },

    /// A whole line whose event this version does not know.
    #[error(
        "{}:{line}: an event that this version does not understand: {source}\nhint: it was probably written by another version of opencode-orchestrator; use that one, or update",
        path.display()
    )]
    Unknown { path: PathBuf, line: u64, source: serde_json::Error },
}

/// What a person can do about an error of the operating system.
fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space on that disk (`opencode-orchestrator clean` removes what missions left), then `/task resume`"
        }
        io::ErrorKind::FileTooLarge => "raise the limit on file sizes (`ulimit -f`), then `/task resume`",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "make that folder writable for you, or set XDG_DATA_HOME to one that is"
        }
        io::ErrorKind::NotFound => "check that the mission id and XDG_DATA_HOME are the right ones",
        io::ErrorKind::AlreadyExists => "the name is taken; use a new mission id",
        _ => "check the disk that holds it; `opencode-orchestrator doctor` looks at the usual causes",
    }
}
