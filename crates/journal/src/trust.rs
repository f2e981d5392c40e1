//! Which texts of a repository the user has trusted: by hash, for one project, in a file of its state folder (0600).
//!
//! The caller knows what a text says and whether it needs trust. If the file cannot be read, nothing is trusted.

use crate::{Error, StateDir, write_atomic};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, TryLockError};
use std::io::{self, Read};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// The most answers that are kept; the oldest are dropped first.
const MOST_ANSWERS: usize = 100;
/// The longest file that is read, in bytes.
const MOST_BYTES: u64 = 4 << 20;
/// The longest plugin options that are kept, in bytes. The command-line program reads them: OpenCode gives it none.
const MOST_OPTIONS: usize = 256 * 1024;

/// What the user answered about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Trusted,
    /// The user is not asked again.
    Refused,
}

/// The answers of one project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trust {
    answers: Vec<(String, Answer)>,
    /// The mission that asked last, and the hashes of what it showed.
    asked: Option<(String, Vec<String>)>,
    /// The options of the plugin's entry that the last mission received.
    options: Option<String>,
}

impl Trust {
    /// The answer for exactly this text; `kind` says what the text is.
    pub fn answer(&self, kind: &str, text: &str) -> Option<Answer> {
        let hash = hash(kind, text);
        self.answers.iter().rev().find(|(known, _)| *known == hash).map(|(_, answer)| *answer)
    }

    pub fn set(&mut self, kind: &str, text: &str, answer: Answer) {
        let hash = hash(kind, text);
        self.answers.retain(|(known, _)| *known != hash);
        self.answers.push((hash, answer));
        let old = self.answers.len().saturating_sub(MOST_ANSWERS);
        self.answers.drain(..old);
    }

    /// Records that a mission shows these texts and waits for an answer.
    pub fn ask(&mut self, mission: &str, texts: &[(&str, &str)]) {
        self.asked = Some((mission.to_owned(), texts.iter().map(|(kind, text)| hash(kind, text)).collect()));
    }

    /// Whether this mission showed exactly this text.
    pub fn was_shown(&self, mission: &str, kind: &str, text: &str) -> bool {
        let hash = hash(kind, text);
        self.asked.as_ref().is_some_and(|(asked, hashes)| asked == mission && hashes.contains(&hash))
    }

    pub fn options(&self) -> Option<&str> {
        self.options.as_deref()
    }

    pub fn remember_options(&mut self, text: Option<String>) {
        self.options = text.filter(|text| text.len() <= MOST_OPTIONS);
    }
}

impl StateDir {
    fn trust_path(&self) -> PathBuf {
        self.path().join("trust.json")
    }

    /// What the user has trusted in this project.
    pub fn trust(&self) -> Trust {
        let mut text = String::new();
        let read =
            File::open(self.trust_path()).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
        read.ok().and_then(|_| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Changes the answers; the folder must exist. Another process that changes them at the same time waits, so
    /// that neither answer is lost. What is unchanged is not written.
    ///
    /// # Errors
    /// If the file cannot be written, or if another process changes it for longer than a second.
    pub fn change_trust<T>(&self, change: impl FnOnce(&mut Trust) -> T) -> Result<T, Error> {
        // It is always there and never replaced, so that no file is left for this alone
        let path = self.path().join("project");
        let lock = File::open(&path).map_err(Error::io("open", &path))?;
        lock_soon(&lock).map_err(Error::io("lock", &path))?;
        let before = self.trust();
        let mut trust = before.clone();
        let result = change(&mut trust);
        if trust != before {
            let text = serde_json::to_string(&trust).unwrap_or_default();
            write_atomic(&self.trust_path(), text.as_bytes())?;
        }
        Ok(result)
    }
}

/// Waits for the lock for about a second.
fn lock_soon(lock: &File) -> io::Result<()> {
    for _ in 0..100 {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::WouldBlock, "another process changes what is trusted; try again"))
}

fn hash(kind: &str, text: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(kind.as_bytes());
    digest.update([0]);
    digest.update(text.as_bytes());
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_for_one_text_of_one_kind() {
        let home = tempfile::tempdir().unwrap();
        let state = StateDir::open(home.path(), home.path()).unwrap();
        assert_eq!(state.trust(), Trust::default());
        state
            .change_trust(|trust| {
                trust.set("toml", "a = 1", Answer::Trusted);
                trust.set("toml", "a = 2", Answer::Refused);
                trust.ask("m-aaaaaaaa", &[("toml", "a = 3")]);
            })
            .unwrap();
        let kept = state.trust();
        assert_eq!(kept.answer("toml", "a = 1"), Some(Answer::Trusted));
        assert_eq!(kept.answer("toml", "a = 2"), Some(Answer::Refused));
        assert_eq!(kept.answer("toml", "a = 1 "), None);
        assert_eq!(kept.answer("options", "a = 1"), None);
        assert!(
            kept.was_shown("m-aaaaaaaa", "toml", "a = 3") && !kept.was_shown("m-bbbbbbbb", "toml", "a = 3")
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(state.trust_path()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(state.trust_path(), "{").unwrap();
        assert_eq!(state.trust(), Trust::default(), "a damaged file trusts nothing");
    }

    #[test]
    fn answers_that_are_given_at_once_are_all_kept() {
        let home = tempfile::tempdir().unwrap();
        let state = StateDir::open(home.path(), home.path()).unwrap();
        thread::scope(|scope| {
            for n in 0..8 {
                let state = &state;
                scope.spawn(move || {
                    state.change_trust(|trust| trust.set("toml", &n.to_string(), Answer::Refused)).unwrap();
                });
            }
        });
        assert_eq!(state.trust().answers.len(), 8);
    }

    #[test]
    fn answers_do_not_pile_up() {
        let mut trust = Trust::default();
        for n in 0..300 {
            trust.set("toml", &n.to_string(), Answer::Trusted);
        }
        assert_eq!(trust.answers.len(), MOST_ANSWERS);
        assert_eq!(trust.answer("toml", "299"), Some(Answer::Trusted));
    }
}
