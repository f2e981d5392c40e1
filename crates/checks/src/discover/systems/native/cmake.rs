//! CMake: configured and built in a separate folder, tested with CTest.
//!
//! It names nothing if the folder, or one around it, already has tests. `CMakeLists.txt` is searched for words, not
//! evaluated, and presets are not read.

use crate::check::{Check, CheckPurpose};
use crate::discover::source::{Source, is_inside};
use crate::discover::{Ecosystem, Survey, no_setup, own};

const FILES: &[&str] = &["CMakeLists.txt"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "cmake", manifests: FILES, find, setup: no_setup, fills: &[], only_fetches: false };

/// A name that the project itself does not use.
const FOLDER: &str = "build-checks";

fn find(survey: &mut Survey) {
    for folder in survey.source.projects(FILES) {
        let tested = has_tests(survey.source, &folder);
        // If the folder, or one around it, already has tests, they build this project too. A Makefile beside it often has
        // fewer tests, unless it calls CMake
        let covered = survey.checks().any(|check| {
            check.kind == CheckPurpose::Test
                && (check.directory == folder || is_inside(&folder, &check.directory))
                && !(tested && check.directory == folder && is_of_other_makefile(survey.source, check))
        });
        if covered {
            continue;
        }
        let build = format!("cmake -S . -B {FOLDER} && cmake --build {FOLDER}");
        survey.add(own(&folder, "build", CheckPurpose::Build, &build, "CMakeLists.txt"));
        if tested {
            let test =
                format!("{build} && ctest --test-dir {FOLDER} --output-on-failure --output-junit junit.xml");
            survey.add(own(&folder, "test", CheckPurpose::Test, &test, "CMakeLists.txt"));
        }
    }
}

/// Whether the project registers tests with CTest.
pub(in crate::discover) fn has_tests(source: &Source, folder: &str) -> bool {
    source.below(folder).filter(|path| path.ends_with("CMakeLists.txt")).any(|path| {
        let text = source.read(folder, path).unwrap_or_default().to_ascii_lowercase();
        ["enable_testing", "add_test", "include(ctest", "_discover_tests"]
            .iter()
            .any(|mark| text.contains(mark))
    })
}

/// Whether a check is a target of a Makefile that does not use CMake.
fn is_of_other_makefile(source: &Source, check: &Check) -> bool {
    let folder = &check.directory;
    let text = crate::discover::recipes::makefile(source, folder).and_then(|file| source.read(folder, file));
    check.run.starts_with("make ")
        && text.is_some_and(|text| !text.contains("cmake") && !text.contains("ctest"))
}
