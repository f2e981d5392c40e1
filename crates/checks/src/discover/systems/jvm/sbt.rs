//! Sbt, the build tool of Scala: compiling, tests, and scalafmt if it is configured.
//!
//! It names no set-up, because sbt fetches packages itself. Of the build it only reads whether scalafmt is a plug-in.

use crate::check::CheckPurpose;
use crate::discover::{Ecosystem, Survey, no_setup, own};

const FILES: &[&str] = &["build.sbt"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "sbt", manifests: FILES, find, setup: no_setup, fills: &[], only_fetches: false };

fn find(survey: &mut Survey) {
    for folder in survey.source.projects(FILES) {
        survey.add(own(&folder, "build", CheckPurpose::Build, "sbt -no-colors Test/compile", "build.sbt"));
        survey.add(own(&folder, "test", CheckPurpose::Test, "sbt -no-colors test", "build.sbt"));
        if survey.source.has(&folder, ".scalafmt.conf")
            && survey
                .source
                .read(&folder, "project/plugins.sbt")
                .is_some_and(|text| text.contains("sbt-scalafmt"))
        {
            survey.add(own(
                &folder,
                "lint",
                CheckPurpose::Lint,
                "sbt -no-colors scalafmtCheckAll",
                ".scalafmt.conf",
            ));
        }
    }
}
