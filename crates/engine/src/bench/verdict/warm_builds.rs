//! Warm builds for verdicts: the builds of the project's own checks at the base, before any change ran, are kept where
//! no command can write. Every fresh checkout that is judged begins with a copy of them.
//!
//! Only builds that detect outdated parts themselves are kept: cargo's, by the times of files, and Go's, by their
//! contents.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use workspace::{Slot, Workspace, copy_tree, move_tree};

use crate::bench::dependencies;
use crate::blocking::blocking;

/// A file that exists only in cargo's target folder.
const OF_CARGO: &str = ".rustc_info.json";
/// Content-addressed caches of a run, below its temporary folder.
const CACHES: [&str; 1] = ["caches/go-build"];
/// The deepest folder of a cargo workspace in a repository.
const DEPTH: usize = 4;

#[derive(Default)]
pub(crate) struct WarmBuilds {
    kept: Mutex<Option<Kept>>,
}

#[derive(Clone)]
struct Kept {
    base: String,
    /// A time before the base was checked out for its build.
    then: SystemTime,
    folders: Vec<PathBuf>,
    store: PathBuf,
}

impl WarmBuilds {
    /// Keeps the builds of the base's checks from the slot in which they ran. `then`: a time before that.
    pub async fn keep(&self, workspace: &Workspace, slot: &Slot, then: SystemTime, store: PathBuf) {
        let (workspace, slot) = (workspace.clone(), slot.clone());
        let kept = blocking(move || {
            let mut folders = dependencies::folders_named(&slot.path, &["target"], DEPTH);
            folders.retain(|folder| is_of_cargo(&slot.path.join(folder)));
            folders.retain(|folder| match workspace.keep_build(&slot, folder, &store) {
                Ok(()) => true,
                Err(error) => {
                    tracing::warn!("a build of the base is not kept: {error}");
                    false
                }
            });
            Kept { base: slot.commit, then, folders, store }
        })
        .await;
        if !kept.folders.is_empty() {
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        }
    }

    /// Copies the builds into a fresh slot.
    pub async fn put(&self, workspace: &Workspace, slot: &Slot) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(kept) = kept else { return };
        let (workspace, slot) = (workspace.clone(), slot.clone());
        let put = blocking(move || {
            for folder in &kept.folders {
                workspace.put_build(&kept.store, folder, &slot)?;
            }
            let changed = workspace.changes(&kept.base, &slot.commit)?;
            // A macro may read other files at compile time without telling cargo: then every member is built again
            if changed.iter().all(|change| is_told(&change.path)) {
                workspace.age_files(&slot, &kept.base, kept.then)?;
            }
            Ok::<_, workspace::Error>(())
        });
        if let Err(error) = put.await {
            tracing::warn!("a slot begins with a cold build: {error}");
        }
    }

    /// Keeps the caches of a run on the base for the next runs.
    pub async fn keep_caches(tmp: &Path, store: &Path) {
        let (tmp, store) = (tmp.to_path_buf(), store.to_path_buf());
        blocking(move || {
            for cache in CACHES.iter().filter(|cache| is_folder_below(&tmp, cache)) {
                if let Err(error) = move_tree(&tmp.join(cache), &store.join(cache)) {
                    tracing::warn!("a cache of the base's checks is not kept: {error}");
                }
            }
        })
        .await;
    }

    /// Copies the caches to a run.
    pub async fn put_caches(store: &Path, tmp: &Path) {
        let (tmp, store) = (tmp.to_path_buf(), store.to_path_buf());
        blocking(move || {
            for cache in CACHES.iter().filter(|cache| store.join(cache).is_dir()) {
                let to = tmp.join(cache);
                let made = to.parent().map(std::fs::create_dir_all);
                if matches!(made, Some(Ok(())))
                    && let Err(error) = copy_tree(&store.join(cache), &to)
                {
                    tracing::warn!("a run begins with a cold cache: {error}");
                }
            }
        })
        .await;
    }
}

/// Whether the path is a folder and no part of it is a link; a command may have written here.
fn is_folder_below(root: &Path, below: &str) -> bool {
    let ways = Path::new(below).ancestors().filter(|way| !way.as_os_str().is_empty());
    ways.map(|way| root.join(way)).all(|way| way.symlink_metadata().is_ok_and(|found| found.is_dir()))
}

fn is_of_cargo(folder: &Path) -> bool {
    folder.join(OF_CARGO).is_file() && folder.parent().is_some_and(|above| above.join("Cargo.toml").is_file())
}

/// Whether cargo notices a change of the file, or no build reads it.
fn is_told(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == "Cargo.toml" || name == "Cargo.lock" || name.ends_with(".rs") || name.ends_with(".md")
}
