//! Swift packages.

use crate::check::Kind;
use crate::discover::source::{Source, join};
use crate::discover::{Ecosystem, Step, Survey, own};

const FILES: &[&str] = &["Package.swift"];

pub(in crate::discover) const ROW: Ecosystem = Ecosystem { name: "swift", manifests: FILES, find, setup };

fn find(survey: &mut Survey) {
    for folder in survey.source.projects(FILES) {
        survey.add(own(&folder, "build", Kind::Build, "swift build --build-tests", "Package.swift"));
        survey.add(own(&folder, "test", Kind::Test, "swift test", "Package.swift"));
        if survey.source.has(&folder, ".swiftlint.yml") && survey.source.has_program("swiftlint") {
            survey.add(own(&folder, "lint", Kind::Lint, "swiftlint lint --strict", ".swiftlint.yml"));
        }
    }
}

fn setup(source: &Source) -> Vec<Step> {
    let folders = source.projects(FILES).into_iter().filter(|folder| source.has(folder, "Package.resolved"));
    folders
        .map(|folder| Step {
            run: "swift package resolve".to_owned(),
            source: join(&folder, "Package.resolved"),
            folder,
        })
        .collect()
}
