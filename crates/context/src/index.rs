//! The index of a repository: for each file its words, symbols and imports.
//!
//! `file` reads, `words` and `syntax` take apart, `graph` links, `search` and `task` ask. It is a memory of the files that it
//! was given: it walks no folder by itself and writes nothing.

use crate::entry::{BODY, Counts, Depth, Entry, FIELDS, FileId, PATH, SYMBOL, TermId};
use crate::file::{self, Role, Stamp};
use crate::graph::Graph;
use crate::history::{History, PastCommit};
use crate::manifest::Manifest;
use crate::subject::subject;
use crate::words::words;
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::thread;
use syntax::Language;

/// Files beyond this many are not listed at all.
const MAX_FILES: usize = 100_000;
/// Bytes of source that are parsed for symbols; the smaller files first. The others are read for words.
const MAX_PARSED: u64 = 64 * 1024 * 1024;
/// Bytes of text that are read for words; the others are known by name.
const MAX_READ: u64 = 512 * 1024 * 1024;
/// Symbols and words that are kept of one file.
const MAX_SYMBOLS: usize = 2_000;
const MAX_WORDS: usize = 5_000;

/// A word's places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Posting {
    pub(crate) file: FileId,
    pub(crate) counts: Counts,
}

/// What an index covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Files listed
    pub files: usize,
    /// Files whose words are known
    pub read: usize,
    /// Files whose symbols are known
    pub parsed: usize,
    /// Files taken over from the index before
    pub reused: usize,
    /// Imports that lead from one file to another
    pub edges: usize,
}

/// The files of a repository, ready to be searched. Files are in the order of their paths.
#[derive(Debug, Clone)]
pub struct Index {
    root: PathBuf,
    pub(crate) entries: Vec<Entry>,
    by_path: HashMap<String, FileId>,
    terms: HashMap<String, TermId>,
    /// The names of the terms, by id.
    pub(crate) names: Vec<String>,
    /// The ids of the terms in the order of their names, for looking up beginnings.
    pub(crate) sorted: Vec<TermId>,
    pub(crate) postings: Vec<Vec<Posting>>,
    /// For each file how many words each field has, and the mean of that.
    pub(crate) lengths: Vec<[f32; FIELDS]>,
    pub(crate) mean: [f32; FIELDS],
    pub(crate) graph: Graph,
    pub(crate) history: History,
    /// For each file how much its commits say.
    pub(crate) told: Vec<f32>,
    subjects: HashMap<String, Vec<FileId>>,
    reused: usize,
}

impl Index {
    /// Reads `files`, paths relative to `root` with `/` between their parts. Paths that leave the root,
    /// links out of it and unreadable files are not looked into.
    pub fn build(root: &Path, files: &[String]) -> Self {
        Self::assemble(root, files, None)
    }

    /// The same for files that may have changed, or another checkout: what is as it was is not parsed again.
    pub fn rebuild(&self, root: &Path, files: &[String]) -> Self {
        Self::assemble(root, files, Some(self))
    }

    /// The same index, which also knows what past commits (newest first) say of its files.
    pub fn with_history(mut self, commits: &[PastCommit]) -> Self {
        self.history = History::new(commits, &self.by_path);
        self.told = self.history.told_lengths(self.entries.len());
        self
    }

    /// What the index covers.
    pub fn stats(&self) -> Stats {
        let at_least = |depth| self.entries.iter().filter(|entry| entry.depth >= depth).count();
        Stats {
            files: self.entries.len(),
            read: at_least(Depth::Words),
            parsed: at_least(Depth::Symbols),
            reused: self.reused,
            edges: self.graph.edges(),
        }
    }

    /// The lines of a file; 0 where it was not read. `None` where there is no such file.
    pub fn lines(&self, path: &str) -> Option<u32> {
        self.entry(self.id(path)?).map(|entry| entry.lines)
    }

