//! Reading a journal back, all at once or as it grows.
//!
//! It changes nothing on disk and takes no lock: it reports a torn last line, and `log.rs` cuts it off. It skips
//! nothing: a damaged line with others after it ends the reading.

use crate::ReadError;
use crate::line::{self, LineError, MAX_LINE, Seq, VERSION};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// What a journal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read<E> {
    /// All events of whole lines, in order; the first has sequence number 1.
    pub events: Vec<E>,
    /// The last line, if it was not written completely.
    pub torn: Option<Torn>,
}

/// A last line that a crash cut short. Its event never counted as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// The line's number, from 1.
    pub line: u64,
    /// The offset at which it begins, in bytes.
    pub offset: u64,
    /// Its length, in bytes.
    pub bytes: u64,
    /// What is wrong with it.
    pub why: String,
}

/// Reads a whole journal; changes nothing on disk.
///
/// # Errors
/// [`ReadError`] with file and line: a wrong checksum or sequence before the last line, a newer format, an
/// event that `E` does not know.
pub fn read<E: DeserializeOwned>(path: &Path) -> Result<Read<E>, ReadError> {
    let mut reader = Reader::open(path)?;
    let events = reader.poll()?;
    let (torn, _) = reader.pending()?;
    Ok(Read { events, torn })
}

/// A position in a journal that another process may be writing.
#[derive(Debug)]
pub struct Reader<E> {
    path: PathBuf,
    file: BufReader<File>,
    /// The offset of the first line that was not returned yet, in bytes.
    offset: u64,
    next: Seq,
    /// What is wrong with the line at `offset`, if there is one.
    why: String,
    events: PhantomData<fn() -> E>,
}

impl<E: DeserializeOwned> Reader<E> {
    /// Opens the journal at its beginning.
    ///
    /// # Errors
    /// If the file is missing or not readable.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let file = File::open(path).map_err(|source| ReadError::Io { path: path.to_path_buf(), source })?;
        let file = BufReader::with_capacity(1 << 18, file);
        Ok(Self {
            path: path.to_path_buf(),
            file,
            offset: 0,
            next: 1,
            why: String::new(),
            events: PhantomData,
        })
    }

    /// The events of whole lines that were added since the last call; empty when there are none.
    /// A last line that is not whole is left for the next call.
    ///
    /// # Errors
    /// See [`read`].
    pub fn poll(&mut self) -> Result<Vec<E>, ReadError> {
        let io = |path: &Path| {
            let path = path.to_path_buf();
            move |source| ReadError::Io { path, source }
        };
        self.file.seek(SeekFrom::Start(self.offset)).map_err(io(&self.path))?;
        let mut events = Vec::new();
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let bytes = read_line(&mut self.file, &mut buffer).map_err(io(&self.path))?;
            if bytes == 0 {
                return Ok(events);
            }
            let Some(text) = buffer.strip_suffix(b"\n") else {
                self.why = "it has no end".to_owned();
                return Ok(events);
            };
            let event = match self.decode(text) {
                Ok(event) => event,
                // Only the last line can be torn: each line is durable before the next one begins.
                Err(ReadError::Damaged { why, .. })
                    if self.file.fill_buf().map_err(io(&self.path))?.is_empty() =>
                {
                    self.why = why;
                    return Ok(events);
                }
                Err(error) => return Err(error),
            };
            events.push(event);
            self.offset += bytes as u64;
            self.next += 1;
        }
    }

    /// The end of the whole lines that were read, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The sequence number after the events that were returned.
    pub fn next_seq(&self) -> Seq {
        self.next
    }

    /// The unfinished line after the last whole one, with its bytes.
    pub(crate) fn pending(&mut self) -> Result<(Option<Torn>, Vec<u8>), ReadError> {
        let mut bytes = Vec::new();
        self.file
            .seek(SeekFrom::Start(self.offset))
            .and_then(|_| read_line(&mut self.file, &mut bytes))
            .map_err(|source| ReadError::Io { path: self.path.clone(), source })?;
        let torn = (!bytes.is_empty()).then(|| Torn {
            line: self.next,
            offset: self.offset,
            bytes: bytes.len() as u64,
            why: self.why.clone(),
        });
        Ok((torn, bytes))
    }

    fn decode(&self, text: &[u8]) -> Result<E, ReadError> {
        let (path, line) = (self.path.clone(), self.next);
        let found = match line::decode(text) {
            Ok(found) => found,
            Err(LineError::Newer { found }) => {
                return Err(ReadError::Newer { path, line, found, known: VERSION });
            }
            Err(LineError::Damaged(why)) => return Err(ReadError::Damaged { path, line, why }),
        };
        if found.seq != self.next {
            let why = format!("event {} stands where event {} belongs", found.seq, self.next);
            return Err(ReadError::Damaged { path, line, why });
        }
        serde_json::from_str(found.event).map_err(|source| ReadError::Unknown { path, line, source })
    }
}

/// Reads up to and including a newline, but at most one byte more than a line may have, so that a damaged file
/// uses bounded memory.
fn read_line(file: &mut impl BufRead, buffer: &mut Vec<u8>) -> io::Result<usize> {
    io::Read::take(file, MAX_LINE as u64 + 1).read_until(b'\n', buffer)
}
