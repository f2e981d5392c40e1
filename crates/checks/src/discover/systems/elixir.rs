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
        match alias_of_test(&text).filter(|alias| alias.contains("ecto") || alias.contains("setup")) {
            Some(alias) => {
                let why = format!("`{alias}` prepares a database");
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

/// The alias `test: […]`, on one line; it may stand on several lines, or behind others.
fn alias_of_test(text: &str) -> Option<String> {
    let ends_word = |before: &str| !before.ends_with(|c: char| c.is_alphanumeric() || "_:.\"".contains(c));
    let at =
        text.match_indices("test: [").map(|(at, _)| at).find(|at| text.get(..*at).is_some_and(ends_word))?;
    let alias = text.get(at..)?;
    let alias = alias.get(..=alias.find(']')?)?;
    Some(alias.split_whitespace().collect::<Vec<_>>().join(" "))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_found_wherever_it_stands() {
        let alias = |text: &str| alias_of_test(text).unwrap_or_default();
        assert_eq!(
            alias("defp aliases do\n [setup: [\"x\"], test: [\n  \"ecto.drop\",\n  \"test\"\n ]]"),
            "test: [ \"ecto.drop\", \"test\" ]"
        );
        assert_eq!(alias("[\"assets.test: [\", only_test: [:a]]"), "");
    }
}
