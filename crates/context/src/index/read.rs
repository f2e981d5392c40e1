//! Reads files for the index: decides how deeply each is read, reuses earlier entries, and analyses the others.
//!
//! `index` calls it, `file` opens the files, `syntax` and `vocabulary` analyse them. It lists no folder and links
//! nothing. If a change here gives the same file another entry, the format in `kept` must be raised; otherwise old
//! entries are reused.

use super::limits::Limits;
use super::names::Names;
use super::parallel::{MAX_THREADS, MIN_PARALLEL, in_parallel};
use super::vocabulary::Vocabulary;
use crate::entry::{BODY, Depth, Entry, PATH, SYMBOL, TermId, packed};
use crate::file::{self, Folder, Role, Stamp};
use crate::manifest::Manifest;
use crate::pack::{Counted, pack};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use syntax::Language;

/// The most symbols, and the most imports, that are kept of one file.
const MAX_SYMBOLS: usize = 2_000;

/// The previous index.
#[derive(Clone, Copy)]
pub(super) struct Before<'a> {
    pub(super) root: &'a Path,
    /// In the order of their paths.
    pub(super) entries: &'a [Arc<Entry>],
    /// The only paths that may have changed since, if known.
    pub(super) changed: Option<&'a HashSet<&'a str>>,
}

impl<'a> Before<'a> {
    /// The earlier entries of these paths (in order), if there are any.
    fn of(&self, paths: &[&str]) -> Vec<Option<&'a Arc<Entry>>> {
        let mut rest = self.entries.iter().peekable();
        let find = |path: &&str| {
            while rest.next_if(|entry| *entry.path < **path).is_some() {}
            rest.next_if(|entry| *entry.path == **path)
        };
        paths.iter().map(find).collect()
    }

    fn is_unchanged(&self, path: &str) -> bool {
        self.changed.is_some_and(|changed| !changed.contains(path))
    }
}

/// A file, and how deeply it is read.
struct Planned<'a> {
    path: &'a str,
    role: Role,
    stamp: Option<Stamp>,
    depth: Depth,
    /// The earlier entry.
    before: Option<&'a Arc<Entry>>,
    /// Whether the caller says that the file is unchanged.
    is_unchanged: bool,
}

/// The entry of each path (in order), and which of them are new.
pub(super) fn entries(
    root: &Path,
    paths: &[&str],
    limits: &Limits,
    before: Option<Before<'_>>,
    names: &mut Arc<Names>,
) -> (Vec<Arc<Entry>>, Vec<usize>) {
    // A few changed files are read before another thread would have started.
    let few = before.and_then(|before| before.changed).is_some_and(|changed| changed.len() < MIN_PARALLEL);
    let threads = if few { 1 } else { MAX_THREADS };
    let planned = plan(root, paths, limits, before, threads);
    let folder = Folder::new(root);
    let read = |vocabulary: &mut Vocabulary, planned: &Planned<'_>| match known(&folder, planned, before) {
        Ok(entry) => (entry, false),
        Err(text) => (Arc::new(analyse(vocabulary, planned, &text)), true),
    };
    let (drafts, vocabularies) = in_parallel(&planned, threads, Vocabulary::default, read);
    let fresh: Vec<usize> = drafts.iter().enumerate().filter(|(_, own)| own.1.1).map(|(n, _)| n).collect();
    let ids = identifiers(vocabularies, names);
    let translate = |draft: &(usize, (Arc<Entry>, bool))| {
        let (worker, (entry, _)) = draft;
        let ids = ids.get(*worker).map_or(&[][..], Vec::as_slice);
        let mut terms: Vec<_> = Counted::new(&entry.terms)
            .filter_map(|(number, counts)| Some(((*ids.get(number as usize)?)?, counts)))
            .collect();
        terms.sort_unstable_by_key(|(id, _)| *id);
        pack(&terms)
    };
    let translated = {
        let new: Vec<&(usize, (Arc<Entry>, bool))> = fresh.iter().filter_map(|n| drafts.get(*n)).collect();
        in_parallel(&new, threads, || (), |_, draft| translate(draft)).0
    };
    let mut entries: Vec<Arc<Entry>> = drafts.into_iter().map(|(_, (entry, _))| entry).collect();
    for (n, (_, terms)) in fresh.iter().zip(translated) {
        if let Some(entry) = entries.get_mut(*n) {
            Arc::make_mut(entry).terms = terms;
        }
    }
    (entries, fresh)
}