    pub(crate) fn id(&self, path: &str) -> Option<FileId> {
        self.by_path.get(path.strip_prefix("./").unwrap_or(path)).copied()
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn entry(&self, id: FileId) -> Option<&Entry> {
        self.entries.get(id as usize)
    }

    pub(crate) fn term(&self, word: &str) -> Option<TermId> {
        self.terms.get(word).copied()
    }

    /// The files with this subject (as [`subject`] has it), in order.
    pub(crate) fn of_subject(&self, subject: &str) -> &[FileId] {
        self.subjects.get(subject).map_or(&[], Vec::as_slice)
    }

    /// How many files hold a term.
    pub(crate) fn spread(&self, term: TermId) -> usize {
        self.postings.get(term as usize).map_or(0, Vec::len)
    }

    /// How much a term tells files apart; 0 for one that no file holds.
    pub(crate) fn weight(&self, term: TermId) -> f32 {
        let (n, df) = (self.entries.len() as f32, self.spread(term) as f32);
        if df == 0.0 { 0.0 } else { (1.0 + (n - df + 0.5) / (df + 0.5)).ln() }
    }

    fn assemble(root: &Path, files: &[String], before: Option<&Self>) -> Self {
        let mut paths: Vec<&str> = files
            .iter()
            .map(|path| path.strip_prefix("./").unwrap_or(path))
            .filter(|path| file::is_inside(path))
            .collect();
        paths.sort_unstable();
        paths.dedup();
        paths.truncate(MAX_FILES);

        let planned = plan(root, &paths);
        let mut drafts = in_parallel(&planned, |planned| draft(root, planned, before));
        let mut index = Self {
            root: root.to_path_buf(),
            entries: Vec::with_capacity(drafts.len()),
            by_path: HashMap::with_capacity(drafts.len()),
            terms: before.map(|before| before.terms.clone()).unwrap_or_default(),
            names: before.map(|before| before.names.clone()).unwrap_or_default(),
            sorted: Vec::new(),
            postings: Vec::new(),
            lengths: Vec::new(),
            mean: [0.0; FIELDS],
            graph: Graph::default(),
            history: History::default(),
            told: Vec::new(),
            subjects: HashMap::new(),
            reused: 0,
        };
        for Draft { mut entry, fresh } in drafts.drain(..) {
            match fresh {
                Some(counted) => entry.terms = index.intern(counted),
                None => index.reused += 1,
            }
            index.by_path.insert(entry.path.clone(), index.entries.len() as FileId);
            index.entries.push(entry);
        }
        index.invert();
        index.told = vec![0.0; index.entries.len()];
        for (id, entry) in index.entries.iter().enumerate() {
            index.subjects.entry(subject(&entry.path).to_owned()).or_default().push(id as FileId);
        }
        index.graph = Graph::build(&index.entries, &index.by_path);
        index
    }

    fn intern(&mut self, counted: Vec<(String, Counts)>) -> Vec<(TermId, Counts)> {
        counted
            .into_iter()
            .map(|(word, counts)| {
                let id = *self.terms.entry(word).or_insert_with_key(|word| {
                    self.names.push(word.clone());
                    (self.names.len() - 1) as TermId
                });
                (id, counts)
            })
            .collect()
    }

    fn invert(&mut self) {
        self.postings = vec![Vec::new(); self.names.len()];
        for (file, entry) in self.entries.iter().enumerate() {
            let mut length = [0.0; FIELDS];
            for &(term, counts) in &entry.terms {
                for (sum, n) in length.iter_mut().zip(counts) {
                    *sum += f32::from(n);
                }
                if let Some(list) = self.postings.get_mut(term as usize) {
                    list.push(Posting { file: file as FileId, counts });
                }
            }
            for (mean, own) in self.mean.iter_mut().zip(length) {
                *mean += own;
            }
            self.lengths.push(length);
        }
        let files = self.entries.len().max(1) as f32;
        self.mean = self.mean.map(|sum| (sum / files).max(1.0));
        self.sorted = (0..self.names.len() as TermId).collect();
        self.sorted.sort_unstable_by(|a, b| self.names[*a as usize].cmp(&self.names[*b as usize]));
    }
}

/// A file and how deep it is looked into.
struct Planned<'a> {
    path: &'a str,
    role: Role,
    stamp: Option<Stamp>,
    depth: Depth,
}

/// Decides by names and sizes how deep each file is looked into, within the bounds.
fn plan<'a>(root: &Path, paths: &[&'a str]) -> Vec<Planned<'a>> {
    let mut planned = in_parallel(paths, |path| {
        let stamp = root.join(path).symlink_metadata().ok().filter(|m| m.is_file()).map(|m| Stamp::of(&m));
        let role = file::role_of(path);
        let readable = role != Role::Opaque && stamp.is_some_and(|stamp| stamp.bytes <= file::MAX_BYTES);
        let depth = match (readable, Language::of_path(path)) {
            (false, _) => Depth::Name,
            (true, None) => Depth::Words,
            (true, Some(_)) => Depth::Symbols,
        };
        Planned { path, role, stamp, depth }
    });
    // The smaller first: so the bounds leave out as few files as they can.
    let mut order: Vec<usize> = (0..planned.len()).collect();
    order.sort_by_key(|&n| planned[n].stamp.map_or(0, |stamp| stamp.bytes));
    let (mut read, mut parsed) = (0, 0);
    for n in order {
        let bytes = planned[n].stamp.map_or(0, |stamp| stamp.bytes);
        if planned[n].depth == Depth::Symbols {
            parsed += bytes;
            if parsed > MAX_PARSED {
                planned[n].depth = Depth::Words;
            }
        }
        if planned[n].depth >= Depth::Words {
            read += bytes;
            if read > MAX_READ {
                planned[n].depth = Depth::Name;
            }
        }
    }
    planned
}

