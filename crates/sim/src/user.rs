//! The user, who edits their own files while a mission runs. The runner says when: at a time, or before a step on disk.
//!
//! The user writes only into the project, never into a slot, and answers no question. This file keeps what the project
//! would be without the mission; `invariants` compares it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::project;
use super::trace::Trace;
use super::truth::{self, Files};
use crate::Random;

#[derive(Clone)]
pub(super) struct User {
    inner: Arc<Mutex<Own>>,
}

struct Own {
    root: PathBuf,
    /// The project as it would be without the mission.
    files: Files,
    /// The lines that the user wrote.
    lines: Vec<String>,
    random: Random,
    trace: Trace,
}

impl User {
    pub(super) fn new(root: &Path, random: Random, trace: Trace) -> User {
        let own =
            Own { root: root.to_path_buf(), files: truth::read(root), lines: Vec::new(), random, trace };
        User { inner: Arc::new(Mutex::new(own)) }
    }

    /// Makes one edit, with an editor that replaces the file.
    pub(super) fn edit(&self) {
        let mut own = self.lock();
        let line = format!("user {}", own.lines.len());
        let names: Vec<String> = own.files.keys().cloned().collect();
        let path = match own.random.chance(0.2) {
            true => format!("data/users-{}.dat", own.lines.len()),
            false => own.random.pick(&names).cloned().unwrap_or_default(),
        };
        let place = own.random.below(3);
        let file = own.root.join(&path);
        let there = fs::read_to_string(&file).unwrap_or_default();
        let mine = own.files.get(&path).cloned().unwrap_or_default();
        let (there, mine) = (edited(&there, place, &line), edited(&mine, place, &line));
        let next = file.with_extension("next");
        if fs::write(&next, there).and_then(|()| fs::rename(&next, &file)).is_ok() {
            own.trace.fault(format!("the user edits `{path}`"));
            own.files.insert(path, mine);
            own.lines.push(line);
        }
    }

    /// Commits the user's files. Returns whether the repository has changed.
    pub(super) fn commit(&self) -> bool {
        let own = self.lock();
        let done = project::git(&own.root, &["add", "-A"])
            .and_then(|()| project::git(&own.root, &["commit", "-q", "--allow-empty", "-m", "theirs"]));
        own.trace.fault(format!("the user commits: {done:?}"));
        done.is_ok()
    }

    /// The project as it would be without the mission.
    pub(super) fn files(&self) -> Files {
        self.lock().files.clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lock().lines.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Own> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text with the user's line: at the top, where only the user writes, or where tasks write, too.
fn edited(text: &str, place: usize, line: &str) -> String {
    match place {
        0 => truth::insert(text, 0, line),
        _ => format!("{line}\n{text}"),
    }
}
