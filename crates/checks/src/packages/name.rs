//! Names and versions as package managers take them: nothing else gets into a
//! command line.

use super::{Manager, Wanted};

const MAX_NAME: usize = 214;
const MAX_VERSION: usize = 64;

pub(super) fn check(manager: Manager, wanted: &Wanted) -> Result<(), String> {
    let name = wanted.name.as_str();
    let right = match manager {
        Manager::Cargo => is_word(name, "_-"),
        Manager::Pip | Manager::Uv => is_word(name, "._-"),
        Manager::Go => name.split('/').all(|part| is_word(part, "._~-")) && name.contains('.'),
        _ => match name.strip_prefix('@') {
            Some(scoped) => scoped
                .split_once('/')
                .is_some_and(|(scope, name)| is_word(scope, "._~-") && is_word(name, "._~-")),
            None => is_word(name, "._~-"),
        },
    };
    if !right || name.len() > MAX_NAME {
        return Err(format!("`{name}` is no name of a package: give the name only, as the registry has it"));
    }
    if let Some(version) = &wanted.version {
        let plain = |c: char| c.is_ascii_alphanumeric() || "^~<>=!*.,| +_-".contains(c);
        if version.starts_with('-') || version.len() > MAX_VERSION || !version.chars().all(plain) {
            return Err(format!(
                "`version` of `{name}` is `{version}`; give a version or a range, or leave it out"
            ));
        }
        let python = matches!(manager, Manager::Pip | Manager::Uv);
        if python && super::python::clauses(version).is_none() {
            return Err(format!(
                "`version` of `{name}` is `{version}`; Python takes `2.1`, `==2.1` or `>=2,<3`"
            ));
        }
    }
    match wanted.features.iter().find(|feature| !is_word(feature, "_-/+.")) {
        Some(feature) => Err(format!("`{feature}` is no name of a feature of `{name}`")),
        None => Ok(()),
    }
}

/// Letters, digits and some signs, the first of them none.
fn is_word(text: &str, signs: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || signs.contains(c))
}

/// As registries compare names that `-`, `_` and `.` tell apart for people only.
pub(super) fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// The known name that a few slips lead to.
pub(super) fn nearest(name: &str, known: &[String]) -> Option<String> {
    let name = normal(name);
    let most = (name.chars().count() / 4).clamp(1, 3);
    let near = known.iter().map(|other| (distance(&name, &normal(other)), other));
    near.filter(|(far, _)| *far <= most).min_by_key(|(far, _)| *far).map(|(_, other)| other.clone())
}

/// Letters to insert, remove or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(MAX_NAME).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(MAX_NAME).enumerate() {
        let mut before = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let here = (before + usize::from(x != *y)).min(*cell + 1).min(left + 1);
            before = std::mem::replace(cell, here);
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
