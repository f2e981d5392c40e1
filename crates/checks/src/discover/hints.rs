//! Hints for missing commands: what was seen, and the lines of `opencode.toml` that help.
//!
//! It finds no command itself.

use super::source::is_foreign;
use super::{ECOSYSTEMS, Survey};
use crate::check::CheckPurpose;

/// Files of unsupported tools, and a usual command for each.
const SEEN: &[(&str, &str)] = &[
    ("MODULE.bazel", "bazel test //..."),
    ("WORKSPACE", "bazel test //..."),
    ("WORKSPACE.bazel", "bazel test //..."),
    ("BUCK", "buck2 test //..."),
    ("pants.toml", "pants test ::"),
    ("build.xml", "ant test"),
    ("deps.edn", "clojure -X:test"),
    ("project.clj", "lein test"),
    ("rebar.config", "rebar3 eunit"),
    ("dune-project", "dune test"),
    ("gleam.toml", "gleam test"),
    ("shard.yml", "crystal spec"),
    ("Project.toml", "julia --project -e 'using Pkg; Pkg.test()'"),
    ("DESCRIPTION", "R CMD check ."),
    ("foundry.toml", "forge test"),
    ("flake.nix", "nix flake check"),
    ("SConstruct", "scons test"),
    ("Package.resolved", "swift test"),
    ("spago.yaml", "spago test"),
    ("elm.json", "elm-test"),
    ("build.sc", "mill __.test"),
    ("cpanfile", "prove -l"),
    ("Makefile.PL", "prove -l"),
    ("Build.PL", "prove -l"),
    ("dist.ini", "prove -l"),
    ("*.rockspec", "busted"),
    (".busted", "busted"),
    ("*.nimble", "nimble test"),
    ("dub.json", "dub test"),
    ("dub.sdl", "dub test"),
    ("v.mod", "v test ."),
    ("fpm.toml", "fpm test"),
    ("xmake.lua", "xmake test"),
    ("META6.json", "prove6 -l"),
    (".moon/workspace.yml", "moon run :test"),
];

/// Whether a file belongs to an unsupported tool.
#[cfg(test)]
pub(super) fn is_seen(file: &str) -> bool {
    SEEN.iter().any(|(name, _)| *name == file)
}

pub(super) fn add(survey: &mut Survey) {
    if survey.checks().any(|check| check.kind == CheckPurpose::Test) {
        return;
    }
    survey.ecosystem = "ci";
    let in_ci = super::ci::add(survey);
    if survey.checks().any(|check| check.kind == CheckPurpose::Test) {
        return;
    }
    let source = survey.source;
    // `*.end` is every file with that end
    let is_named =
        |name: &str, file: &str| file.strip_prefix('*').map_or(name == file, |end| name.ends_with(end));
    let seen = |file: &str| {
        source.below("").any(|path| {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            is_named(name, file) && folder.split('/').count() <= 2 && !is_foreign(folder)
        })
    };
    let seen_tools: Vec<&(&str, &str)> = SEEN.iter().filter(|(file, _)| seen(file)).collect();
    let by_ci = in_ci.first().map(|(run, _)| run.as_str());
    let usual = by_ci.or(seen_tools.last().map(|(_, run)| *run)).unwrap_or("…");
    let usual = usual.replace('\\', "\\\\").replace('"', "\\\"");
    let mut names: Vec<&str> = seen_tools.iter().map(|(file, _)| *file).collect();
    for ecosystem in ECOSYSTEMS {
        names.extend(ecosystem.manifests.iter().filter(|file| seen(file)));
    }
    names.dedup();
    let what = if survey.checks().next().is_none() {
        "no command that checks the project was found"
    } else {
        "no tests were found"
    };
    let refused: Vec<String> =
        survey.refused.iter().take(3).map(|refused| format!("`{}`", refused.run)).collect();
    let saw = match (names.is_empty(), refused.is_empty()) {
        (true, _) => "no manifest of a known kind is there".to_owned(),
        (false, true) => format!("seen: {}", names.join(", ")),
        (false, false) => format!("seen: {}; refused: {}", names.join(", "), refused.join(", ")),
    };
    let by_ci: Vec<String> = in_ci.iter().take(3).map(|(run, file)| format!("`{run}` in {file}")).collect();
    let saw = if by_ci.is_empty() { saw } else { format!("{saw}; CI runs {}", by_ci.join(", ")) };
    survey.hint(format!(
        "{what} ({saw}); name one in opencode.toml:\n[[checks.command]]\nname = \"test\"\nrun = \"{usual}\""
    ));
}
