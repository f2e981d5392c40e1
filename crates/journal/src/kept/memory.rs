//! What missions learned of a project: two files in its state folder, JSON for programs and Markdown for people.
//!
//! It knows nothing of what an entry means. A writer reads it right before; of two writers the last one's is kept, whole.

use crate::{Error, StateDir, write_atomic};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// The longest memory that is read, in bytes.
const MOST_BYTES: u64 = 4 << 20;

impl StateDir {
    /// Where the memory lies that programs read.
    pub fn memory_path(&self) -> PathBuf {
        self.path().join("memory.json")
    }

    /// The same as Markdown, written with it.
    pub fn memory_page_path(&self) -> PathBuf {
        self.path().join("memory.md")
    }

    /// The JSON of the memory; `None` where there is none.
    ///
    /// # Errors
    /// Where it is there and cannot be read, or is too long.
    pub fn memory(&self) -> Result<Option<String>, Error> {
        let path = self.memory_path();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read the memory", &path)(error)),
        };
        let mut bytes = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io("read the memory", &path))?;
        let text = String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= MOST_BYTES);
        let unreadable = || std::io::Error::from(std::io::ErrorKind::InvalidData);
        text.map(Some).ok_or_else(|| Error::io("read the memory", &path)(unreadable()))
    }

    /// Keeps it; the folder must be there.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn keep_memory(&self, json: &str, markdown: &str) -> Result<(), Error> {
        write_atomic(&self.memory_path(), json.as_bytes())?;
        write_atomic(&self.memory_page_path(), markdown.as_bytes())
    }

    /// Puts a memory that cannot be understood aside, so that nothing of it is lost, and says where.
    ///
    /// # Errors
    /// Where it cannot be renamed.
    pub fn put_memory_aside(&self) -> Result<PathBuf, Error> {
        let (path, aside) = (self.memory_path(), self.path().join("memory.damaged.json"));
        std::fs::rename(&path, &aside).map_err(Error::io("put the damaged memory aside", &path))?;
        Ok(aside)
    }

    /// Removes it.
    ///
    /// # Errors
    /// Where a file is there and cannot be removed.
    pub fn forget_memory(&self) -> Result<(), Error> {
        for path in [self.memory_path(), self.memory_page_path()] {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("remove the memory", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_for_its_owner_alone_and_damage_is_put_aside() {
        let home = tempfile::tempdir().unwrap();
        let state = StateDir::open(home.path(), home.path()).unwrap();
        assert_eq!(state.memory().unwrap(), None);
        state.keep_memory("{}", "# Memory\n").unwrap();
        assert_eq!(state.memory().unwrap().as_deref(), Some("{}"));
        #[cfg(unix)]
        for path in [state.memory_path(), state.memory_page_path()] {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(state.memory_path(), [0xff, 0xfe]).unwrap();
        assert!(state.memory().is_err());
        let aside = state.put_memory_aside().unwrap();
        assert_eq!((std::fs::read(aside).unwrap(), state.memory().unwrap()), (vec![0xff, 0xfe], None));
        state.forget_memory().unwrap();
        assert!(!state.memory_page_path().exists());
    }
}
