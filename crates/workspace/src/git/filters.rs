//! The user's git filters: they run in a sandbox, on files that the user's own attributes name.
//!
//! The private repository's settings name no filter, so no other git process runs one. For files with a filter, git runs
//! with the filters, may read what it needs, and writes only to its own folder: an index and objects, or files. The
//! results are checked before they are used, because a filter may run code that a model has written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{At, Error};
use crate::files::reading::open_beneath;
use crate::files::{copy_with_times, folder_inside, private_dir, remove_tree};
use crate::git::Git;
use crate::git::confine::{Confine, ConfinedPlaces};
use crate::names::{fields, object, path_of};
use crate::system::{OpenOptionsExt, PermissionsExt};

/// The user's filters that the project uses.
#[derive(Clone, Debug)]
pub(crate) struct Filters {
    /// Settings: key and value.
    pub(crate) commands: Vec<(String, String)>,
    pub(crate) names: BTreeSet<String>,
    pub(crate) repository: PathBuf,
    /// The folder in which folders for results are created.
    pub(crate) area: PathBuf,
    /// Programs of the filters, and objects outside of the private repository.
    pub(crate) readable: Vec<PathBuf>,
    /// Without a sandbox no filter is started.
    pub(crate) confine: Option<Arc<dyn Confine>>,
}

/// A plain file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilteredFile {
    pub(crate) mode: String,
    pub(crate) oid: String,
    pub(crate) path: Vec<u8>,
}

/// The folder of one run.
struct Place {
    folder: tempfile::TempDir,
    /// The part of it to which filters may write.
    own: PathBuf,
}

impl Place {
    fn lend_index(&self, index: &Path) -> Result<(), Error> {
        if index.is_file() {
            copy_with_times(index, &self.own.join("index")).at("copy", index)?;
        }
        Ok(())
    }

    /// Copies the index of the run to a place that the run cannot reach.
    fn take_index(&self) -> Result<PathBuf, Error> {
        let (from, to) = (self.own.join("index"), self.folder.path().join("index"));
        copy_plain(&self.own, Path::new("index"), &to).at("copy", &from)?;
        Ok(to)
    }
}

/// The sandbox of a git process that runs filters.
#[derive(Clone, Debug)]
pub(crate) struct Confined {
    pub(crate) confine: Arc<dyn Confine>,
    pub(crate) places: ConfinedPlaces,
}

const RECORD: &str = "record files through a git filter";
const WRITE: &str = "write files through a git filter";

impl Git {
    /// Updates the index for these paths, each with a zero byte at its end.
    pub(crate) fn record_files(&self, what: &str, paths: Vec<u8>) -> Result<(), Error> {
        const ARGS: [&str; 6] = ["update-index", "-z", "--add", "--replace", "--remove", "--stdin"];
        let Some(filters) = self.filters() else {
            self.ok(what, &ARGS, Some(paths))?;
            return Ok(());
        };
        let all: Vec<&[u8]> = fields(&paths).collect();
        let plain = |path: &[u8]| {
            let file = self.work_folder().join(path_of(path));
            fs::symlink_metadata(file).is_ok_and(|found| found.is_file())
        };
        let through = filters.select(self, all.iter().copied().filter(|path| plain(path)))?;
        let rest = all.iter().copied().filter(|path| !through.contains(*path));
        self.ok(what, &ARGS, Some(joined(rest)))?;
        if through.is_empty() {
            return Ok(());
        }
        let place = filters.place()?;
        let git = filters.git(self, &place)?;
        place.lend_index(self.index_file())?;
        let before = listing(self)?;
        git.ok(RECORD, &ARGS, Some(joined(through.iter().map(Vec::as_slice))))?;
        let kept = place.take_index()?;
        let after = listing(&self.clone().index(&kept))?;
        let mut made = Vec::new();
        for (path, entry) in &after {
            if before.get(path) == Some(entry) {
                continue;
            }
            let fits = through.contains(path) && entry.flag == "H" && entry.is_file();
            if !fits {
                return Err(filters.meddled(path));
            }
            made.push(entry.oid.clone());
        }
        if let Some((path, _)) = before.iter().find(|(path, _)| !after.contains_key(*path)) {
            return Err(filters.meddled(path));
        }
        filters.take_over(self, &place, &made)?;
        copy_with_times(&kept, self.index_file()).at("write", self.index_file())
    }

