//! Reads JUnit's XML reports that a runner writes into the slot when its output names no test. They are read after its
//! processes have ended, only below the check's folder, bounded, and only if this run wrote them. For `process`.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::shell;

/// Programs, and the folders to which each writes its reports; `*` stands for one name.
const WRITERS: &[(&[&str], &[&str])] = &[
    (&["mvn", "mvnw", "mvnd"], &["target/surefire-reports", "target/failsafe-reports"]),
    (&["gradle", "gradlew"], &["build/test-results/*"]),
    (&["sbt"], &["target/test-reports"]),
    (&["ctest"], &["build-checks"]),
    (&["meson"], &["build-checks/meson-logs"]),
    (&["phpunit", "pest"], &["build-checks"]),
];
/// The deepest module that is searched.
const MAX_DEPTH: usize = 8;
/// The most folders that are searched, and the most bytes that are read.
const MAX_FOLDERS: usize = 20_000;
const MAX_BYTES: u64 = 8 << 20;
/// Folders that contain no module.
const SKIPPED: &[&str] = &["node_modules", ".git", ".venv"];
/// Names below a folder `src` that hold sources; other folders there are modules.
const SOURCES: &[&str] = &["main", "test", "testFixtures", "integrationTest", "it"];

/// Reports by path, each with data that distinguishes it from a later report at the same path. Times alone are not enough,
/// because some file systems store them imprecisely.
pub(super) type Known = HashMap<PathBuf, Identity>;
type Identity = (u64, u64, i64, i64, i64, i64);

/// The existing reports before a command runs.
pub(super) fn known(line: &str, directory: &Path) -> Known {
    let mut known = Known::new();
    each(line, directory, &mut |path, found, _| {
        known.insert(path.to_path_buf(), identity(found));
    });
    known
}

/// The joined reports that a command has written; empty if it writes none. `before`: the reports that existed before.
pub(super) fn written(line: &str, directory: &Path, before: &Known) -> String {
    let (mut text, mut left) = (String::new(), MAX_BYTES);
    each(line, directory, &mut |path, found, file| {
        if before.get(path) == Some(&identity(found)) {
            return;
        }
        let Some(rest) = left.checked_sub(found.len()) else { return };
        let mut report = String::new();
        if file.take(found.len()).read_to_string(&mut report).is_ok() {
            left = rest;
            text.push_str(&report);
            text.push('\n');
        }
    });
    text
}

fn identity(found: &fs::Metadata) -> Identity {
    (found.ino(), found.len(), found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec())
}

fn each(line: &str, directory: &Path, visit: Visit<'_>) {
    let words: Vec<String> = shell::commands(line).into_iter().flatten().collect();
    let starts = |programs: &&[&str]| {
        words.iter().any(|word| programs.contains(&word.rsplit('/').next().unwrap_or(word)))
    };
    let Some((_, places)) = WRITERS.iter().find(|(programs, _)| starts(programs)) else { return };
    Search { folders: MAX_FOLDERS, visit }.look(directory, &mut Vec::new(), places);
}

type Visit<'a> = &'a mut dyn FnMut(&Path, &fs::Metadata, &mut fs::File);

struct Search<'a> {
    folders: usize,
    visit: Visit<'a>,
}

impl Search<'_> {
    /// `at`: the names between the check's folder and this one.
    fn look(&mut self, folder: &Path, at: &mut Vec<String>, places: &[&str]) {
        if self.folders == 0 || at.len() > MAX_DEPTH {
            return;
        }
        self.folders -= 1;
        let is_place = places.iter().any(|place| ends_with(at, place));
        let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            let holds_sources =
                at.last().is_some_and(|above| above == "src") && SOURCES.contains(&name.as_str());
            if kind.is_dir() && !SKIPPED.contains(&name.as_str()) && !holds_sources {
                at.push(name);
                self.look(&entry.path(), at, places);
                at.pop();
            } else if kind.is_file() && is_place && name.ends_with(".xml") {
                self.read(&entry.path());
            }
        }
    }

    fn read(&mut self, path: &Path) {
        let flags = nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK;
        let Ok(mut file) = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path) else {
            return;
        };
        if let Some(found) = file.metadata().ok().filter(fs::Metadata::is_file) {
            (self.visit)(path, &found, &mut file);
        }
    }
}

fn ends_with(at: &[String], place: &str) -> bool {
    let parts: Vec<&str> = place.split('/').collect();
    let Some(first) = at.len().checked_sub(parts.len()) else { return false };
    at.iter().skip(first).zip(parts).all(|(name, part)| part == "*" || name == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_run_wrote_is_read_and_no_link_is_followed() {
        let place = tempfile::tempdir().unwrap();
        let reports = place.path().join("core/target/surefire-reports");
        fs::create_dir_all(&reports).unwrap();
        fs::write(place.path().join("secret.xml"), "<secret/>").unwrap();
        fs::write(reports.join("TEST-a.xml"), "<testsuite/>").unwrap();
        fs::write(reports.join("a.txt"), "plain").unwrap();
        std::os::unix::fs::symlink(place.path().join("secret.xml"), reports.join("TEST-b.xml")).unwrap();
        let of = |line: &str, before: &Known| written(line, place.path(), before);
        let nothing = Known::new();
        assert_eq!(of("sh ./mvnw --batch-mode test", &nothing), "<testsuite/>\n");
        let earlier = known("mvn test", place.path());
        assert_eq!(of("mvn test", &earlier), "", "of an earlier run");
        // The new content must be noticed even if the time does not show it
        fs::write(reports.join("TEST-a.xml"), "<testsuites/>").unwrap();
        let old = fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
        fs::File::options().write(true).open(reports.join("TEST-a.xml")).unwrap().set_times(old).unwrap();
        assert_eq!(of("mvn test", &earlier), "<testsuites/>\n");
        assert_eq!(of("gradle test", &nothing), "");
        assert_eq!(of("npm test", &nothing), "");
    }

    #[test]
    fn modules_may_lie_below_a_folder_of_sources() {
        let place = tempfile::tempdir().unwrap();
        for folder in ["src/core/build/test-results/test", "src/test/build/test-results/test"] {
            fs::create_dir_all(place.path().join(folder)).unwrap();
            fs::write(place.path().join(folder).join("a.xml"), "<testsuite/>").unwrap();
        }
        assert_eq!(written("gradle test", place.path(), &Known::new()), "<testsuite/>\n");
    }

    #[test]
    fn places_end_the_path() {
        let at = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
        assert!(ends_with(&at("app/build/test-results/test"), "build/test-results/*"));
        assert!(!ends_with(&at("build/test-results"), "build/test-results/*"));
        assert!(!ends_with(&at("x"), "build/test-results/*"));
    }
}
