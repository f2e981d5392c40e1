//! Where a path that a tool was given really leads: inside the slot, with links resolved, or nowhere that a role may go.

use std::path::{Component, Path, PathBuf};

use mission::path::normalise;

/// The real path of a tool's argument, with links resolved, relative to the slot. The error, for the model, is for
/// paths outside the slot.
pub(crate) fn inside(slot: &Path, given: &str) -> Result<String, String> {
    let outside = || {
        format!(
            "refused: `{given}` is outside of the project. Work only on files of the project, by relative paths."
        )
    };
    let relative = match Path::new(given).strip_prefix(slot) {
        Ok(rest) => rest.to_string_lossy().into_owned(),
        Err(_) if Path::new(given).is_absolute() => {
            let real = slot.canonicalize().ok();
            let rest = real.as_deref().and_then(|real| Path::new(given).strip_prefix(real).ok());
            rest.ok_or_else(outside)?.to_string_lossy().into_owned()
        }
        Err(_) => given.to_string(),
    };
    let path = normalise(&relative).map_err(|why| format!("refused: {why}"))?;
    let root = slot.canonicalize().map_err(|error| format!("refused: the slot cannot be read: {error}"))?;
    let wanted = root.join(&path);
    let there = deepest(&wanted);
    let real = followed(&there).canonicalize().map_err(|_| outside())?;
    // The part of the path that does not exist yet
    let rest = wanted.strip_prefix(&there).unwrap_or(Path::new(""));
    let real_path = real.join(rest);
    let parts = real_path.strip_prefix(&root).map_err(|_| outside())?.components();
    let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    Ok(parts.join("/"))
}

/// Names the files of a list by their real paths, each once, because git knows files and not the links to them. Returns the
/// pairs that differ. Patterns, and paths that lead nowhere, stay as they are.
pub(crate) fn name_really(slot: &Path, files: &mut Vec<String>) -> Vec<(String, String)> {
    let mut differ = Vec::new();
    let mut named: Vec<String> = Vec::with_capacity(files.len());
    for file in std::mem::take(files) {
        let real = match inside(slot, &file) {
            Ok(real) if real != file && !real.is_empty() && !file.contains(['*', '?', '[', '{']) => {
                differ.push((file, real.clone()));
                real
            }
            _ => file,
        };
        if !named.contains(&real) {
            named.push(real);
        }
    }
    *files = named;
    differ
}

/// The deepest part of a path that exists, broken links included.
fn deepest(path: &Path) -> PathBuf {
    let mut at = path.to_path_buf();
    while at.symlink_metadata().is_err() && at.pop() {}
    at
}

/// The target of a broken link, by its text: enough to see that it leaves the slot. Any other path is returned as it
/// is.
fn followed(at: &Path) -> PathBuf {
    match std::fs::read_link(at) {
        Ok(target) if at.metadata().is_err() => {
            let joined = at.parent().unwrap_or(Path::new("/")).join(target);
            joined.components().fold(PathBuf::new(), |mut path, part| {
                match part {
                    Component::ParentDir => drop(path.pop()),
                    other => path.push(other),
                }
                path
            })
        }
        _ => at.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside_the_slot() {
        let dir = tempfile::tempdir().unwrap();
        let slot = dir.path().join("slot");
        std::fs::create_dir_all(slot.join("src")).unwrap();
        std::fs::create_dir_all(dir.path().join("other")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("other"), slot.join("out")).unwrap();
        std::os::unix::fs::symlink("../missing", slot.join("dangling")).unwrap();
        std::os::unix::fs::symlink("src", slot.join("in")).unwrap();
        let absolute = slot.join("src/a.ts").to_string_lossy().into_owned();
        for (given, path) in [
            ("src/a.ts", "src/a.ts"),
            (absolute.as_str(), "src/a.ts"),
            ("new/deep/b.ts", "new/deep/b.ts"),
            ("in/c.ts", "src/c.ts"),
        ] {
            assert_eq!(inside(&slot, given).as_deref(), Ok(path), "{given}");
        }
        let list = |files: &[&str]| files.iter().map(ToString::to_string).collect::<Vec<String>>();
        let mut files = list(&["in/c.ts", "src/c.ts", "new.ts", "in/*.ts", "out/x.ts"]);
        assert_eq!(name_really(&slot, &mut files), [("in/c.ts".to_string(), "src/c.ts".to_string())]);
        assert_eq!(files, list(&["src/c.ts", "new.ts", "in/*.ts", "out/x.ts"]));
        for given in ["/etc/passwd", "../other/x", "out/x.ts", "dangling", "~/.bashrc", ""] {
            assert!(inside(&slot, given).is_err(), "{given}");
        }
    }
}