/// An entry, with its words still as text where it is not taken over.
struct Draft {
    entry: Entry,
    fresh: Option<Vec<(String, Counts)>>,
}

fn draft(root: &Path, planned: &Planned<'_>, before: Option<&Index>) -> Draft {
    let known = before.and_then(|before| {
        let entry = before.entry(before.id(planned.path)?)?;
        (entry.depth == planned.depth || entry.role == Role::Opaque).then_some((before.root.as_path(), entry))
    });
    if let Some((before_root, entry)) = known
        && before_root == root
        && entry.stamp == planned.stamp
    {
        return Draft { entry: entry.clone(), fresh: None };
    }
    let text = if planned.depth > Depth::Name { file::read_text(root, planned.path) } else { None };
    let text = text.unwrap_or_default();
    let hash = file::hash(&text);
    if let Some((_, entry)) = known
        && entry.hash == hash
    {
        return Draft { entry: Entry { stamp: planned.stamp, ..entry.clone() }, fresh: None };
    }
    analyse(planned, &text, hash)
}

fn analyse(planned: &Planned<'_>, text: &str, hash: u64) -> Draft {
    let language = Language::of_path(planned.path);
    let mut entry = Entry {
        path: planned.path.to_owned(),
        language,
        role: planned.role,
        lines: u32::try_from(text.lines().count()).unwrap_or(u32::MAX),
        symbols: Vec::new(),
        imports: Vec::new(),
        manifest: Manifest::read(planned.path, text),
        terms: Vec::new(),
        stamp: planned.stamp,
        hash,
        depth: planned.depth,
    };
    let mut counted: HashMap<String, Counts> = HashMap::new();
    let mut count = |text: &str, field: usize| {
        words(text, |word| {
            if let Some(counts) = counted.get_mut(word) {
                counts[field] = counts[field].saturating_add(1);
            } else if counted.len() < MAX_WORDS {
                let mut counts = [0; FIELDS];
                counts[field] = 1;
                counted.insert(word.to_owned(), counts);
            }
        });
    };
    // That a file ends in `.ts` says what it is written in, not what it is about.
    let named = if language.is_some() { planned.path.rsplit_once('.').map(|(stem, _)| stem) } else { None };
    let named = named.unwrap_or(planned.path);
    count(named, PATH);
    // Of a path the last part says most.
    count(own_name(named), PATH);
    if file::is_generated(text) {
        entry.role = Role::Opaque;
        entry.depth = Depth::Name;
    } else {
        if let (Some(language), Depth::Symbols) = (language, planned.depth) {
            let outline = syntax::outline(language, text);
            entry.symbols = outline.symbols;
            entry.symbols.truncate(MAX_SYMBOLS);
            entry.imports = outline.imports;
            entry.imports.truncate(MAX_SYMBOLS);
        }
        for symbol in &entry.symbols {
            count(&symbol.name, SYMBOL);
        }
        count(text, BODY);
    }
    let mut counted: Vec<(String, Counts)> = counted.into_iter().collect();
    // The map's order is random; the ids given out must not be.
    counted.sort_unstable();
    Draft { entry, fresh: Some(counted) }
}

/// The part of a path that names the file: its stem, or its folder where the stem says nothing.
fn own_name(path: &str) -> &str {
    const SAYS_NOTHING: [&str; 5] = ["index", "mod", "lib", "main", "__init__"];
    let (folder, stem) = path.rsplit_once('/').unwrap_or(("", path));
    if SAYS_NOTHING.contains(&stem) { folder.rsplit('/').next().unwrap_or(folder) } else { stem }
}

/// `work` on each item, on as many threads as there are processors; answers in the order of the items.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(8);
    if threads == 1 || items.len() < 64 {
        return items.iter().map(work).collect();
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let chunks: Vec<&[T]> = items.chunks(32).collect();
    let mut done: Vec<(usize, Vec<R>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut own = Vec::new();
                    loop {
                        let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        let Some(chunk) = chunks.get(n) else { return own };
                        own.push((n, chunk.iter().map(&work).collect::<Vec<R>>()));
                    }
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    done.sort_by_key(|(n, _)| *n);
    done.into_iter().flat_map(|(_, results)| results).collect()
}
