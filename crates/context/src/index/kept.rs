//! Converts an index to bytes for the disk, and back. Bytes from disk are never trusted: if they are damaged, of
//! another version or inconsistent, the result is an error, and the caller builds a new index. Nothing here opens a
//! file.

use super::read::Before;
use super::{Index, Limits, Names, as_kept};
use crate::entry::{Entry, TermId};
use crate::file::is_inside;
use crate::pack::{is_sound, pack};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The first bytes of a kept index.
const MAGIC: &[u8; 8] = b"ocoindex";
/// Must be raised if the same files would give other entries, or if the layout changes.
const FORMAT: u32 = 1;
/// The header before the content: magic bytes, format, checksum and length.
const HEADER: usize = 24;

/// Why bytes cannot be read as an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Not written by this program, or cut off in the header.
    Foreign,
    /// Written by another version of this program.
    OtherVersion,
    /// Cut off, or changed.
    Broken,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Damage::Foreign => "it is no index",
            Damage::OtherVersion => "it was made by another version",
            Damage::Broken => "it is damaged",
        })
    }
}

impl std::error::Error for Damage {}

/// An index that was read back, from which the next index is built.
#[derive(Debug, Clone)]
pub struct Kept {
    label: String,
    root: PathBuf,
    names: Arc<Names>,
    entries: Vec<Arc<Entry>>,
}

/// The content in its written form.
#[derive(Serialize, Deserialize)]
struct Content<'a, E> {
    version: &'a str,
    label: &'a str,
    root: &'a str,
    names: Vec<&'a str>,
    entries: Vec<E>,
}

/// Entries of another version may have been made by other code.
const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Index {
    /// The index as bytes for [`Kept::from_bytes`]; `label` tells the caller which index it is. `None` if it is too
    /// large, or if its root is not valid UTF-8. The history is not included.
    pub fn to_bytes(&self, label: &str) -> Option<Vec<u8>> {
        let (names, entries) = self.living();
        let content = Content { version: VERSION, label, root: self.root().to_str()?, names, entries };
        let bytes = postcard::to_extend(&content, vec![0; HEADER]).ok()?;
        sealed(bytes).filter(|bytes| bytes.len() <= Limits::USUAL.kept)
    }

    /// The words that files contain, in order, and the entries with their numbers in this list.
    pub(super) fn living(&self) -> (Vec<&str>, Vec<Entry>) {
        let live = self.names.sorted().iter().copied().filter(|term| self.spread(*term) > 0);
        let live: Vec<TermId> = live.collect();
        let mut ids = vec![None; self.names.len()];
        for (id, term) in (0..).zip(&live) {
            if let Some(place) = ids.get_mut(*term as usize) {
                *place = Some(id);
            }
        }
        let translated = |entry: &Arc<Entry>| {
            let terms =
                entry.terms().filter_map(|(term, counts)| Some(((*ids.get(term as usize)?)?, counts)));
            let mut terms: Vec<(TermId, _)> = terms.collect();
            terms.sort_unstable_by_key(|(id, _)| *id);
            Entry { terms: pack(&terms), ..Entry::clone(entry) }
        };
        let names = live.iter().map(|term| self.names.get(*term)).collect();
        (names, self.entries.iter().map(translated).collect())
    }
}

/// Writes the header into the room before the content.
fn sealed(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let (head, content) = bytes.split_at_mut_checked(HEADER)?;
    let sum = crc32fast::hash(content);
    let length = content.len() as u64;
    head[..8].copy_from_slice(MAGIC);
    head[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    head[12..16].copy_from_slice(&sum.to_le_bytes());
    head[16..].copy_from_slice(&length.to_le_bytes());
    Some(bytes)
}

/// The content after a valid header.
fn opened(bytes: &[u8]) -> Result<&[u8], Damage> {
    let (head, content) = bytes.split_at_checked(HEADER).ok_or(Damage::Foreign)?;
    if head[..8] != *MAGIC {
        return Err(Damage::Foreign);
    }
    if head[8..12] != FORMAT.to_le_bytes() {
        return Err(Damage::OtherVersion);
    }
    let whole = head[16..] == (content.len() as u64).to_le_bytes();
    if !whole || head[12..16] != crc32fast::hash(content).to_le_bytes() {
        return Err(Damage::Broken);
    }
    Ok(content)
}

impl Kept {
    /// More bytes than this are not an index, so nobody needs to read them.
    pub const MAX_BYTES: usize = Limits::USUAL.kept;

    /// Reads an index back.
    ///
    /// # Errors
    /// [`Damage`] where the bytes are not exactly what [`Index::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damage> {
        let content = opened(bytes)?;
        // The version comes first, because the rest may have another layout.
        let (version, _) = postcard::take_from_bytes::<&str>(content).map_err(|_| Damage::Broken)?;
        if version != VERSION {
            return Err(Damage::OtherVersion);
        }
        let content: Content<'_, Entry> = postcard::from_bytes(content).map_err(|_| Damage::Broken)?;
        let names = Names::of(&content.names).ok_or(Damage::Broken)?;
        let rises = content.entries.windows(2).all(|pair| pair[0].path < pair[1].path);
        let sound = |entry: &Entry| is_inside(&entry.path) && is_sound(&entry.terms, names.len() as TermId);
        if !rises || content.entries.len() > Limits::USUAL.files || !content.entries.iter().all(sound) {
            return Err(Damage::Broken);
        }
        Ok(Self {
            label: content.label.to_owned(),
            root: PathBuf::from(content.root),
            names: Arc::new(names),
            entries: content.entries.into_iter().map(Arc::new).collect(),
        })
    }

    /// The label that was given to [`Index::to_bytes`].
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The index of these files; unchanged files are not parsed again.
    pub fn rebuild(&self, root: &Path, files: &[String]) -> Index {
        self.carried_on(root, files, None)
    }

    /// The same if only the files in `changed` may have changed; the others are not checked.
    pub fn update(&self, root: &Path, files: &[String], changed: &[String]) -> Index {
        self.carried_on(root, files, Some(changed))
    }

    fn carried_on(&self, root: &Path, files: &[String], changed: Option<&[String]>) -> Index {
        let changed: Option<HashSet<&str>> =
            changed.map(|list| list.iter().map(|path| as_kept(path)).collect());
        let before = Before { root: &self.root, entries: &self.entries, changed: changed.as_ref() };
        Index::assemble(root, files, &Limits::USUAL, Some(before), self.names.clone(), None)
    }
}
