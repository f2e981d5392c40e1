//! Maven: the wrapper where it is there, and the reactor's root.
//!
//! It reads no `pom.xml`: modules and plugins are Maven's affair. No check goes further than the phase `test`, so
//! nothing is packaged or installed.

use crate::check::CheckPurpose;
use crate::discover::source::{Source, join};
use crate::discover::{Ecosystem, SetupCommand, Survey, own};

const POM: &[&str] = &["pom.xml"];

pub(in crate::discover) const ROW: Ecosystem = Ecosystem { name: "maven", manifests: POM, find, setup };

/// Batch mode; every module is tested whatever fails before it.
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

/// All that the tests need, among it what runs them, which no plugin for downloads knows: every step up to them, and no test.
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