/// For each vocabulary the identifiers of its words, by number.
fn identifiers(vocabularies: Vec<Vocabulary>, names: &mut Arc<Names>) -> Vec<Vec<Option<TermId>>> {
    let lists: Vec<Vec<(Box<str>, u32)>> = vocabularies.into_iter().map(Vocabulary::into_words).collect();
    let mut all: Vec<(&str, usize, u32)> = Vec::with_capacity(lists.iter().map(Vec::len).sum());
    for (n, list) in lists.iter().enumerate() {
        all.extend(list.iter().map(|(word, number)| (&**word, n, *number)));
    }
    // The sort merges several sorted lists.
    all.sort();
    let mut words: Vec<&str> = all.iter().map(|(word, ..)| *word).collect();
    words.dedup();
    let mut ids: Vec<Vec<Option<TermId>>> = lists.iter().map(|list| vec![None; list.len()]).collect();
    if words.is_empty() {
        return ids;
    }
    let given = Arc::make_mut(names).take_in(&words);
    let mut at = 0;
    for (word, n, number) in all {
        if words.get(at) != Some(&word) {
            at += 1;
        }
        if let Some(place) = ids.get_mut(n).and_then(|own| own.get_mut(number as usize)) {
            *place = given.get(at).copied().flatten();
        }
    }
    ids
}

/// Decides by name and size how deeply each file is read, within the limits.
fn plan<'a>(
    root: &Path,
    paths: &[&'a str],
    limits: &Limits,
    before: Option<Before<'a>>,
    threads: usize,
) -> Vec<Planned<'a>> {
    let old = before.map_or_else(|| vec![None; paths.len()], |before| before.of(paths));
    let both: Vec<(&'a str, Option<&'a Arc<Entry>>)> = paths.iter().copied().zip(old).collect();
    let look = |_: &mut (), &(path, old): &(&'a str, Option<&'a Arc<Entry>>)| {
        let is_unchanged = old.is_some() && before.is_some_and(|before| before.is_unchanged(path));
        let kept = old.filter(|_| is_unchanged);
        let stamp = match kept {
            Some(entry) => entry.stamp,
            None => root.join(path).symlink_metadata().ok().filter(|m| m.is_file()).map(|m| Stamp::of(&m)),
        };
        // An entry may be opaque by its content, which the path does not say
        let (role, language) = match kept.filter(|entry| entry.role != Role::Opaque) {
            Some(entry) => (entry.role, entry.language),
            None => (file::role_of(path), Language::of_path(path)),
        };
        let readable = role != Role::Opaque && stamp.is_some_and(|stamp| stamp.bytes <= file::MAX_BYTES);
        let depth = match (readable, language) {
            (false, _) => Depth::Name,
            (true, None) => Depth::Words,
            (true, Some(_)) => Depth::Symbols,
        };
        Planned { path, role, stamp, depth, before: old, is_unchanged }
    };
    let (planned, _) = in_parallel(&both, threads, || (), look);
    let mut planned: Vec<Planned<'a>> = planned.into_iter().map(|(_, planned)| planned).collect();
    let bytes = |planned: &Planned<'_>| planned.stamp.map_or(0, |stamp| stamp.bytes);
    let all = |least: Depth| -> u64 { planned.iter().filter(|own| own.depth >= least).map(bytes).sum() };
    if all(Depth::Symbols) <= limits.parsed && all(Depth::Words) <= limits.read {
        return planned;
    }
    // Smaller files first, so that the limits leave out as few files as possible.
    let mut order: Vec<usize> = (0..planned.len()).collect();
    order.sort_by_key(|&n| bytes(&planned[n]));
    let (mut read, mut parsed) = (0, 0);
    for n in order {
        let bytes = bytes(&planned[n]);
        if planned[n].depth == Depth::Symbols {
            parsed += bytes;
            if parsed > limits.parsed {
                planned[n].depth = Depth::Words;
            }
        }
        if planned[n].depth >= Depth::Words {
            read += bytes;
            if read > limits.read {
                planned[n].depth = Depth::Name;
            }
        }
    }
    planned
}

