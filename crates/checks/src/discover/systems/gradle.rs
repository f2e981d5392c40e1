//! Gradle: the wrapper where it is there, without its daemon.

use crate::check::CheckPurpose;
use crate::discover::{Ecosystem, Survey, no_setup, own};

const SCRIPTS: &[&str] = &["settings.gradle", "settings.gradle.kts", "build.gradle", "build.gradle.kts"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "gradle", manifests: SCRIPTS, find, setup: no_setup };

fn find(survey: &mut Survey) {
    for folder in survey.source.projects(SCRIPTS) {
        let gradle = if survey.source.has(&folder, "gradlew") { "sh ./gradlew" } else { "gradle" };
        let file = survey.source.first(&folder, SCRIPTS).unwrap_or("build.gradle");
        survey.add(own(
            &folder,
            "build",
            CheckPurpose::Build,
            &format!("{gradle} --no-daemon --console=plain testClasses"),
            file,
        ));
        survey.add(own(
            &folder,
            "test",
            CheckPurpose::Test,
            &format!("{gradle} --no-daemon --console=plain --continue test"),
            file,
        ));
    }
}
