//! Which files a change may touch: the rules, without a mission. Who holds which file is asked in `steps/work/scope`.

use mission::{Issue, path};
use workspace::Change;

pub(crate) fn nothing() -> Issue {
    Issue::new("scope", "nothing differs from the base: the change is missing")
}

/// Why a change of a file that no task may touch is rejected.
pub(crate) fn forbidden(file: &str) -> Option<Issue> {
    let why = path::forbidden(file)?;
    Some(Issue::new("scope", format!("{why}; take this change back")).at(file, None))
}

/// A rename touches both names.
pub(crate) fn touched(change: Change) -> Vec<String> {
    match change.kind {
        workspace::ChangeKind::Renamed { from } => vec![change.path, from],
        _ => vec![change.path],
    }
}
