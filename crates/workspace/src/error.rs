//! The errors of this crate, with texts that say where something failed and what to do.
//!
//! Every error names the place, and its hint says what the user can do. This file retries and restores nothing: an
//! error reports what `delivery` and the others have already done.

use std::io;
use std::path::{Path, PathBuf};

use shared::text::count;

/// A failure of the workspace. The text is for people: what happened, where, and a `hint:` line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no git on the PATH.
    #[error("git was not found on the PATH\nhint: install git 2.38 or newer and start OpenCode again")]
    GitMissing,
    /// The installed git is older than merging without a working tree needs.
    #[error("git {found} is too old\nhint: install git 2.38 or newer (`git version` shows what is in use)")]
    GitTooOld {
        /// The output of `git version`.
        found: String,
    },
    /// A git process ended with an error.
    #[error("failed to {what}: git said: {detail}{}", hint_for_git(.detail))]
    Git {
        /// The operation; fits "failed to …".
        what: String,
        /// The exit status; -1 if a signal ended the process.
        code: i32,
        /// The first lines of its error output.
        detail: String,
    },
    /// A git process did not end in time and was killed with its process group.
    #[error(
        "failed to {what}: git did not finish within {seconds} s and was stopped\nhint: a filter (such as LFS) or a very slow disk may hang; try again"
    )]
    TimedOut {
        /// The operation.
        what: String,
        /// The limit in seconds.
        seconds: u64,
    },
    /// Git printed more than we read into memory.
    #[error(
        "failed to {what}: git printed more than {limit} bytes\nhint: leave very large files to .gitignore"
    )]
    TooMuch {
        /// The operation.
        what: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// Files go through git filters of the user, but no sandbox for these filters was set.
    #[error(
        "git filters of yours ({filters}) were not run, since no sandbox is set up for them here\nhint: take them out of your git settings for this project, or use a command that sets one up"
    )]
    Unconfined {
        /// The names of the filters.
        filters: String,
    },
    /// A file operation failed.
    #[error("failed to {what} `{}`: {source}{}", .path.display(), hint_for_io(.source))]
    Io {
        /// The operation; fits "failed to …".
        what: &'static str,
        /// Its file or folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A name from outside (mission, path, file) cannot be used.
    #[error("`{name}` cannot be used as {what}\nhint: {hint}")]
    Name {
        /// The name.
        name: String,
        /// What the name stands for.
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
    /// Somebody else wrote these files while an earlier delivery was interrupted.
    #[error("these files were written while a delivery replaced them, and could not be left in their place: {}\nhint: take what you need from there and try again", list(.paths))]
    Kept {
        /// Each path with the place where the file is now.
        paths: Vec<String>,
    },
    /// The operation needs a project under git.
    #[error("`{}` is not a git repository, so no branch can be left in it\nhint: run `git init` there, or set `deliver = \"apply\"` in opencode.toml", .root.display())]
    NotGit {
        /// The project.
        root: PathBuf,
    },
    /// The user's clone is partial, and contents of files were not fetched yet.
    #[error(
        "the contents of {} of the project are not on this machine: it is a partial clone, and a mission fetches nothing\nhint: `git \
         fetch --refetch --no-filter` fetches them", count(*.missing, "file")
    )]
    Partial {
        /// The number of files.
        missing: usize,
    },
    /// The private repository differs from what this crate made.
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
    /// Writing failed in the middle, and everything was restored.
    #[error("{source}\nnothing was delivered: the files written before that were put back")]
    PutBack {
        /// What failed.
        source: Error,
    },
    /// Writing failed in the middle, and not everything could be restored, or somebody else wrote to a file after the
    /// delivery: it stays as they wrote it.
    #[error("{source}\nthese files were not put back, because they were written to meanwhile or it failed: {}{whereabouts}", list(.paths))]
    Torn {
        /// What failed.
        source: Error,
        /// Files that are not as before.
        paths: Vec<String>,
        /// Lines that name the backup of these files, and the files that could not be left in their place.
        whereabouts: String,
        /// Whether restoring failed for any of them: another try may finish it, forward or back.
        failed: bool,
    },
    /// The delivery failed before anything was written.
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
    /// The undo failed; the text says whether everything was restored.
    #[error("{0}")]
    Failed(#[source] DeliveryError),
}

/// Why a hunk of a file cannot be undone. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum HunkError {
    /// The delivery did not change that file.
    #[error("it was not changed by the delivery")]
    NoFile,
    /// The file was created or removed by the delivery.
    #[error("it is new or gone as a whole; take back the whole file")]
    Whole,
    /// It is not a text file.
    #[error("it is no text file; take back the whole file")]
    NoText,
    /// It is too large for hunks.
    #[error("it is too large to be taken apart; take back the whole file")]
    TooLarge,
    /// There is no such hunk.
    #[error("it has no hunk {number}; its hunks are numbered from 1 to {of}")]
    NoHunk {
        /// The requested hunk.
        number: usize,
        /// The number of hunks.
        of: usize,
    },
    /// The hunk was already undone.
    #[error("this hunk was taken back already")]
    Taken,
    /// The user no longer has this file.
    #[error("the file is not there any more, or is no file")]
    Gone,
    /// The user changed one of its lines, or one beside them.
    #[error(
        "you changed its lines, or one beside them, since (they were at line {line}); edit them yourself"
    )]
    Edited {
        /// The first of these lines, counted from 1.
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

/// The beginning of the line that names files of the user which were moved.
pub(crate) const KEPT_MEANWHILE: &str = "\nhint: what was written meanwhile is kept: ";

/// The lines that say where a torn delivery keeps the earlier files.
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
