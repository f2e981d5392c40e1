//! Counts every step that changes the disk, and may let the process crash there.
//!
//! `workspace` and `journal` ask it before each step on its thread. It writes nothing itself, and `faults` draws when
//! it fails. Writes of roles and the user are no steps.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::faults::Crash;
use super::trace::Trace;

/// The disk of one life of the process.
#[derive(Clone)]
pub struct Disk {
    inner: Arc<Mutex<Steps>>,
    crashed: Arc<Notify>,
    trace: Trace,
}

/// Called before a step, with its number, and with its number among the files of a delivery if it writes one.
pub type BeforeStep = Box<dyn FnMut(u64, Option<u64>) + Send>;

/// The workspace's name of the step that writes one file of a delivery.
const WRITING: &str = "write into the user's files";

#[derive(Default)]
struct Steps {
    taken: u64,
    written: u64,
    crash_writing: Option<u64>,
    by_name: BTreeMap<String, u64>,
    crash: Option<Crash>,
    full: Range<u64>,
    down: bool,
    /// Set while something only reads the disk, which is no step.
    looking: bool,
    journal_failed: bool,
    before: Option<BeforeStep>,
}

enum Fate {
    Goes,
    Refused,
    Torn,
    Lost,
}

impl Disk {
    pub fn new(crash: Option<Crash>, full: Range<u64>, trace: Trace) -> Disk {
        let steps = Steps { crash, full, ..Steps::default() };
        Disk { inner: Arc::new(Mutex::new(steps)), crashed: Arc::default(), trace }
    }

    /// Makes the process crash before the n-th file of a delivery is written.
    pub fn crash_writing(&self, file: Option<u64>) {
        self.lock().crash_writing = file;
    }

    pub fn before_steps(&self, before: BeforeStep) {
        self.lock().before = Some(before);
    }

    /// From now on, workspace and journal on this thread use this disk.
    pub fn plug_in(&self) {
        let disk = self.clone();
        workspace::set_faults(Some(Box::new(move |step| match disk.step(step) {
            Fate::Goes => None,
            Fate::Lost => Some(workspace::Fault::Lost),
            Fate::Refused | Fate::Torn => Some(workspace::Fault::Refused),
        })));
        let disk = self.clone();
        journal::set_faults(Some(Box::new(move || {
            let fault = match disk.step("write an event") {
                Fate::Goes => None,
                Fate::Refused => Some(journal::Fault::Refused),
                Fate::Torn => Some(journal::Fault::Torn),
                Fate::Lost => Some(journal::Fault::Lost),
            };
            disk.lock().journal_failed |= fault.is_some();
            fault
        })));
    }

    pub fn unplug() {
        workspace::set_faults(None);
        journal::set_faults(None);
    }

    /// Reads the disk without counting a step.
    pub fn without_a_step<T>(&self, look: impl FnOnce() -> T) -> T {
        let before = std::mem::replace(&mut self.lock().looking, true);
        let seen = look();
        self.lock().looking = before;
        seen
    }

    /// Resolves when the process has crashed.
    pub async fn crash(&self) {
        self.crashed.notified().await;
    }

    pub fn is_down(&self) -> bool {
        self.lock().down
    }

    /// Whether an event could not be written; the state in memory may then be ahead of the journal.
    pub fn journal_failed(&self) -> bool {
        self.lock().journal_failed
    }

    pub fn taken(&self) -> u64 {
        self.lock().taken
    }

    /// The number of steps by name.
    pub fn by_name(&self) -> BTreeMap<String, u64> {
        self.lock().by_name.clone()
    }

    fn step(&self, what: &str) -> Fate {
        let mut steps = self.lock();
        if steps.looking {
            return Fate::Goes;
        }
        if steps.down {
            return Fate::Refused;
        }
        steps.taken += 1;
        *steps.by_name.entry(what.to_string()).or_default() += 1;
        let taken = steps.taken;
        let file = (what == WRITING).then(|| {
            steps.written += 1;
            steps.written
        });
        if let Some(mut before) = steps.before.take() {
            drop(steps);
            before(taken, file);
            steps = self.lock();
            steps.before = Some(before);
        }
        if file.is_some() && file == steps.crash_writing {
            steps.crash = Some(Crash::Before(taken));
        }
        if let Some(crash) = steps.crash.filter(|crash| crash.step() == taken) {
            steps.down = true;
            self.trace.fault(format!("crash: {crash:?}, at: {what}"));
            self.crashed.notify_one();
            return match crash {
                Crash::Before(_) => Fate::Refused,
                Crash::Within(_) => Fate::Torn,
                Crash::After(_) => Fate::Lost,
            };
        }
        if steps.full.contains(&taken) {
            self.trace.fault(format!("disk full at step {taken}: {what}"));
            return Fate::Refused;
        }
        Fate::Goes
    }

    fn lock(&self) -> MutexGuard<'_, Steps> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
