//! Results of played missions, one per line, so that an interrupted run can continue.
//!
//! `grid` asks it before it plays a mission and adds the result afterwards. Lines are only added, and a torn line is
//! skipped. It does not know which results are out of date: `bench_uplift` names the file by build and tasks.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::uplift::mission::Ended;

/// The key of a mission.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The way of working, by name.
    pub way: String,
    /// `p` in thousandths.
    pub p: u32,
    pub n: usize,
    pub seed: u64,
    /// Whether it is played with files and git, or with kept verdicts.
    pub whole: bool,
}

#[derive(Serialize, Deserialize)]
struct KeptMission {
    #[serde(flatten)]
    key: Key,
    ended: Ended,
}

pub struct Results {
    known: HashMap<Key, Ended>,
    file: Mutex<File>,
}

impl Results {
    /// # Errors
    /// In words, if the file cannot be read or written.
    pub fn open(path: &Path) -> Result<Results, String> {
        let said = |why: std::io::Error| format!("`{}`: {why}", path.display());
        let mut known = HashMap::new();
        if let Ok(file) = File::open(path) {
            for line in BufReader::new(file).lines() {
                // A line that an interruption cut short is skipped
                if let Ok(KeptMission { key, ended }) = serde_json::from_str(&line.map_err(said)?) {
                    known.insert(key, ended);
                }
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(said)?;
        Ok(Results { known, file: Mutex::new(file) })
    }

    pub fn get(&self, key: &Key) -> Option<&Ended> {
        self.known.get(key)
    }

    pub fn keep(&self, key: &Key, ended: &Ended) {
        let line = KeptMission { key: key.clone(), ended: ended.clone() };
        if let Ok(mut text) = serde_json::to_string(&line) {
            text.push('\n');
            // A result that cannot be kept is played again next time
            let _ = self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(text.as_bytes());
        }
    }
}
