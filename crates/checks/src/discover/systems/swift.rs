//! Swift packages: build, tests, and swiftlint if it is configured.
//!
//! It does not read `Package.swift`, which is a program. A package below the root without tests, or in a folder `ios`,
//! gets no check.

use crate::check::CheckPurpose;
use crate::discover::source::{Source, join};
use crate::discover::{Ecosystem, SetupCommand, Survey, own};

const FILES: &[&str] = &["Package.swift"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "swift", manifests: FILES, find, setup, fills: &[], only_fetches: false };

fn find(survey: &mut Survey) {
    for folder in survey.source.projects(FILES) {
        // A part of a larger project gets no check if it has no tests, or is for a device
        let tested = survey.source.below(&folder).any(|path| path.starts_with("Tests/"));
        if !folder.is_empty() && (!tested || folder.split('/').any(|part| part == "ios")) {
            continue;
        }
        survey.add(own(&folder, "build", CheckPurpose::Build, "swift build --build-tests", "Package.swift"));
        survey.add(own(&folder, "test", CheckPurpose::Test, "swift test", "Package.swift"));
        if survey.source.has(&folder, ".swiftlint.yml") && survey.source.has_program("swiftlint") {
            survey.add(own(&folder, "lint", CheckPurpose::Lint, "swiftlint lint --strict", ".swiftlint.yml"));
        }
    }
}

fn setup(source: &Source) -> Vec<SetupCommand> {
    let folders = source.projects(FILES).into_iter().filter(|folder| source.has(folder, "Package.resolved"));
    folders
        .map(|folder| SetupCommand {
            otherwise: None,
            run: "swift package resolve".to_owned(),
            source: join(&folder, "Package.resolved"),
            folder,
        })
        .collect()
}
