//! The slots of a mission: leased to one task at a time, kept warm between tasks.
//!
//! Only the holder of a lease may change a slot. Its content is never trusted after a command ran there.

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
    /// The engine's files in every slot, by name, with their texts.
    files: Arc<Vec<(String, String)>>,
    /// The paths that are copied from the user's folder into a slot.
    copy: Arc<Vec<String>>,
    /// Whether this mission installed the packages in the checking slot, and nothing wrote there since.
    sound: Arc<AtomicBool>,
    /// Slots in which something may still run.
    haunted: Arc<Mutex<BTreeSet<u32>>>,
    /// Folders of earlier checking slots that are still to be removed: at most one, if every check runs.
    aside: Arc<Mutex<Vec<PathBuf>>>,
}

/// The right to use a slot; it is returned when dropped.
pub(crate) struct Lease {
    pub slot: Slot,
    free: Arc<Mutex<Vec<u32>>>,
    _permit: Permit,
}

/// The host's configuration of a slot is not in it until this is dropped.
pub(crate) struct HiddenFiles<'s> {
    slots: &'s Slots,
    slot: Slot,
}

impl Drop for HiddenFiles<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.slots.write_files(&self.slot) {
            tracing::warn!("the host's configuration could not be put back into a slot: {error}");
        }
    }
}

/// The right to some free slot, which is chosen later.
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
            aside: Arc::default(),
        }
    }

    /// Waits until a slot is free. Choose the commit to work on afterwards: the head may move during the wait.
    pub async fn permit(&self) -> Permit {
        match self.permits.clone().acquire_owned().await {
            Ok(permit) => Permit(permit),
            // The semaphore is never closed
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits until `wanted` slots (at most all) are free at once. Two tasks that each hold one slot and wait for a
    /// second would wait forever.
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

    /// Prepares a free slot at `commit`.
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

    /// Prepares slot `n` at `commit`. The checking slot is created again, because its results count: of earlier files
    /// only the installed packages stay, if no command could write to them. Other slots stay warm.
    pub async fn prepare(&self, n: u32, commit: &str) -> Result<Slot, workspace::Error> {
        let (slots, commit) = (self.clone(), commit.to_string());
        blocking(move || {
            if slots.haunted().remove(&n) {
                slots.workspace.set_slot_aside(n)?;
            }
            let slot = if n == CHECKING {
                slots.remove_aside();
                let before = slots.workspace.slot_path(n);
                let sound = slots.sound.swap(true, Ordering::SeqCst);
                let keep = if sound { dependencies::folders(&before) } else { Vec::new() };
                let (slot, aside) = slots.workspace.fresh_slot_beside(n, &commit, &keep)?;
                slots.aside().extend(aside);
                slot
            } else {
                slots.workspace.slot(n, &commit)?
            };
            slots.furnish(&slot)?;
            Ok(slot)
        })
        .await
    }

    /// Prepares a leased slot at `head` with `commit` merged in. If they conflict, the files contain both sides.
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

    /// Never uses slot `n` again, because processes may still run in it.
    pub fn abandon(&self, n: u32) {
        self.haunted().insert(n);
    }

    /// Removes the installed packages of a slot, because something wrote to them, and copies the common files again.
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

    /// Makes the next use of the checking slot install everything again.
    pub fn distrust_dependencies(&self) {
        self.sound.store(false, Ordering::SeqCst);
    }

    /// Removes these folders from a slot.
    pub async fn remove_folders(&self, slot: &Slot, folders: Vec<PathBuf>) -> Result<(), workspace::Error> {
        let (slots, slot) = (self.clone(), slot.clone());
        blocking(move || {
            folders
                .iter()
                .try_for_each(|folder| slots.workspace.remove_slot_file(&slot, &folder.to_string_lossy()))
        })
        .await
    }

    /// Removes what the last checking slot held, beside a command: it may take seconds.
    pub async fn remove_aside_during<T>(&self, command: impl Future<Output = T>) -> T {
        let slots = self.clone();
        tokio::join!(command, blocking(move || slots.remove_aside())).0
    }

    fn remove_aside(&self) {
        let aside = std::mem::take(&mut *self.aside());
        aside.iter().for_each(|folder| workspace::remove_folder(folder));
    }

    fn aside(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn haunted(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.haunted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the host's configuration out of a slot while a command runs there: a linter or formatter of the project would
    /// judge it, too.
    pub fn hide_files(&self, slot: &Slot) -> HiddenFiles<'_> {
        for (name, _) in self.files.iter() {
            // Best effort: the command is only a help for the role
            drop(self.workspace.remove_slot_file(slot, name));
        }
        HiddenFiles { slots: self, slot: slot.clone() }
    }

    fn write_files(&self, slot: &Slot) -> Result<(), workspace::Error> {
        self.files.iter().try_for_each(|(name, text)| self.workspace.write_slot_file(slot, name, text))
    }

    /// Adds the files that every slot has beside its commit. No session is ever opened in the checking slot, so it has no
    /// configuration of the host.
    fn furnish(&self, slot: &Slot) -> Result<(), workspace::Error> {
        if slot.n != CHECKING {
            self.write_files(slot)?;
        }
        if self.copy.is_empty() {
            return Ok(());
        }
        self.workspace.copy_into_slot(slot, &self.everywhere(slot))?;
        // Ignored folders to which installed packages link are copied, too
        let linked = local_links::missing(&slot.path, &dependencies::folders(&slot.path));
        let names: Vec<String> = linked.iter().filter_map(|path| Some(path.to_str()?.to_string())).collect();
        if !names.is_empty() {
            self.workspace.copy_into_slot(slot, &names)?;
        }
        Ok(())
    }

    /// The paths to copy: as configured, and for folders of installed packages in every folder of the project that has
    /// one.
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
