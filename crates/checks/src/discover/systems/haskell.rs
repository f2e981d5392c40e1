//! Haskell: stack if the project uses it, otherwise cabal.
//!
//! It reads none of their files: the tool decides what to build and test. A `.cabal` file alone counts only in the
//! root.

use crate::check::CheckPurpose;
use crate::discover::source::{Source, join};
use crate::discover::{Ecosystem, SetupCommand, Survey, own};

pub(in crate::discover) const ROW: Ecosystem = Ecosystem {
    name: "haskell",
    manifests: &["stack.yaml", "cabal.project", "package.yaml"],
    find,
    setup,
    fills: &[],
    only_fetches: false,
};

/// The folders, and whether stack builds each.
fn folders(source: &Source) -> Vec<(String, bool)> {
    let stack = source.projects(&["stack.yaml"]);
    if !stack.is_empty() {
        return stack.into_iter().map(|folder| (folder, true)).collect();
    }
    let cabal = source.projects(&["cabal.project"]);
    if !cabal.is_empty() {
        return cabal.into_iter().map(|folder| (folder, false)).collect();
    }
    let own = source.below("").any(|path| !path.contains('/') && path.ends_with(".cabal"));
    if own { vec![(String::new(), false)] } else { Vec::new() }
}

fn find(survey: &mut Survey) {
    for (folder, stack) in folders(survey.source) {
        let (file, build, test) = if stack {
            ("stack.yaml", "stack build --test --no-run-tests", "stack test")
        } else if survey.source.has(&folder, "cabal.project") {
            ("cabal.project", "cabal build all --enable-tests", "cabal test all")
        } else {
            ("*.cabal", "cabal build all --enable-tests", "cabal test all")
        };
        survey.add(own(&folder, "build", CheckPurpose::Build, build, file));
        survey.add(own(&folder, "test", CheckPurpose::Test, test, file));
        if survey.source.has(&folder, ".hlint.yaml") && survey.source.has_program("hlint") {
            survey.add(own(&folder, "lint", CheckPurpose::Lint, "hlint .", ".hlint.yaml"));
        }
    }
}

fn setup(source: &Source) -> Vec<SetupCommand> {
    let step = |(folder, stack): (String, bool)| {
        let (run, file) = if stack {
            ("stack build --test --only-dependencies", "stack.yaml")
        } else {
            let file = if source.has(&folder, "cabal.project") { "cabal.project" } else { "*.cabal" };
            ("cabal build all --enable-tests --only-dependencies", file)
        };
        SetupCommand { otherwise: None, run: run.to_owned(), source: join(&folder, file), folder }
    };
    folders(source).into_iter().map(step).collect()
}
