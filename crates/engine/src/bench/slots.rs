//! The slots of a mission: leased to one task at a time, kept warm between tasks.
//!
//! Only a lease may change a slot. What stands in one is never trusted once something ran there.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use workspace::{Slot, Workspace};

use crate::bench::{dependencies, local_links};
use crate::blocking::blocking;

/// The slot in which the base and merged trees are checked; never leased to a role.
pub(crate) const CHECKING: u32 = 0;

#[derive(Clone)]
pub(crate) struct Slots {
    workspace: Workspace,
    free: Arc<Mutex<Vec<u32>>>,
    permits: Arc<Semaphore>,
    count: u32,
    /// Files of ours that every slot holds, by name.
    files: Arc<Vec<(String, String)>>,
    /// What is copied from the user's folder into a slot.
    copy: Arc<Vec<String>>,
    /// What is installed in the checking slot was installed by this mission, and nothing wrote there since.
    sound: Arc<AtomicBool>,
    /// Slots in which something may still run.
    haunted: Arc<Mutex<BTreeSet<u32>>>,
}

/// The right to a slot; given back when dropped.
pub(crate) struct Lease {
    pub slot: Slot,
    free: Arc<Mutex<Vec<u32>>>,
    _permit: Permit,
}

/// A free slot, not chosen yet.
pub(crate) struct Permit(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Drop for Lease {
    fn drop(&mut self) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(self.slot.n);
    }
}

impl Slots {
    pub fn new(workspace: Workspace, count: u32, files: Vec<(String, String)>, copy: Vec<String>) -> Slots {
        let free = (1..=count).rev().collect();
        Slots {
            workspace,
            free: Arc::new(Mutex::new(free)),
            permits: Arc::new(Semaphore::new(count as usize)),
            count,
            files: Arc::new(files),
            copy: Arc::new(copy),
            sound: Arc::default(),
            haunted: Arc::default(),
        }
    }

    /// Waits until a slot is free. Take the commit to work on after this: the head may move while one waits.
    pub async fn permit(&self) -> Permit {
        match self.permits.clone().acquire_owned().await {
            Ok(permit) => Permit(permit),
            // The semaphore is never closed
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits until that many slots are free at once, or all that there are: two tasks that each held one slot and waited
    /// for a second would wait forever.
    pub async fn permits(&self, wanted: u32) -> Vec<Permit> {
        let wanted = wanted.clamp(1, self.count.max(1));
        match self.permits.clone().acquire_many_owned(wanted).await {
            Ok(mut all) => {
                let mut permits: Vec<Permit> = (1..wanted).filter_map(|_| all.split(1)).map(Permit).collect();
                permits.push(Permit(all));
                permits
            }
            // The semaphore is never closed
            Err(_) => std::future::pending().await,
        }
    }

    /// Brings a free slot to `commit`.
    pub async fn lease(&self, permit: Permit, commit: &str) -> Result<Lease, workspace::Error> {
        let n = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or(CHECKING + 1);
        match self.prepare(n, commit).await {
            Ok(slot) => Ok(Lease { slot, free: self.free.clone(), _permit: permit }),
            Err(error) => {
                self.free.lock().unwrap_or_else(PoisonError::into_inner).push(n);
                Err(error)
            }
        }
    }

    /// Brings slot `n` to `commit`. The checking slot is made again, since what is said of it is believed: of what an earlier
    /// check left there only installed packages stay, if none could write to them. Other slots stay warm.
    pub async fn prepare(&self, n: u32, commit: &str) -> Result<Slot, workspace::Error> {
        let (slots, commit) = (self.clone(), commit.to_string());
        blocking(move || {
            if slots.haunted().remove(&n) {
                slots.workspace.set_slot_aside(n)?;
            }
            let slot = if n == CHECKING {
                let before = slots.workspace.slot_path(n);
                let sound = slots.sound.swap(true, Ordering::SeqCst);
                let keep = if sound { dependencies::folders(&before) } else { Vec::new() };
                slots.workspace.fresh_slot(n, &commit, &keep)?
            } else {
                slots.workspace.slot(n, &commit)?
            };
            slots.furnish(&slot)?;
            Ok(slot)
        })
        .await
    }

    /// Brings a leased slot to `head` with `commit` merged in; where they conflict, both sides stand in the files.
    pub async fn merge_into(
        &self,
        lease: &mut Lease,
        head: &str,
        commit: &str,
    ) -> Result<(), workspace::Error> {
        let (slots, n, head, commit) = (self.clone(), lease.slot.n, head.to_string(), commit.to_string());
        lease.slot = blocking(move || {
            let slot = slots.workspace.start_conflict(n, &head, &commit)?.slot;
            slots.furnish(&slot)?;
            Ok::<_, workspace::Error>(slot)
        })
        .await?;
        Ok(())
    }

    /// Slot `n` is not used again: processes of it may live on.
    pub fn abandon(&self, n: u32) {
        self.haunted().insert(n);
    }

    /// Takes out of a slot what is installed there, because something wrote to it, and puts in again what every
    /// slot holds.
    pub async fn renew_dependencies(&self, slot: &Slot) -> Result<(), workspace::Error> {
        let (slots, slot) = (self.clone(), slot.clone());
        blocking(move || {
            for folder in dependencies::folders(&slot.path) {
                slots.workspace.remove_slot_file(&slot, &folder.to_string_lossy())?;
            }
            slots.furnish(&slot)
        })
        .await
    }

    /// The next use of the checking slot installs everything again.
    pub fn distrust_dependencies(&self) {
        self.sound.store(false, Ordering::SeqCst);
    }

    /// Takes these folders out of a slot.
    pub async fn remove_folders(&self, slot: &Slot, folders: Vec<PathBuf>) -> Result<(), workspace::Error> {
        let (slots, slot) = (self.clone(), slot.clone());
        blocking(move || {
            folders
                .iter()
                .try_for_each(|folder| slots.workspace.remove_slot_file(&slot, &folder.to_string_lossy()))
        })
        .await
    }

    fn haunted(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.haunted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What every slot holds beside the commit.
    fn furnish(&self, slot: &Slot) -> Result<(), workspace::Error> {
        for (name, text) in self.files.iter() {
            self.workspace.write_slot_file(slot, name, text)?;
        }
        if self.copy.is_empty() {
            return Ok(());
        }
        self.workspace.copy_into_slot(slot, &self.everywhere(slot))?;
        // What installed packages lead to is copied too where git ignores it
        let linked = local_links::missing(&slot.path, &dependencies::folders(&slot.path));
        let names: Vec<String> = linked.iter().filter_map(|path| Some(path.to_str()?.to_string())).collect();
        if !names.is_empty() {
            self.workspace.copy_into_slot(slot, &names)?;
        }
        Ok(())
    }

    /// What is copied: as it is named and, where it holds installed packages, in every folder of the project that has it.
    fn everywhere(&self, slot: &Slot) -> Vec<String> {
        let mut all: Vec<String> = self.copy.iter().cloned().collect();
        let wanted = |name: &str| self.copy.iter().any(|copy| copy == name);
        if dependencies::NAMES.iter().any(|name| wanted(name)) {
            for folder in dependencies::folders(self.workspace.root()) {
                let is_wanted = folder.file_name().and_then(|name| name.to_str()).is_some_and(wanted);
                let there = folder.parent().is_some_and(|above| slot.path.join(above).is_dir());
                let name = folder.to_str().filter(|name| is_wanted && there && !wanted(name));
                all.extend(name.map(str::to_string));
            }
        }
        all
    }
}