/// The earlier entry of an unchanged file, or otherwise its text.
fn known(folder: &Folder<'_>, planned: &Planned<'_>, before: Option<Before<'_>>) -> Result<Arc<Entry>, Text> {
    let fits = |entry: &Entry| entry.depth == planned.depth || entry.role == Role::Opaque;
    let known = planned.before.filter(|entry| fits(entry));
    let same_place = before.is_some_and(|before| before.root == folder.root());
    if let Some(entry) = known
        && (planned.is_unchanged || same_place && entry.stamp == planned.stamp)
    {
        return Ok(entry.clone());
    }
    let text = if planned.depth > Depth::Name { folder.read(planned.path) } else { None };
    let text = text.unwrap_or_default();
    let hash = file::hash(&text);
    match known {
        Some(entry) if entry.hash == hash => {
            Ok(Arc::new(Entry { stamp: planned.stamp, ..Entry::clone(entry) }))
        }
        _ => Err(Text { text, hash }),
    }
}

struct Text {
    text: String,
    hash: u64,
}

/// Analyses a text; its words are given by their numbers in the vocabulary.
fn analyse(vocabulary: &mut Vocabulary, planned: &Planned<'_>, text: &Text) -> Entry {
    let Text { text, hash } = text;
    let language = Language::of_path(planned.path);
    let mut entry = Entry {
        path: planned.path.into(),
        language,
        role: planned.role,
        lines: u32::try_from(text.lines().count()).unwrap_or(u32::MAX),
        symbols: Box::default(),
        imports: Box::default(),
        manifest: Manifest::read(planned.path, text),
        terms: Box::default(),
        lengths: Default::default(),
        stamp: planned.stamp,
        hash: *hash,
        depth: planned.depth,
    };
    // The extension `.ts` names the language of a file, not its subject.
    let named = if language.is_some() { planned.path.rsplit_once('.').map(|(stem, _)| stem) } else { None };
    let named = named.unwrap_or(planned.path);
    vocabulary.count(named, PATH);
    // The last part of a path says most.
    vocabulary.count(own_name(named), PATH);
    if file::is_generated(text) {
        entry.role = Role::Opaque;
        entry.depth = Depth::Name;
    } else {
        if let (Some(language), Depth::Symbols) = (language, planned.depth) {
            let mut outline = syntax::outline(language, text);
            outline.symbols.truncate(MAX_SYMBOLS);
            outline.imports.truncate(MAX_SYMBOLS);
            for symbol in &outline.symbols {
                vocabulary.count(&symbol.name, SYMBOL);
            }
            entry.symbols = packed(&outline.symbols);
            entry.imports = packed(&outline.imports);
        }
        vocabulary.count(text, BODY);
    }
    (entry.terms, entry.lengths) = vocabulary.end_of_file();
    entry
}

/// The part of a path that names the file: its stem, or its folder if the stem is generic.
fn own_name(path: &str) -> &str {
    const SAYS_NOTHING: [&str; 5] = ["index", "mod", "lib", "main", "__init__"];
    let (folder, stem) = path.rsplit_once('/').unwrap_or(("", path));
    if SAYS_NOTHING.contains(&stem) { folder.rsplit('/').next().unwrap_or(folder) } else { stem }
}
