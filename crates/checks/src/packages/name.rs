//! Names and versions that package managers accept; nothing else gets into a command line.

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
        if python && super::python::specifiers(version).is_none() {
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

/// Whether a text consists of letters, digits and these signs, and does not begin with a sign.
fn is_word(text: &str, signs: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || signs.contains(c))
}

/// The form in which registries compare names: `-`, `_` and `.` are the same.
pub(super) fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}
