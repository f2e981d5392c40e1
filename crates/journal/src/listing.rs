//! The JSON files of a folder that processes leave for each other. Reads names only, at most as many as are asked for.

use std::path::{Path, PathBuf};

use crate::Error;

/// At most `most` of them, by name. A folder that is not there holds none.
pub(crate) fn json_files(dir: &Path, most: usize) -> Result<Vec<PathBuf>, Error> {
    let list = match std::fs::read_dir(dir) {
        Ok(list) => list,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", dir)(error)),
    };
    let mut paths: Vec<PathBuf> = list
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .take(most)
        .collect();
    paths.sort();
    Ok(paths)
}
