//! The JSON files of a folder that processes leave for each other. Reads names only.

use std::path::{Path, PathBuf};

use crate::Error;

/// The first `most` JSON files, sorted by name. A missing folder holds none.
pub(crate) fn json_files(dir: &Path, most: usize) -> Result<Vec<PathBuf>, Error> {
    let list = match std::fs::read_dir(dir) {
        Ok(list) => list,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", dir)(error)),
    };
    let mut paths: Vec<PathBuf> = list
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    // The operating system lists files in no fixed order
    paths.sort();
    paths.truncate(most);
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_by_name_are_listed() {
        let place = tempfile::tempdir().unwrap();
        let name = |number: usize| place.path().join(format!("{number:02}.json"));
        for number in (0..60).rev() {
            std::fs::write(name(number), "{}").unwrap();
        }
        std::fs::write(place.path().join("00.txt"), "").unwrap();
        assert_eq!(json_files(place.path(), 3).unwrap(), [name(0), name(1), name(2)]);
        assert!(json_files(&place.path().join("none"), 3).unwrap().is_empty());
    }
}
