//! Zig: the build step `test`, if there is one.
//!
//! It searches `build.zig`, which is a program, for that name and does not run it. Single files are not tested.

use crate::check::CheckPurpose;
use crate::discover::{Ecosystem, Survey, no_setup, own};

const FILES: &[&str] = &["build.zig"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "zig", manifests: FILES, find, setup: no_setup, fills: &[], only_fetches: false };

fn find(survey: &mut Survey) {
    for folder in survey.source.projects(FILES) {
        let text = survey.source.read(&folder, "build.zig").unwrap_or_default();
        survey.add(own(&folder, "build", CheckPurpose::Build, "zig build", "build.zig"));
        if text.contains("step(\"test\"") {
            survey.add(own(&folder, "test", CheckPurpose::Test, "zig build test --summary all", "build.zig"));
        }
    }
}
