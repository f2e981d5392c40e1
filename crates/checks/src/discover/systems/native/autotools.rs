//! Autotools: there is no Makefile before `configure` has run.

use crate::check::CheckPurpose;
use crate::discover::source::{Source, join};
use crate::discover::{Ecosystem, SetupCommand, Survey, own};

const FILES: &[&str] = &["configure.ac", "configure.in"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "autotools", manifests: FILES, find, setup, fills: &[], only_fetches: false };

/// Where Meson or CMake runs the tests, a second build of the same sources needs tools that may be missing, and shows no
/// more.
fn projects(source: &Source) -> Vec<String> {
    let mut folders = source.projects(FILES);
    folders.retain(|folder| {
        let is_cmake = source.has(folder, "CMakeLists.txt") && super::cmake::has_tests(source, folder);
        !source.has(folder, "meson.build") && !is_cmake
    });
    folders
}

fn find(survey: &mut Survey) {
    for folder in projects(survey.source) {
        if crate::discover::recipes::makefile(survey.source, &folder).is_some() {
            continue;
        }
        survey.add(own(&folder, "build", CheckPurpose::Build, "make", "configure.ac"));
        survey.add(own(&folder, "test", CheckPurpose::Test, "make check", "configure.ac"));
    }
}

fn setup(source: &Source) -> Vec<SetupCommand> {
    let folders = projects(source).into_iter();
    folders
        .map(|folder| {
            let prepare = if source.has(&folder, "configure") {
                ""
            } else if source.has(&folder, "autogen.sh") {
                "NOCONFIGURE=1 sh ./autogen.sh && "
            } else {
                "autoreconf --install && "
            };
            SetupCommand {
                otherwise: None,
                run: format!("{prepare}sh ./configure"),
                source: join(&folder, "configure.ac"),
                folder,
            }
        })
        .collect()
}
