//! Reads JUnit's XML reports that a runner writes into the slot when its output names no test. They are read after its
//! processes have ended, only below the check's folder, bounded, and only if this run wrote them. For `process`.

use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

use crate::shell;

/// Programs, and the folders to which each writes its reports; `*` stands for one name.
const WRITERS: &[(&[&str], &[&str])] = &[
    (&["mvn", "mvnw", "mvnd"], &["target/surefire-reports", "target/failsafe-reports"]),
    (&["gradle", "gradlew"], &["build/test-results/*"]),
    (&["sbt"], &["target/test-reports"]),
    (&["ctest"], &["build-checks"]),
    (&["meson"], &["build-checks/meson-logs"]),
];
/// The deepest module that is searched.
const MAX_DEPTH: usize = 8;
/// The most folders that are searched, and the most bytes that are read.
const MAX_FOLDERS: usize = 20_000;
const MAX_BYTES: u64 = 8 << 20;
/// Folders that contain no module.
const SKIPPED: &[&str] = &["node_modules", ".git", ".venv", "src"];

/// The joined reports that a command has written since `start`; empty if it writes none.
pub(super) fn written(line: &str, directory: &Path, start: SystemTime) -> String {
    let words: Vec<String> = shell::commands(line).into_iter().flatten().collect();
    let starts = |programs: &&[&str]| {
        words.iter().any(|word| programs.contains(&word.rsplit('/').next().unwrap_or(word)))
    };
    let Some((_, places)) = WRITERS.iter().find(|(programs, _)| starts(programs)) else {
        return String::new();
    };
    let mut found = Found { text: String::new(), folders: MAX_FOLDERS, bytes: MAX_BYTES, start };
    found.look(directory, &mut Vec::new(), places);
    found.text
}

struct Found {
    text: String,
    folders: usize,
    bytes: u64,
    start: SystemTime,
}

impl Found {
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
            if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
                at.push(name);
                self.look(&entry.path(), at, places);
                at.pop();
            } else if kind.is_file() && is_place && name.ends_with(".xml") {
                self.read(&entry.path());
            }
        }
    }

    fn read(&mut self, file: &Path) {
        let flags = nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK;
        let Ok(mut file) = OpenOptions::new().read(true).custom_flags(flags.bits()).open(file) else {
            return;
        };
        let is_new = |found: &fs::Metadata| {
            found.is_file() && found.modified().is_ok_and(|modified| modified >= self.start)
        };
        let Some(length) = file.metadata().ok().filter(is_new).map(|found| found.len()) else { return };
        let Some(left) = self.bytes.checked_sub(length) else { return };
        let mut text = String::new();
        if file.by_ref().take(length).read_to_string(&mut text).is_ok() {
            self.bytes = left;
            self.text.push_str(&text);
            self.text.push('\n');
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
    use std::time::Duration;

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
        let ago = SystemTime::now() - Duration::from_secs(60);
        let of = |line: &str, start| written(line, place.path(), start);
        assert_eq!(of("sh ./mvnw --batch-mode test", ago), "<testsuite/>\n");
        assert_eq!(of("mvn test", SystemTime::now() + Duration::from_secs(60)), "", "of an earlier run");
        assert_eq!(of("gradle test", ago), "");
        assert_eq!(of("npm test", ago), "");
    }

    #[test]
    fn places_end_the_path() {
        let at = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
        assert!(ends_with(&at("app/build/test-results/test"), "build/test-results/*"));
        assert!(!ends_with(&at("build/test-results"), "build/test-results/*"));
        assert!(!ends_with(&at("x"), "build/test-results/*"));
    }
}
