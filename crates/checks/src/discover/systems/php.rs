//! PHP: scripts of composer, PHPUnit and Pest, PHPStan and Psalm.
//!
//! A tool is named only if no script has its kind. The set-up runs no script and no plugin of composer.

use super::targets::{Names, from_recipes};
use crate::check::CheckPurpose;
use crate::discover::recipes;
use crate::discover::source::{Source, join};
use crate::discover::{Ecosystem, SetupCommand, Survey, own};

const FILES: &[&str] = &["composer.json"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "php", manifests: FILES, find, setup, fills: &["vendor"], only_fetches: false };

/// The runner writes the names of its tests into this file, in a folder that the project itself does not use.
const REPORT: &str = "--log-junit build-checks/junit.xml";

const SCRIPTS: Names = &[
    (
        CheckPurpose::Type,
        &["phpstan", "analyse", "analyze", "psalm", "static-analysis", "stan", "types", "test:types"],
    ),
    (
        CheckPurpose::Lint,
        &["lint", "cs", "cs-check", "check-style", "phpcs", "cs:check", "test:lint", "check-cs", "style"],
    ),
    (
        CheckPurpose::Test,
        &["test", "tests", "test:unit", "phpunit", "unit", "unit-test", "pest", "check", "ci"],
    ),
];

fn find(survey: &mut Survey) {
    for folder in survey.source.folders_with(FILES) {
        if let Some(recipes) = recipes::composer(survey.source, &folder) {
            from_recipes(
                survey,
                &folder,
                &recipes,
                SCRIPTS,
                "composer",
                "composer run-script",
                &join(&folder, "composer.json scripts."),
                false,
            );
        }
        let source = survey.source;
        let manifest = source.read(&folder, "composer.json").unwrap_or_default();
        if !survey.has(CheckPurpose::Test, &folder) {
            let configured = source.first(&folder, &["phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml"]);
            if manifest.contains("\"pestphp/pest\"") {
                survey.add(own(
                    &folder,
                    "test",
                    CheckPurpose::Test,
                    &format!("vendor/bin/pest {REPORT}"),
                    "composer.json",
                ));
            } else if configured.is_some() || manifest.contains("\"phpunit/phpunit\"") {
                survey.add(own(
                    &folder,
                    "test",
                    CheckPurpose::Test,
                    &format!("vendor/bin/phpunit {REPORT}"),
                    configured.unwrap_or("composer.json"),
                ));
            }
        }
        if !survey.has(CheckPurpose::Type, &folder) {
            if let Some(file) =
                source.first(&folder, &["phpstan.neon", "phpstan.neon.dist", "phpstan.dist.neon"])
            {
                survey.add(own(
                    &folder,
                    "typecheck",
                    CheckPurpose::Type,
                    "vendor/bin/phpstan analyse --no-progress",
                    file,
                ));
            } else if let Some(file) = source.first(&folder, &["psalm.xml", "psalm.xml.dist"]) {
                survey.add(own(
                    &folder,
                    "typecheck",
                    CheckPurpose::Type,
                    "vendor/bin/psalm --no-progress",
                    file,
                ));
            }
        }
        if !survey.has(CheckPurpose::Lint, &folder)
            && let Some(file) = source.first(&folder, &["phpcs.xml", "phpcs.xml.dist"])
        {
            survey.add(own(&folder, "lint", CheckPurpose::Lint, "vendor/bin/phpcs", file));
        }
    }
}

fn setup(source: &Source) -> Vec<SetupCommand> {
    // Without requirements there is nothing to install, and the file may be data of that name
    let requires = |folder: &String| {
        let manifest = source.read(folder, "composer.json").unwrap_or_default();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap_or_default();
        ["require", "require-dev", "autoload"].iter().any(|key| manifest.get(key).is_some())
    };
    let folders = source.folders_with(FILES).into_iter().filter(requires);
    folders
        .map(|folder| SetupCommand {
            otherwise: None,
            run: "composer install --no-interaction --no-progress --no-scripts --no-plugins".to_owned(),
            source: join(
                &folder,
                if source.has(&folder, "composer.lock") { "composer.lock" } else { "composer.json" },
            ),
            folder,
        })
        .collect()
}
