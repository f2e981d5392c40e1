//! Scripts of a workspace's members, for kinds of check that the root lacks.

use super::manager::Manager;
use super::scripts::{Choice, check_of, choose};
use crate::check::{Check, CheckPurpose, Runner};
use crate::discover::source::{MAX_PROJECTS, is_foreign, join};
use crate::discover::{Survey, limit};

/// Checks of one kind for all members: one command if all have the same script and none is refused,
/// otherwise one command each.
pub(super) fn of_kind(survey: &mut Survey, folder: &str, manager: Manager, kind: CheckPurpose) {
    let members = survey.packages.members(folder).folders;
    let mut chosen: Vec<(String, Choice)> = Vec::new();
    let mut refused_any = false;
    // Of examples and similar folders only the tests count
    let counts = |member: &str| member != folder && (kind == CheckPurpose::Test || !is_foreign(member));
    for member in members.iter().filter(|member| counts(member)) {
        let found = choose(survey, member, kind, manager);
        refused_any |= found.refused_main;
        chosen.extend(found.choices.into_iter().map(|choice| (member.clone(), choice)));
    }
    let Some((_, first)) = chosen.first() else { return };
    let same = chosen
        .iter()
        .all(|(_, choice)| choice.name == first.name && choice.kind == kind && choice.run.is_none());
    let all = manager.run_in_members(&first.name).filter(|_| same && !refused_any && chosen.len() > 1);
    if let Some(run) = all {
        let runners: Vec<Option<Runner>> = chosen.iter().map(|(_, choice)| choice.judgement.runner).collect();
        let runner = runners.first().copied().flatten().filter(|_| kind == CheckPurpose::Test);
        survey.add(Check {
            name: if kind == CheckPurpose::Type { "typecheck".to_owned() } else { first.name.clone() },
            kind,
            run,
            timeout: limit(kind),
            directory: folder.to_owned(),
            source: format!("{} workspaces scripts.{}", join(folder, "package.json"), first.name),
            runner: runner.filter(|runner| runners.iter().all(|other| *other == Some(*runner))),
            script: None,
            guessed: false,
        });
        return;
    }
    let left_out: Vec<String> = chosen.iter().skip(MAX_PROJECTS).map(|(member, _)| member.clone()).collect();
    for (member, choice) in chosen.into_iter().take(MAX_PROJECTS) {
        let check = check_of(survey, &member, manager, choice);
        survey.add(check);
    }
    if !left_out.is_empty() {
        survey.hint(format!(
            "these members are not looked at: {}; name their commands in opencode.toml",
            left_out.join(", ")
        ));
    }
}
