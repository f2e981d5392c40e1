//! Maven, in the reactor's root: the wrapper if the project has one.
//!
//! It reads no `pom.xml`: Maven handles modules and plugins. No check goes beyond the phase `test`, so nothing is packaged or
//! installed.

use crate::check::CheckPurpose;
use crate::discover::source::{Source, join};
use crate::discover::{Ecosystem, SetupCommand, Survey, own};

const POM: &[&str] = &["pom.xml"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "maven", manifests: POM, find, setup, fills: &[], only_fetches: true };

/// Batch mode; every module is tested even if another one failed.
const OPTIONS: &str = "--batch-mode --no-transfer-progress";

fn find(survey: &mut Survey) {
    for folder in survey.source.projects(POM) {
        let maven = program(survey.source, &folder);
        survey.add(own(
            &folder,
            "build",
            CheckPurpose::Build,
            &format!("{maven} {OPTIONS} test-compile"),
            "pom.xml",
        ));
        let run = format!("{maven} {OPTIONS} --fail-at-end test");
        survey.add(own(&folder, "test", CheckPurpose::Test, &run, "pom.xml"));
    }
}

fn program(source: &Source, folder: &str) -> &'static str {
    if source.has(folder, "mvnw") { "sh ./mvnw" } else { "mvn" }
}

/// Fetches everything that the tests need, including the test runner, which no download plugin knows: it runs every step up
/// to the tests, but no test.
const NO_TEST: &str = "-Dtest='*#none' -DfailIfNoTests=false -Dsurefire.failIfNoSpecifiedTests=false";

fn setup(source: &Source) -> Vec<SetupCommand> {
    let folders = source.projects(POM).into_iter();
    folders
        .map(|folder| SetupCommand {
            otherwise: None,
            run: format!("{} {OPTIONS} --fail-at-end {NO_TEST} test", program(source, &folder)),
            source: join(&folder, "pom.xml"),
            folder,
        })
        .collect()
}
