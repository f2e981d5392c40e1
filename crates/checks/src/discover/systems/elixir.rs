//! Elixir: mix.
//!
//! `mix.exs` is searched for words, not evaluated. Tests behind an alias that prepares a database are refused unless
//! the user allows them.

use crate::check::CheckPurpose;
use crate::discover::source::{Source, join};
use crate::discover::{Ecosystem, SetupCommand, Survey, own};

const FILES: &[&str] = &["mix.exs"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "elixir", manifests: FILES, find, setup, fills: &[], only_fetches: false };

fn find(survey: &mut Survey) {
    for folder in survey.source.projects(FILES) {
        let text = survey.source.read(&folder, "mix.exs").unwrap_or_default();
        survey.add(own(&folder, "build", CheckPurpose::Build, "mix compile", "mix.exs"));
        // An alias for `test` that prepares a database does not run without permission
        let alias = text.lines().find(|line| line.trim_start().starts_with("test: ["));
        match alias.filter(|line| line.contains("ecto") || line.contains("setup")) {
            Some(line) => {
                let why = format!("`{}` prepares a database", line.trim().trim_end_matches(','));
                let name = "test";
                if survey.allows(&folder, name) {
                    survey.add(own(&folder, name, CheckPurpose::Test, "mix test", "mix.exs"));
                } else {
                    survey.refuse(&folder, name, "mix test", &join(&folder, "mix.exs aliases.test"), &why);
                }
            }
            None => survey.add(own(&folder, "test", CheckPurpose::Test, "mix test", "mix.exs")),
        }
        if text.contains(":credo") {
            survey.add(own(&folder, "lint", CheckPurpose::Lint, "mix credo", "mix.exs"));
        } else if survey.source.has(&folder, ".formatter.exs") {
            survey.add(own(
                &folder,
                "lint",
                CheckPurpose::Lint,
                "mix format --check-formatted",
                ".formatter.exs",
            ));
        }
    }
}

fn setup(source: &Source) -> Vec<SetupCommand> {
    let folders = source.projects(FILES).into_iter();
    folders
        .map(|folder| SetupCommand {
            otherwise: None,
            run: "mix deps.get".to_owned(),
            source: join(&folder, if source.has(&folder, "mix.lock") { "mix.lock" } else { "mix.exs" }),
            folder,
        })
        .collect()
}
