//! Names: of files in a project, of missions, and the reserved names of OpenCode's configuration.
//!
//! Pure. All code that gets a name from outside checks it here first; nothing else decides which paths are safe.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use crate::error::Error;
use crate::system::OsStrExt;

/// OpenCode's configuration at the root of a project; used as sparse patterns and for removal from slots.
pub(crate) const HOST_NAMES: &[&str] =
    &["opencode.json", "opencode.jsonc", "tui.json", "tui.jsonc", ".opencode"];

/// Whether `path` is the project's OpenCode configuration, which is never in a slot and never delivered.
pub fn is_host_path(path: &str) -> bool {
    is_host(path.as_bytes())
}

pub(crate) fn is_host(path: &[u8]) -> bool {
    let first = path.split(|byte| *byte == b'/').next().unwrap_or_default();
    HOST_NAMES.iter().any(|name| first.eq_ignore_ascii_case(name.as_bytes()))
}

/// A relative path that stays inside its root and outside of `.git`.
pub(crate) fn relative(path: &str) -> Result<PathBuf, Error> {
    let inside = !path.is_empty()
        && Path::new(path).components().all(|part| match part {
            Component::Normal(name) => {
                !(name.eq_ignore_ascii_case(".git") || cfg!(windows) && is_other_on_windows(name))
            }
            _ => false,
        });
    if inside {
        Ok(PathBuf::from(path))
    } else {
        Err(Error::Name {
            name: path.to_string(),
            what: "a path in the project",
            hint: "use a relative path without `..` that does not enter `.git`",
        })
    }
}

/// Whether Windows opens another file than the one of this name: a device, a stream of a file, a name without its last dots,
/// or `.git` by its short name.
fn is_other_on_windows(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_lowercase();
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let is_number =
        |rest: &str| rest.chars().count() == 1 && rest.chars().all(|c| "0123456789¹²³".contains(c));
    let numbered = |start| stem.strip_prefix(start).is_some_and(is_number);
    let is_device = matches!(stem, "con" | "prn" | "aux" | "nul" | "conin$" | "conout$")
        || numbered("com")
        || numbered("lpt");
    is_device
        || name.ends_with(['.', ' '])
        || name.contains(|c: char| c.is_control() || r#"<>:"|?*\"#.contains(c))
        || name.strip_prefix("git~").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// One part of a ref: letters, digits, `.`, `_`, `-`.
pub(crate) fn ref_part<'a>(name: &'a str, what: &'static str) -> Result<&'a str, Error> {
    let fits = !name.is_empty()
        && name.len() <= 100
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && !name.starts_with(['.', '-'])
        && !name.ends_with('.')
        && !name.ends_with(".lock")
        && !name.contains("..");
    if fits {
        Ok(name)
    } else {
        Err(Error::Name {
            name: name.to_string(),
            what,
            hint: "use at most 100 letters, digits, `.`, `_` and `-`, starting with a letter or digit",
        })
    }
}

/// Accepts only a full object name, so that git cannot read outside text as an option or an expression.
pub(crate) fn object(name: &str) -> Result<&str, Error> {
    let fits = (name.len() == 40 || name.len() == 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fits { Ok(name) } else { Err(Error::Unknown { rev: name.to_string() }) }
}

/// A path as git prints it.
pub(crate) fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// The fields of `-z` output.
pub(crate) fn fields(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == 0).filter(|field| !field.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_leave_the_project_are_refused() {
        for path in ["", "/etc/passwd", "../x", "a/../../x", ".git/config", "a/.GIT/hooks/x"] {
            assert!(relative(path).is_err(), "{path}");
        }
        for path in ["a", "a b/\"c\"\n.txt", ".github/x", "ünïcode"] {
            assert!(relative(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn names_that_mean_another_file_on_windows_are_known() {
        let names = ["NUL", "aux.rs", "com1", "LPT9.txt", "a.", "b ", "a:stream", "GIT~1", "x\\y", "q?"];
        for name in names {
            assert!(is_other_on_windows(OsStr::new(name)), "{name}");
        }
        for name in ["nullable.rs", "come.rs", "com", "com10", "a.b", ".github", "git~x", "ünïcode"] {
            assert!(!is_other_on_windows(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn refs_are_made_of_plain_parts() {
        for name in ["", "-x", ".x", "a b", "a..b", "a.lock", "a/b", "x."] {
            assert!(ref_part(name, "a mission").is_err(), "{name}");
        }
        assert!(ref_part("m-2026.01_x", "a mission").is_ok());
    }

    #[test]
    fn host_configuration_is_only_that_of_the_root() {
        assert!(is_host_path("opencode.json") && is_host_path(".opencode/plugin/x.js"));
        assert!(!is_host_path("docs/opencode.json") && !is_host_path(".opencodex"));
    }
}
