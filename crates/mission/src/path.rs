//! Turns paths as models write them into paths inside the project, or refuses them with the reason.
//!
//! Plans and mailboxes use it. It reads no disk: the code that writes a file checks whether it exists and whether a
//! link leads out.

/// The longest path that is accepted, in bytes.
pub const MAX_PATH: usize = 1024;

/// A project-relative path with `/` between its parts and without `.` or `..`. Text only: the engine resolves links.
pub fn normalise(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    if text.trim().is_empty() {
        return Err("an empty path".into());
    }
    if text.len() > MAX_PATH {
        return Err(format!("a path of {} bytes; at most {MAX_PATH} are accepted", text.len()));
    }
    if text.contains('\0') {
        return Err(format!("`{}` has a NUL byte in it", text.replace('\0', "\\0")));
    }
    if text.starts_with('/') || text.starts_with('~') || is_drive(text) {
        return Err(format!("`{text}` is an absolute path; name it relative to the project's root"));
    }
    if has_plain_parts(text) {
        return Ok(text.to_string());
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err(format!("`{text}` leads out of the project"));
                }
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        return Err(format!("`{text}` names the project itself, not a file in it"));
    }
    let path = parts.join("/");
    if path.trim().is_empty() {
        return Err("an empty path".into());
    }
    // `./` or `x/..` may have hidden it before
    if path.starts_with('~') || is_drive(&path) {
        return Err(format!(
            "`{text}` is `{path}`, which some programs take for an absolute path; name another file"
        ));
    }
    Ok(path)
}

/// The same for an owned path, without a copy if it is normal already: most are.
pub fn into_normal(text: String) -> Result<String, String> {
    let usual = text.starts_with(|c: char| c.is_ascii_alphanumeric()) && !is_drive(&text);
    let as_it_is = usual && text.len() <= MAX_PATH && !text.contains('\0') && has_plain_parts(&text);
    if as_it_is { Ok(text) } else { normalise(&text) }
}

fn has_plain_parts(text: &str) -> bool {
    text.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn is_drive(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'/' | b'\\')
}

/// Why no role may ever write this path; `None` if roles may. Version control and OpenCode's own configuration decide
/// what runs with the user's rights.
pub fn forbidden(path: &str) -> Option<&'static str> {
    let (mut file, mut folder) = ("", false);
    for part in path.split('/') {
        if part.eq_ignore_ascii_case(".git") {
            return Some("git's own folder is never written by a mission");
        }
        folder |= part.eq_ignore_ascii_case(".opencode");
        file = part;
    }
    // OpenCode reads these in every folder from its start folder up to the root
    let configuration = ["opencode.json", "opencode.jsonc", "tui.json", "tui.jsonc"]
        .iter()
        .any(|name| file.eq_ignore_ascii_case(name));
    if folder || configuration || path == "opencode.toml" {
        return Some("OpenCode's configuration is the user's and never written by a mission");
    }
    None
}

/// Whether a path is a pattern (only compound tasks may name those).
pub fn is_glob(path: &str) -> bool {
    path.contains(['*', '?']) || (path.contains('{') && path.contains('}'))
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn normalises_what_stays_inside() {
        for (text, path) in [
            ("src/a.ts", "src/a.ts"),
            ("./src//a.ts", "src/a.ts"),
            ("src/x/../a.ts", "src/a.ts"),
            ("src/", "src"),
            ("a b/\"ü\"\n.ts", "a b/\"ü\"\n.ts"),
        ] {
            assert_eq!(normalise(text).as_deref(), Ok(path));
            assert_eq!(into_normal(text.into()).as_deref(), Ok(path));
        }
    }

    #[test]
    fn refuses_what_leaves_with_a_reason() {
        for text in [
            "",
            " ",
            "./~x/a",
            "a/../C:/x",
            ".//C:\\x",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "~/x",
            "C:/x",
            "a\0b",
            ".",
            &"x".repeat(2000),
        ] {
            assert!(normalise(text).is_err(), "{text:?}");
            assert!(into_normal(text.into()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn some_paths_are_never_written() {
        for path in [
            ".git/config",
            "app/.OpenCode/plugin/x.js",
            "src/opencode.json",
            "sub/.GIT/hooks/x",
            ".opencode/plugin/x.js",
            "opencode.json",
            "opencode.toml",
        ] {
            assert!(forbidden(path).is_some(), "{path}");
        }
        for path in [".github/x", "src/opencode.ts", ".gitignore", "src/git.rs"] {
            assert!(forbidden(path).is_none(), "{path}");
        }
    }

    /// Paths made of hostile and of ordinary parts.
    fn any_path() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            prop::sample::select(vec![
                "..",
                ".",
                "",
                "~",
                "C:",
                "\\",
                ".git",
                ".GIT",
                ".opencode",
                "a",
                "src",
                " ",
                "\0",
                "*",
                "CON",
                "\u{202e}",
                "e\u{301}",
                ".git\u{200c}",
                "-",
            ])
            .prop_map(str::to_owned),
            any::<String>(),
        ];
        let between = prop::sample::select(vec!["/", "//", "\\", ""]);
        prop::collection::vec((part, between), 1..8).prop_map(|parts| {
            parts.into_iter().flat_map(|(part, between)| [part, between.to_owned()]).collect()
        })
    }

    proptest! {
        #[test]
        fn what_is_accepted_stays_in_the_project(text in any_path()) {
            match normalise(&text) {
                Err(why) => prop_assert!(!why.is_empty()),
                Ok(inside) => {
                    prop_assert!(!inside.is_empty() && inside.len() <= MAX_PATH);
                    prop_assert_eq!(normalise(&inside), Ok(inside.clone()), "not the same twice");
                    let mut parts = Path::new(&inside).components();
                    prop_assert!(parts.all(|part| matches!(part, Component::Normal(_))), "{:?} leaves it", inside);
                    let touches = |name: &str| inside.split('/').any(|part| part.eq_ignore_ascii_case(name));
                    prop_assert!(forbidden(&inside).is_some() || !(touches(".git") || touches(".opencode")));
                }
            }
        }
    }
}
