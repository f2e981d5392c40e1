//! What can go wrong, in words that say where and what to do.
//!
//! Every error names the place; whether a user can do something about it is said in its hint. Nothing is retried or put
//! back here: an error tells what `delivery` and the others have done by then.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of the workspace. The text is for people: what happened, where, and a `hint:` line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no git on the PATH.
    #[error("git was not found on the PATH\nhint: install git 2.38 or newer and start OpenCode again")]
    GitMissing,
    /// The git found is older than what merging without a working tree needs.
    #[error("git {found} is too old\nhint: install git 2.38 or newer (`git version` shows what is in use)")]
    GitTooOld {
        /// What `git version` said.
        found: String,
    },
    /// A git process ended with an error.
    #[error("failed to {what}: git said: {detail}{}", hint_for_git(.detail))]
    Git {
        /// What was being done, fits "failed to …".
        what: String,
        /// The exit status, -1 when a signal ended it.
        code: i32,
        /// The first lines of its error output.
        detail: String,
    },
    /// A git process did not end in time and was killed with its process group.
    #[error(
        "failed to {what}: git did not finish within {seconds} s and was stopped\nhint: a filter (such as LFS) or a very slow disk may hang; try again"
    )]
    TimedOut {
        /// What was being done.
        what: String,
        /// The limit in seconds.
        seconds: u64,
    },
    /// Git printed more than is ever read into memory.
    #[error(
        "failed to {what}: git printed more than {limit} bytes\nhint: leave very large files to .gitignore"
    )]
    TooMuch {
        /// What was being done.
        what: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// Files go through git filters of the user's, and nobody said how to confine what those run.
    #[error(
        "git filters of yours ({filters}) were not run, since no sandbox is set up for them here\nhint: take them out of your git settings for this project, or use a command that sets one up"
    )]
    Unconfined {
        /// Their names.
        filters: String,
    },
    /// A file operation failed.
    #[error("failed to {what} `{}`: {source}{}", .path.display(), hint_for_io(.source))]
    Io {
        /// What was being done, fits "failed to …".
        what: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A name from outside (mission, path, file) cannot be used.
    #[error("`{name}` cannot be used as {what}\nhint: {hint}")]
    Name {
        /// The name.
        name: String,
        /// What it was meant to be.
        what: &'static str,
        /// What is allowed.
        hint: &'static str,
    },
    /// A revision is not in the private repository.
    #[error(
        "revision `{rev}` is not in the private repository\nhint: start the mission again; its commits were removed, perhaps by `clean`"
    )]
    Unknown {
        /// The revision.
        rev: String,
    },
    /// An earlier delivery was interrupted in the instant in which somebody else wrote these files.
    #[error("these files were written while a delivery replaced them, and could not be left in their place: {}\nhint: take what you need from there and try again", list(.paths))]
    Kept {
        /// Each with where it is now.
        paths: Vec<String>,
    },
    /// Something asked for needs a project under git.
    #[error("`{}` is not a git repository, so no branch can be left in it\nhint: run `git init` there, or set `deliver = \"apply\"` in opencode.toml", .root.display())]
    NotGit {
        /// The project.
        root: PathBuf,
    },
    /// The private repository is not what this crate made.
    #[error("`{}` is damaged: {why}\nhint: run `opencode-orchestrator clean` in the project and start the mission again", .path.display())]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// Why a delivery did not happen.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The user changed these files since the delivery was planned. Nothing was written.
    #[error("the working tree changed meanwhile, nothing was written: {}", list(.paths))]
    Changed {
        /// The changed paths.
        paths: Vec<String>,
    },
    /// Writing failed in the middle, and everything was put back as it was.
    #[error("{source}\nnothing was delivered: the files written before that were put back")]
    PutBack {
        /// What failed.
        source: Error,
    },
    /// Writing failed in the middle, and not everything could be put back, or somebody else wrote to a file that had
    /// been written: it stays as they wrote it.
    #[error("{source}\nthese files were not put back, because they were written to meanwhile or it failed: {}{whereabouts}", list(.paths))]
    Torn {
        /// What failed.
        source: Error,
        /// Files that are not as before.
        paths: Vec<String>,
        /// Lines that say where their earlier content is, and what was written meanwhile where it could not be left
        /// in its place.
        whereabouts: String,
        /// Whether it failed for any of them: another try may end it, forward or back.
        failed: bool,
    },
    /// It failed before anything was written.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Why an undo did not happen.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// These files are no longer as they were delivered. Nothing was changed.
    #[error("these files changed since they were delivered: {}\nhint: put your later changes to them elsewhere, then undo again", list(.paths))]
    Changed {
        /// The changed paths.
        paths: Vec<String>,
    },
    /// It failed; the text says whether everything was put back.
    #[error("{0}")]
    Failed(#[source] DeliveryError),
}

