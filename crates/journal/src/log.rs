//! The writer of a journal: an event is on disk before its effect.
//!
//! `line.rs` has the layout of a line. This file changes no durable line and retries no append. If the end of the
//! file is uncertain, it writes nothing more.

use crate::faults::{self, Fault};
use crate::line::{self, MAX_LINE, Seq};
use crate::{Error, Read, ReadError, Reader, Redactor, private, write_atomic};
use serde::{Serialize, de::DeserializeOwned};
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// An append-only file of events of type `E`, one per line. A file lock allows one writer at a time.
#[derive(Debug)]
pub struct Journal<E> {
    path: PathBuf,
    file: File,
    redactor: Redactor,
    /// The length of the file in bytes up to the end of the last durable line.
    len: u64,
    next: Seq,
    poisoned: bool,
    events: PhantomData<fn(&E)>,
}

impl<E: Serialize> Journal<E> {
    /// Creates a new journal; its folder must exist.
    ///
    /// # Errors
    /// If `path` exists already, or cannot be created.
    pub fn create(path: &Path, redactor: Redactor) -> Result<Self, Error> {
        let mut options = private::options();
        let file = options
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(Error::io("create the journal", path))?;
        hold(&file, path)?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        private::sync_dir(dir).map_err(Error::io("create the journal", path))?;
        Ok(Self::new(path, file, redactor, 0, 1))
    }

    fn new(path: &Path, file: File, redactor: Redactor, len: u64, next: Seq) -> Self {
        Self { path: path.to_path_buf(), file, redactor, len, next, poisoned: false, events: PhantomData }
    }

    /// Writes one event with secrets redacted. It returns when the event would survive a power cut.
    ///
    /// To keep what is in memory equal to what is replayed, pass an event that went through
    /// [`Redactor::redact_value`] and apply that same event.
    ///
    /// # Errors
    /// [`Error::Append`] if the disk is full or fails: the file is cut back to the last whole line, and a later
    /// append may succeed. If the cut fails too, or it is unknown what reached the disk, the journal is poisoned:
    /// every further append returns [`Error::Poisoned`].
    pub fn append(&mut self, event: &E) -> Result<Seq, Error> {
        if self.poisoned {
            return Err(Error::Poisoned { path: self.path.clone() });
        }
        let text = self.encode(event).map_err(|source| Error::Encode { path: self.path.clone(), source })?;
        let seq = self.next;
        let line = line::encode(seq, &text);
        if line.len() > MAX_LINE {
            return Err(Error::TooLarge { path: self.path.clone(), bytes: line.len(), max: MAX_LINE });
        }
        if let Some(fault) = faults::next() {
            return Err(self.fail(fault, seq, line.as_bytes()));
        }
        if let Err(source) = write_at(&mut self.file, self.len, line.as_bytes()) {
            self.poisoned = self.cut_back().is_err();
            return Err(Error::Append { path: self.path.clone(), seq, poisoned: self.poisoned, source });
        }
        if let Err(source) = self.file.sync_data() {
            // After a failed sync the kernel may have dropped the pages: what is on disk is unknown.
            self.poisoned = true;
            let _ = self.cut_back();
            return Err(Error::Append { path: self.path.clone(), seq, poisoned: true, source });
        }
        self.len += line.len() as u64;
        self.next += 1;
        Ok(seq)
    }

    /// The path of the journal.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The sequence number that the next event gets.
    pub fn next_seq(&self) -> Seq {
        self.next
    }

    fn encode(&self, event: &E) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(event)?;
        self.redactor.redact_json(&mut value);
        serde_json::to_string(&value)
    }

    fn fail(&mut self, fault: Fault, seq: Seq, line: &[u8]) -> Error {
        self.poisoned = fault != Fault::Refused;
        let part = match fault {
            Fault::Refused => &[],
            Fault::Torn => &line[..line.len() / 2],
            Fault::Lost => line,
        };
        // The fault leaves a torn line on disk; it does not matter whether this write succeeds
        let _ = write_at(&mut self.file, self.len, part);
        Error::Append { path: self.path.clone(), seq, poisoned: self.poisoned, source: faults::error() }
    }

    fn cut_back(&mut self) -> io::Result<()> {
        self.file.set_len(self.len)?;
        self.file.sync_all()
    }
}

impl<E: Serialize + DeserializeOwned> Journal<E> {
    /// Opens an existing journal to continue it, and returns what it holds. A torn last line is cut off; its
    /// bytes are kept beside the journal as `journal.jsonl.torn`, and [`Read::torn`] describes it.
    ///
    /// # Errors
    /// [`Error::Read`] if the journal is damaged, [`Error::Busy`] if another process writes it.
    pub fn reopen(path: &Path, redactor: Redactor) -> Result<(Self, Read<E>), Error> {
        let file = private::options()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|source| ReadError::Io { path: path.to_path_buf(), source })?;
        hold(&file, path)?;
        let mut reader = Reader::open(path)?;
        let events = reader.poll()?;
        let (torn, bytes) = reader.pending()?;
        let (len, next) = (reader.offset(), reader.next_seq());
        if torn.is_some() {
            let mut kept = path.as_os_str().to_owned();
            kept.push(".torn");
            write_atomic(Path::new(&kept), &bytes)?;
            file.set_len(len).map_err(Error::io("cut a torn line off", path))?;
            file.sync_all().map_err(Error::io("cut a torn line off", path))?;
        }
        Ok((Self::new(path, file, redactor, len, next), Read { events, torn }))
    }
}

fn hold(file: &File, path: &Path) -> Result<(), Error> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(Error::Busy { path: path.to_path_buf() }),
        Err(TryLockError::Error(source)) => Err(Error::io("lock", path)(source)),
    }
}

/// Writes at a known offset instead of appending, so that it overwrites what a failed write left behind.
fn write_at(file: &mut File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    io::Seek::seek(file, io::SeekFrom::Start(offset))?;
    file.write_all(bytes)
}
