//! Meson: configured in a separate folder, then its tests.
//!
//! It reads no `meson.build`, sets no option, and does not ask whether there are tests.

use crate::check::CheckPurpose;
use crate::discover::{Ecosystem, Survey, no_setup, own};

const FILES: &[&str] = &["meson.build"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "meson", manifests: FILES, find, setup: no_setup, fills: &[], only_fetches: false };

/// A name that the project itself does not use.
const FOLDER: &str = "build-checks";

fn find(survey: &mut Survey) {
    for folder in survey.source.projects(FILES) {
        let set_up = format!("(test -d {FOLDER} || meson setup {FOLDER})");
        let build = format!("{set_up} && meson compile -C {FOLDER}");
        survey.add(own(&folder, "build", CheckPurpose::Build, &build, "meson.build"));
        let test = format!("{set_up} && meson test -C {FOLDER} --print-errorlogs");
        survey.add(own(&folder, "test", CheckPurpose::Test, &test, "meson.build"));
    }
}
