//! .NET: a solution, or projects if there is none.
//!
//! It does not read a solution: one check builds or tests everything in it. Checks do not restore packages,
//! because the set-up does. At most eight folders get checks.

use crate::check::CheckPurpose;
use crate::discover::source::{Source, is_foreign, join, outermost};
use crate::discover::{Ecosystem, SetupCommand, Survey, own};
use crate::shell::quote;

pub(in crate::discover) const ROW: Ecosystem = Ecosystem {
    name: "dotnet",
    manifests: &["global.json", "Directory.Build.props"],
    find,
    setup,
    fills: &[],
    only_fetches: false,
};

const SOLUTIONS: &[&str] = &[".sln", ".slnx"];
const PROJECTS: &[&str] = &[".csproj", ".fsproj", ".vbproj"];

/// The outermost folders with a solution, or with a project if there is no solution; with the file if a folder
/// has several.
fn targets(source: &Source) -> Vec<(String, String)> {
    let with = |ends: &[&str]| -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = source
            .below("")
            .filter(|path| ends.iter().any(|end| path.ends_with(end)))
            .map(|path| {
                path.rsplit_once('/').map_or((String::new(), path.to_owned()), |(folder, file)| {
                    (folder.to_owned(), file.to_owned())
                })
            })
            .filter(|(folder, _)| folder.is_empty() || !is_foreign(folder))
            .collect();
        all.sort();
        all.dedup_by(|a, b| a.0 == b.0);
        let outer = outermost(all.iter().map(|(folder, _)| folder.clone()).collect());
        all.retain(|(folder, _)| outer.contains(folder));
        all.truncate(8);
        all
    };
    let solutions = with(SOLUTIONS);
    if solutions.is_empty() { with(PROJECTS) } else { solutions }
}

fn find(survey: &mut Survey) {
    for (folder, file) in targets(survey.source) {
        let target = quote(&file);
        survey.add(own(
            &folder,
            "build",
            CheckPurpose::Build,
            &format!("dotnet build --no-restore --nologo {target}"),
            &file,
        ));
        let tested = survey.source.below("").any(|path| {
            PROJECTS.iter().any(|end| path.ends_with(end))
                && (path.contains("Test")
                    || survey
                        .source
                        .read("", path)
                        .is_some_and(|text| text.contains("Microsoft.NET.Test.Sdk")))
        });
        if tested {
            survey.add(own(
                &folder,
                "test",
                CheckPurpose::Test,
                &format!("dotnet test --no-restore --nologo {target}"),
                &file,
            ));
        }
    }
}

fn setup(source: &Source) -> Vec<SetupCommand> {
    let step = |(folder, file): (String, String)| SetupCommand {
        otherwise: None,
        run: format!("dotnet restore {}", quote(&file)),
        source: join(&folder, &file),
        folder,
    };
    targets(source).into_iter().map(step).collect()
}
