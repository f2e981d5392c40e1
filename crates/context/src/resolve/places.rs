//! Groups files by subject, by folder and by name, from their paths alone.

use super::paths::folder_of;
use crate::entry::{Entry, FileId};
use crate::subject::subject;
use std::collections::HashMap;
use std::sync::Arc;

/// The places of all files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    subjects: HashMap<Box<str>, Vec<FileId>>,
    /// For each file the number of its folder.
    folders: Vec<u32>,
    /// The number of files in each folder.
    sizes: Vec<u32>,
    /// The files in the order of their names.
    by_name: Vec<FileId>,
}

impl Places {
    pub(crate) fn of(entries: &[Arc<Entry>]) -> Self {
        let mut places = Self::default();
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        for (id, entry) in (0..).zip(entries) {
            let subject = subject(&entry.path);
            match places.subjects.get_mut(subject) {
                Some(files) => files.push(id),
                None => drop(places.subjects.insert(subject.into(), vec![id])),
            }
            let folder = *numbers.entry(folder_of(&entry.path)).or_insert(places.sizes.len() as u32);
            match places.sizes.get_mut(folder as usize) {
                Some(size) => *size += 1,
                None => places.sizes.push(1),
            }
            places.folders.push(folder);
        }
        places.by_name = (0..entries.len() as FileId).collect();
        places.by_name.sort_by_key(|id| entries.get(*id as usize).map_or("", |entry| name_of(&entry.path)));
        places
    }

    /// The files with this subject (see [`subject`]), in order.
    pub(crate) fn of_subject(&self, subject: &str) -> &[FileId] {
        self.subjects.get(subject).map_or(&[], Vec::as_slice)
    }

    /// The number of a file's folder.
    pub(crate) fn folder(&self, file: FileId) -> Option<u32> {
        self.folders.get(file as usize).copied()
    }

    /// The folder numbers of all files.
    pub(crate) fn folders(&self) -> &[u32] {
        &self.folders
    }

    /// The number of files in a folder.
    pub(crate) fn size(&self, folder: u32) -> usize {
        self.sizes.get(folder as usize).map_or(0, |size| *size as usize)
    }

    /// The files with this name, in order.
    pub(crate) fn named<'a>(
        &'a self,
        entries: &'a [Arc<Entry>],
        name: &'a str,
    ) -> impl Iterator<Item = FileId> + 'a {
        let own = |id: FileId| entries.get(id as usize).map_or("", |entry| name_of(&entry.path));
        let from = self.by_name.partition_point(|id| own(*id) < name);
        self.by_name.iter().skip(from).copied().take_while(move |id| own(*id) == name)
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