/// Why a hunk of a file cannot be taken back. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum HunkError {
    /// The delivery did not change that file.
    #[error("it was not changed by the delivery")]
    NoFile,
    /// It was made or removed as a whole.
    #[error("it is new or gone as a whole; take back the whole file")]
    Whole,
    /// It is no text file.
    #[error("it is no text file; take back the whole file")]
    NoText,
    /// It is too large to be taken apart.
    #[error("it is too large to be taken apart; take back the whole file")]
    TooLarge,
    /// There is no such hunk.
    #[error("it has no hunk {number}; its hunks are numbered from 1 to {of}")]
    NoHunk {
        /// Which one was asked for.
        number: usize,
        /// How many there are.
        of: usize,
    },
    /// That was done before.
    #[error("this hunk was taken back already")]
    Taken,
    /// The user has no such file any more.
    #[error("the file is not there any more, or is no file")]
    Gone,
    /// The user changed one of its lines, or one beside them.
    #[error(
        "you changed its lines, or one beside them, since (they were at line {line}); edit them yourself"
    )]
    Edited {
        /// Where they were, counted from 1.
        line: usize,
    },
    /// The workspace failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<Error> for UndoError {
    fn from(error: Error) -> Self {
        UndoError::Failed(DeliveryError::Failed(error))
    }
}

/// Names the operation and the path of an I/O error.
pub(crate) trait At<T> {
    fn at(self, what: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, what: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io { what, path: path.to_path_buf(), source })
    }
}

/// Begins the line that says where something of the user's is.
pub(crate) const KEPT_MEANWHILE: &str = "\nhint: what was written meanwhile is kept: ";

/// Where the files of a torn delivery can be found as they were.
pub(crate) fn whereabouts(paths: &[String], backup: &Path, kept: &[PathBuf]) -> String {
    let files = paths.iter().map(|path| (path, backup.join(crate::delivery::apply::backup_name(path))));
    let there: Vec<String> = files
        .filter(|(_, file)| file.symlink_metadata().is_ok())
        .map(|(path, file)| format!("{path}: {}", file.display()))
        .collect();
    let mut text = String::new();
    if !there.is_empty() {
        text.push_str(&format!("\nhint: what they held before is kept: {}", list(&there)));
    }
    if !kept.is_empty() {
        let kept: Vec<String> = kept.iter().map(|file| file.display().to_string()).collect();
        text.push_str(&format!("{KEPT_MEANWHILE}{}", list(&kept)));
    }
    text
}

fn hint_for_io(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "\nhint: the disk is full; free some space and try again, nothing is lost"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "\nhint: it is on a read-only file system; set XDG_DATA_HOME to a folder that can be written"
        }
        io::ErrorKind::PermissionDenied => {
            "\nhint: check who owns it and its permissions; the state folder can be moved with XDG_DATA_HOME"
        }
        _ => "",
    }
}

fn hint_for_git(detail: &str) -> &'static str {
    if detail.contains("No space left") || detail.contains("Disk quota") {
        "\nhint: the disk is full; free some space and try again, nothing is lost"
    } else if detail.contains("Read-only file system") {
        "\nhint: it is on a read-only file system; set XDG_DATA_HOME to a folder that can be written"
    } else if detail.contains("unable to write") || detail.contains("unable to create") {
        "\nhint: check that the disk is not full"
    } else if detail.contains("dubious ownership") {
        "\nhint: the project belongs to another user; `git config --global --add safe.directory <project>` trusts it"
    } else {
        ""
    }
}

fn list(paths: &[String]) -> String {
    const SHOWN: usize = 10;
    let mut text = paths.iter().take(SHOWN).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
    if paths.len() > SHOWN {
        text.push_str(&format!(" and {} more", paths.len() - SHOWN));
    }
    text
}
