//! Whole files, linted on all cores.
//!
//! `guardian` judges the files. This file only distributes them, and returns findings in the same order as on one
//! core.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use guardian::{Finding, Guardian, Scan};

use super::files::DiskSources;

/// The most files, and bytes of files, that one thread lints together. Larger parts need more memory, but parse files
/// less often for their neighbours.
const PART_FILES: usize = 64;
const PART_BYTES: u64 = 2 * 1024 * 1024;
/// The most threads: with more, memory is the bottleneck.
const MAX_THREADS: usize = 16;

/// The findings in whole files, sorted: the same on any number of cores.
pub(super) fn scan(guardian: &Guardian, disk: &DiskSources, paths: &[String]) -> Vec<Finding> {
    let scan = Scan::new(guardian, disk);
    let parts = parts(paths, |path| disk.size(path));
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS).min(parts.len());
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<Finding>> = Mutex::default();
    let work = || {
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let findings = scan.part(paths.get(part.clone()).unwrap_or_default());
            found.lock().unwrap_or_else(PoisonError::into_inner).extend(findings);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort();
    found
}

/// Divides a list into parts by the sizes of the files; the number of cores does not matter.
fn parts(paths: &[String], size: impl Fn(&str) -> u64) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, path) in paths.iter().enumerate() {
        let more = size(path);
        if at > start && (at - start == PART_FILES || bytes + more > PART_BYTES) {
            parts.push(start..at);
            (start, bytes) = (at, 0);
        }
        bytes += more;
    }
    if start < paths.len() {
        parts.push(start..paths.len());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_all_of_the_list_and_none_is_large() {
        let paths: Vec<String> = (0..200).map(|n| format!("{n}.js")).collect();
        let size = |path: &str| if path.starts_with('7') { PART_BYTES } else { 10 };
        let parts = parts(&paths, size);
        assert_eq!(parts.iter().flat_map(Clone::clone).collect::<Vec<_>>(), (0..200).collect::<Vec<_>>());
        for part in &parts {
            let bytes: u64 = paths[part.clone()].iter().map(|path| size(path)).sum();
            assert!(part.len() <= PART_FILES && (bytes <= PART_BYTES || part.len() == 1), "{part:?}");
        }
    }

    #[test]
    fn parts_side_by_side_say_what_one_says() {
        let folder = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for n in 0..150 {
            let name = format!("src/{n:03}.js");
            let next = (n + 1) % 151;
            let text = format!(
                "import {{ a{next} }} from './{next:03}.js';\nexport const a{n} = a{next};\nconsole.log(1);\n"
            );
            std::fs::create_dir_all(folder.path().join("src")).unwrap();
            std::fs::write(folder.path().join(&name), text).unwrap();
            paths.push(name);
        }
        let (guardian, _) = Guardian::new(guardian::GuardianOptions::default());
        let disk = DiskSources::new(folder.path(), paths.clone());
        let found = scan(&guardian, &disk, &paths);
        assert_eq!(found, guardian.lint_files(&disk, &paths));
        assert_eq!(found, scan(&guardian, &disk, &paths));
        let gone = found.iter().filter(|finding| finding.rule == "unresolved-import").count();
        assert_eq!((gone, found.len()), (1, 151), "{found:?}");
    }
}
