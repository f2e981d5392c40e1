//! Replacing a file so that a reader, or a crash, sees the old or the new text and nothing between.

use crate::{Error, private};
use std::io::Write;
use std::path::Path;

const PREFIX: &str = ".new-";
const SUFFIX: &str = ".tmp";

/// Whether `path` is a temporary file of [`write_atomic`].
pub(crate) fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Writes `bytes` to `path` (mode 0600) by way of a temporary file beside it, and makes it durable.
/// On an error `path` is as it was.
///
/// # Errors
/// [`Error::Io`] with the file's name, if the folder is missing or read-only, or the disk is full.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // `tempfile` gives mode 0600 and a unique name, and removes the file on every way out.
    let mut file = tempfile::Builder::new()
        .prefix(PREFIX)
        .suffix(SUFFIX)
        .tempfile_in(dir)
        .map_err(Error::io("create a temporary file beside", path))?;
    file.write_all(bytes).map_err(Error::io("write", path))?;
    file.as_file().sync_all().map_err(Error::io("write", path))?;
    file.persist(path).map_err(|error| Error::io("replace", path)(error.error))?;
    private::sync_dir(dir).map_err(Error::io("make durable", path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn replaces_the_text_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("board.json");
        write_atomic(&path, b"first, and longer").unwrap();
        write_atomic(&path, b"second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("board.json");
        write_atomic(&path, b"x").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = write_atomic(Path::new("/nonexistent-folder/board.json"), b"x").unwrap_err().to_string();
        assert!(error.contains("/nonexistent-folder/board.json") && error.contains("hint:"), "{error}");
    }
}
