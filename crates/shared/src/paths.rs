//! Paths inside a project, as manifests, imports and scripts write them: with `/`, and relative to a folder.
//!
//! It works on texts only: it reads no disk and follows no link.

/// `path` relative to `folder`, with `.` and `..` resolved; `None` if it leaves the project. The root is "".
pub fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn dots_are_followed_and_never_lead_out() {
        for (folder, path, expected) in [
            ("", "a/b", Some("a/b")),
            ("a/b", "../c//./d", Some("a/c/d")),
            ("a", "..", Some("")),
            ("a", "../..", None),
            ("", "../a", None),
        ] {
            assert_eq!(join(folder, path).as_deref(), expected, "{path} from {folder}");
        }
    }
}
