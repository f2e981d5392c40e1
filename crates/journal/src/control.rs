//! Requests from other processes to the one that runs a mission: one file each in the `control/` folder. OpenCode
//! queues what is typed into a busy session, so a stop has to come by another way.
//!
//! It carries requests and answers none. `engine` polls them and decides what each kind means.

use crate::listing::json_files;
use crate::{Error, write_atomic};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The kind of a request to pause the mission.
pub const STOP: &str = "stop";
/// The kind of a request to take in a text of the user's.
pub const TELL: &str = "tell";
/// The kind of a request to take in answers to questions.
pub const ANSWER: &str = "answer";

/// How many requests may wait.
pub const MAX_WAITING: usize = 256;
/// How many requests one [`poll`] returns.
pub const MAX_POLLED: usize = 64;
const MAX_BYTES: u64 = 16 * 1024;

/// One request: what it asks for, who asks, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// [`STOP`], [`TELL`] or [`ANSWER`]; the poller ignores kinds that it does not know.
    pub kind: String,
    /// Who asks, for the journal and the report: `cli`, `signal`, …
    pub by: String,
    /// When, in milliseconds of the Unix epoch.
    pub at_ms: u64,
    /// The text of a [`TELL`] or an [`ANSWER`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Leaves a request in `dir` (created if missing).
///
/// # Errors
/// If the folder cannot be written, or [`MAX_WAITING`] requests wait already.
pub fn post(dir: &Path, request: &Request) -> Result<(), Error> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    crate::private::create_dir(dir).map_err(Error::io("create", dir))?;
    let waiting = waiting(dir)?.len();
    if waiting >= MAX_WAITING {
        return Err(Error::ControlFull { path: dir.to_path_buf(), waiting });
    }
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = dir.join(format!("{:015}-{:010}-{count:06}.json", request.at_ms, std::process::id()));
    let text = serde_json::to_vec(request).map_err(|source| Error::Encode { path: path.clone(), source })?;
    write_atomic(&path, &text)
}

/// Takes the requests that wait, oldest first, at most [`MAX_POLLED`]; each is returned once. A file that is no
/// request is removed and ignored. A missing folder holds no requests.
///
/// # Errors
/// If the folder cannot be listed, or a request cannot be removed.
pub fn poll(dir: &Path) -> Result<Vec<Request>, Error> {
    let mut requests = Vec::new();
    for path in waiting(dir)?.into_iter().take(MAX_POLLED) {
        let request = read(&path);
        match fs::remove_file(&path) {
            Ok(()) => requests.extend(request),
            // Another process took it.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("remove the request", &path)(error)),
        }
    }
    Ok(requests)
}

fn waiting(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    json_files(dir, 2 * MAX_WAITING)
}

fn read(path: &Path) -> Option<Request> {
    let mut text = String::new();
    fs::File::open(path).ok()?.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(by: &str, at_ms: u64) -> Request {
        Request { kind: STOP.to_owned(), by: by.to_owned(), at_ms, text: None }
    }

    #[test]
    fn requests_come_out_once_and_oldest_first() {
        let dir = tempfile::tempdir().unwrap();
        let control = dir.path().join("control");
        assert_eq!(poll(&control).unwrap(), []);
        post(&control, &request("b", 2000)).unwrap();
        post(&control, &request("a", 1000)).unwrap();
        assert_eq!(poll(&control).unwrap(), [request("a", 1000), request("b", 2000)]);
        assert_eq!(poll(&control).unwrap(), []);
    }

    #[test]
    fn rubbish_is_swept_away() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("0.json"), b"\xff not json").unwrap();
        fs::write(dir.path().join("half.tmp"), b"{").unwrap();
        post(dir.path(), &request("cli", 1)).unwrap();
        assert_eq!(poll(dir.path()).unwrap(), [request("cli", 1)]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "only the unfinished file is left");
    }

    #[test]
    fn a_folder_nobody_reads_does_not_grow_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..MAX_WAITING {
            fs::write(dir.path().join(format!("{n}.json")), "{}").unwrap();
        }
        let error = post(dir.path(), &request("cli", 1)).unwrap_err();
        assert!(matches!(error, Error::ControlFull { waiting: MAX_WAITING, .. }), "{error}");
    }
}