    /// Makes the files of the working tree equal to `tree`: `check_out` writes most, and filters write those that go
    /// through them.
    pub(crate) fn with_filtered_files(
        &self,
        tree: &str,
        check_out: impl FnOnce(&Git) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(filters) = self.filters() else { return check_out(self) };
        let listed = self.ok("list the files of a revision", &["ls-tree", "-r", "-z", tree], None)?;
        let files: Vec<FilteredFile> = fields(&listed).filter_map(FilteredFile::read).collect();
        let through = filters.select(self, files.iter().map(|file| file.path.as_slice()))?;
        if through.is_empty() {
            return check_out(self);
        }
        let (known, dirty) = if self.index_file().is_file() {
            let args = ["diff-files", "-z", "--name-only", "--ignore-submodules=all"];
            let dirty = self.ok("look for changed files", &args, None)?;
            (listing(self)?, fields(&dirty).map(<[u8]>::to_vec).collect())
        } else {
            (BTreeMap::new(), BTreeSet::new())
        };
        let as_it_is = |file: &FilteredFile| {
            let same =
                known.get(&file.path).is_some_and(|entry| entry.oid == file.oid && entry.mode == file.mode);
            same && !dirty.contains(&file.path)
        };
        let due: Vec<FilteredFile> =
            files.into_iter().filter(|file| through.contains(&file.path) && !as_it_is(file)).collect();
        let attributes: Vec<u8> =
            fields(&listed).filter(|line| line.ends_with(b".gitattributes")).flat_map(ended).collect();
        let place = filters.place()?;
        let written = filters.write_files(self, &place, attributes, &due)?;
        check_out(self)?;
        if due.is_empty() {
            return Ok(());
        }
        put_in_place(&written, self.work_folder(), &due)?;
        // The index must have the times of these files, or git would read each again every time.
        let place = filters.place()?;
        let git = filters.git(self, &place)?;
        place.lend_index(self.index_file())?;
        git.run(WRITE, &["update-index", "-q", "--refresh"], None, 1 << 20)?;
        let kept = place.take_index()?;
        if listing(&self.clone().index(&kept))? != listing(self)? {
            return Err(filters.meddled(b"the index"));
        }
        copy_with_times(&kept, self.index_file()).at("write", self.index_file())
    }

    /// Writes the files of `entries` that go through a filter below `into`, and returns the others. `attributes` are index
    /// entries that decide about line ends.
    pub(crate) fn write_filtered(
        &self,
        attributes: &[u8],
        entries: Vec<FilteredFile>,
        into: &Path,
    ) -> Result<Vec<FilteredFile>, Error> {
        let Some(filters) = self.filters() else { return Ok(entries) };
        let through = filters.select(self, entries.iter().map(|file| file.path.as_slice()))?;
        let (due, rest): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|file| file.is_file() && through.contains(&file.path));
        if !due.is_empty() {
            let place = filters.place()?;
            let written = filters.write_files(self, &place, attributes.to_vec(), &due)?;
            put_in_place(&written, into, &due)?;
        }
        Ok(rest)
    }
}

