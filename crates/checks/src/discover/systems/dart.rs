//! Dart and Flutter packages: `analyze`, and the tests if there are any.
//!
//! Tests in `integration_test/` are left out, because they need a device. Formatting is not
//! checked.

use crate::check::CheckPurpose;
use crate::discover::source::{Source, join};
use crate::discover::{Ecosystem, SetupCommand, Survey, own};

const FILES: &[&str] = &["pubspec.yaml"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "dart", manifests: FILES, find, setup, fills: &[], only_fetches: false };

fn program(source: &Source, folder: &str) -> &'static str {
    let flutter = source.read(folder, "pubspec.yaml").is_some_and(|text| text.contains("sdk: flutter"));
    if flutter { "flutter" } else { "dart" }
}

fn find(survey: &mut Survey) {
    for folder in survey.source.projects(FILES) {
        let program = program(survey.source, &folder);
        survey.add(own(&folder, "lint", CheckPurpose::Lint, &format!("{program} analyze"), "pubspec.yaml"));
        if survey
            .source
            .below(&folder)
            .any(|path| path.ends_with("_test.dart") && !path.starts_with("integration_test/"))
        {
            survey.add(own(&folder, "test", CheckPurpose::Test, &format!("{program} test"), "pubspec.yaml"));
        }
    }
}

fn setup(source: &Source) -> Vec<SetupCommand> {
    let folders = source.projects(FILES).into_iter();
    folders
        .map(|folder| SetupCommand {
            otherwise: None,
            run: format!("{} pub get", program(source, &folder)),
            source: join(&folder, "pubspec.yaml"),
            folder,
        })
        .collect()
}