impl Filters {
    /// Those of the paths that go through one of the filters. It reads no file of a slot.
    fn select<'a>(
        &self,
        git: &Git,
        paths: impl Iterator<Item = &'a [u8]>,
    ) -> Result<BTreeSet<Vec<u8>>, Error> {
        let empty = self.place()?;
        let asked = git.clone().work_tree(&empty.own).index(&empty.own.join("index"));
        let args = ["check-attr", "-z", "--stdin", "filter"];
        let answer = asked.ok("ask which files go through a filter", &args, Some(joined(paths)))?;
        let mut words = answer.split(|byte| *byte == 0);
        let mut through = BTreeSet::new();
        while let (Some(path), Some(_), Some(value)) = (words.next(), words.next(), words.next()) {
            if self.names.contains(&*String::from_utf8_lossy(value)) {
                through.insert(path.to_vec());
            }
        }
        Ok(through)
    }

    fn place(&self) -> Result<Place, Error> {
        let made = tempfile::Builder::new().prefix("filter-").tempdir_in(&self.area);
        let folder = made.at("create a folder in", &self.area)?;
        let own = folder.path().join("own");
        private_dir(&own)?;
        Ok(Place { folder, own })
    }

    /// Git with the filters on the same working tree, which it only reads; it has its own index and objects.
    fn git(&self, git: &Git, place: &Place) -> Result<Git, Error> {
        let objects = place.own.join("objects");
        private_dir(&objects)?;
        let mut git = git
            .clone()
            .index(&place.own.join("index"))
            .env("GIT_OBJECT_DIRECTORY", &objects)
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", self.repository.join("objects"))
            .env("GIT_CONFIG_COUNT", self.commands.len().to_string());
        for (at, (key, value)) in self.commands.iter().enumerate() {
            git = git.env(&format!("GIT_CONFIG_KEY_{at}"), key).env(&format!("GIT_CONFIG_VALUE_{at}"), value);
        }
        if let Some(home) = std::env::var_os("HOME") {
            git = git.env("HOME", home);
        }
        let Some(confine) = &self.confine else { return Err(self.unconfined()) };
        let mut places = ConfinedPlaces { own: place.own.clone(), ..ConfinedPlaces::default() };
        places.readable.extend([self.repository.clone(), git.work_folder().to_path_buf()]);
        places.readable.extend(self.readable.iter().cloned());
        if self.names.contains("lfs") {
            // LFS keeps large files there, by the hash of their content.
            let large = self.repository.join("lfs");
            private_dir(&large)?;
            places.writable.push(large);
        }
        Ok(git.confined(Confined { confine: confine.clone(), places }))
    }

    /// Lets filters write files into their own folder. Nothing else of the tree is there, so a filter finds no program of
    /// the project.
    fn write_files(
        &self,
        git: &Git,
        place: &Place,
        mut entries: Vec<u8>,
        due: &[FilteredFile],
    ) -> Result<PathBuf, Error> {
        let written = place.own.join("files");
        private_dir(&written)?;
        let mut wanted = Vec::new();
        for file in due {
            entries.extend(format!("{} {}\t", file.mode, file.oid).bytes());
            entries.extend(ended(&file.path));
            wanted.extend(ended(&file.path));
        }
        let git = self.git(&git.clone().work_tree(&written), place)?;
        git.ok(WRITE, &["update-index", "-z", "--index-info"], Some(entries))?;
        git.ok(WRITE, &["checkout-index", "-f", "-z", "--stdin"], Some(wanted))?;
        Ok(written)
    }

    /// Brings new objects into the private repository, which computes their names again.
    fn take_over(&self, git: &Git, place: &Place, oids: &[String]) -> Result<(), Error> {
        let objects = place.own.join("objects");
        // A file there could point to other repositories.
        remove_tree(&objects.join("info"))?;
        let theirs = git.clone().env("GIT_OBJECT_DIRECTORY", &objects).env("GIT_CONFIG_COUNT", "0");
        let args = ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"];
        let listed = theirs.ok(RECORD, &args, None)?;
        let there: BTreeSet<&[u8]> = listed.split(|byte| *byte == b'\n').collect();
        let mut wanted = Vec::new();
        for oid in oids.iter().filter(|oid| there.contains(oid.as_bytes())) {
            wanted.extend(object(oid)?.bytes());
            wanted.push(b'\n');
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let pack = theirs.ok(RECORD, &["pack-objects", "-q", "--stdout"], Some(wanted))?;
        git.ok(RECORD, &["unpack-objects", "-q"], Some(pack))?;
        Ok(())
    }

    fn unconfined(&self) -> Error {
        Error::Unconfined { filters: self.named() }
    }

    fn named(&self) -> String {
        self.names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    fn meddled(&self, path: &[u8]) -> Error {
        let why = format!(
            "a git filter of yours ({}) changed more than the content of its file: look at what it runs, or take it out \
             of your settings",
            self.named()
        );
        Error::Damaged { path: path_of(path).to_path_buf(), why }
    }
}

impl FilteredFile {
    /// Reads a line of `ls-tree`; `None` if it is not a plain file.
    pub(crate) fn read(line: &[u8]) -> Option<FilteredFile> {
        let at = line.iter().position(|byte| *byte == b'\t')?;
        let about = std::str::from_utf8(line.get(..at)?).ok()?;
        let mut words = about.split(' ');
        let (mode, kind, oid) = (words.next()?, words.next()?, words.next()?);
        let file = FilteredFile { mode: mode.into(), oid: oid.into(), path: line.get(at + 1..)?.to_vec() };
        (kind == "blob" && file.is_file()).then_some(file)
    }

    fn is_file(&self) -> bool {
        is_file_mode(&self.mode)
    }
}

fn is_file_mode(mode: &str) -> bool {
    mode == "100644" || mode == "100755"
}

/// An entry of an index, with the letter of its status.
#[derive(Debug, PartialEq, Eq)]
struct IndexEntry {
    flag: String,
    mode: String,
    oid: String,
    stage: String,
}

impl IndexEntry {
    fn is_file(&self) -> bool {
        is_file_mode(&self.mode) && self.stage == "0"
    }
}

/// All entries of an index by path.
fn listing(git: &Git) -> Result<BTreeMap<Vec<u8>, IndexEntry>, Error> {
    let bytes = git.ok("list what is recorded", &["ls-files", "-z", "-s", "-v"], None)?;
    let entries = fields(&bytes).filter_map(|line| {
        let at = line.iter().position(|byte| *byte == b'\t')?;
        let about = std::str::from_utf8(line.get(..at)?).ok()?;
        let mut words = about.split(' ').map(str::to_string);
        let entry =
            IndexEntry { flag: words.next()?, mode: words.next()?, oid: words.next()?, stage: words.next()? };
        Some((line.get(at + 1..)?.to_vec(), entry))
    });
    Ok(entries.collect())
}

/// Copies files from the filters' folder to the same paths below `to`. Only plain files, because a filter may leave
/// anything; and copies, because a filter may still run.
fn put_in_place(from: &Path, to: &Path, files: &[FilteredFile]) -> Result<(), Error> {
    for file in files {
        let inside = path_of(&file.path);
        let path = to.join(inside);
        folder_inside(to, inside, 0o755)?;
        remove_tree(&path)?;
        copy_plain(from, inside, &path).at("write", &path)?;
    }
    Ok(())
}

/// Copies a plain file below `from` with its times and mode.
fn copy_plain(from: &Path, inside: &Path, to: &Path) -> io::Result<()> {
    let left = || io::Error::other("the git filter left no plain file");
    let mut file = open_beneath(from, inside).ok_or_else(left)?;
    let found = file.metadata()?;
    let mut copy =
        OpenOptions::new().write(true).create_new(true).mode(found.permissions().mode() & 0o777).open(to)?;
    io::copy(&mut file, &mut copy)?;
    copy.set_times(fs::FileTimes::new().set_modified(found.modified()?).set_accessed(found.accessed()?))
}

fn ended(path: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = path.as_ref().to_vec();
    bytes.push(0);
    bytes
}

fn joined<'a>(paths: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    paths.flat_map(ended).collect()
}
