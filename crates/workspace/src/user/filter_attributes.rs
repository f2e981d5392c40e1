//! Decides which files go through a filter: by the user's own attributes, never by those that a mission writes.
//!
//! A `.gitattributes` in the working tree can choose a filter. So the filters of the user's attributes are written
//! to `info/attributes`, which nothing overrides, in the same order and after a line that unsets the filter of all
//! files.

use std::collections::BTreeSet;

/// The prefix of macros in that file, so that macros of the tree keep their meaning.
const PREFIX: &str = "orchestrator-pinned-";

/// The user's attributes that concern filters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FilterAttributes {
    /// Macros that set a filter.
    macros: BTreeSet<String>,
    lines: Vec<String>,
    /// The named filters.
    pub(crate) names: BTreeSet<String>,
}

impl FilterAttributes {
    /// Adds a file of attributes that is in `folder` (empty for the root, and for files outside of the project).
    /// Later files have precedence.
    pub(crate) fn add(&mut self, folder: &str, text: &[u8]) {
        for line in String::from_utf8_lossy(text).lines() {
            self.add_line(folder, line.trim());
        }
    }

    /// The lines for `info/attributes`.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from("* !filter\n");
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    fn add_line(&mut self, folder: &str, line: &str) {
        if line.is_empty() || line.starts_with('#') {
            return;
        }
        if let Some(rest) = line.strip_prefix("[attr]") {
            let mut words = rest.split_whitespace();
            let Some(name) = words.next().filter(|_| folder.is_empty()) else { return };
            let kept = self.relevant(words);
            // A macro that no longer sets a filter must cancel its earlier meaning.
            if !kept.is_empty() || self.macros.contains(name) {
                self.macros.insert(name.to_string());
                self.lines.push(format!("[attr]{PREFIX}{name} {}", kept.join(" ")));
            }
            return;
        }
        let Some((pattern, attributes)) = split_pattern(line) else { return };
        let kept = self.relevant(attributes.split_whitespace());
        if !kept.is_empty() && !pattern.starts_with('!') {
            self.lines.push(format!("{} {}", quoted(&below(folder, &pattern)), kept.join(" ")));
        }
    }

    /// Those of the attributes that decide about a filter, as they are written.
    fn relevant<'a>(&mut self, attributes: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut kept = Vec::new();
        for attribute in attributes {
            let name = attribute.trim_start_matches(['-', '!']);
            let sign = &attribute[..attribute.len() - name.len()];
            let (name, value) =
                name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
            if name == "filter" {
                if let Some(value) = value.filter(|_| sign.is_empty()) {
                    self.names.insert(value.to_string());
                }
                kept.push(attribute.to_string());
            } else if self.macros.contains(name) {
                kept.push(format!("{sign}{PREFIX}{}", &attribute[sign.len()..]));
            }
        }
        kept
    }
}

/// Pattern and attributes of a line; a pattern with blanks is quoted as in C.
fn split_pattern(line: &str) -> Option<(String, &str)> {
    if !line.starts_with('"') {
        let (pattern, rest) = line.split_once([' ', '\t'])?;
        return Some((pattern.to_string(), rest));
    }
    let mut bytes = Vec::new();
    let mut letters = line.as_bytes().iter().enumerate().skip(1);
    loop {
        let (at, letter) = letters.next()?;
        match letter {
            b'"' => {
                let pattern = String::from_utf8_lossy(&bytes).into_owned();
                return Some((pattern, line.get(at + 1..)?));
            }
            b'\\' => {
                let (_, letter) = letters.next()?;
                bytes.push(match letter {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'a' => 7,
                    b'b' => 8,
                    b'f' => 12,
                    b'v' => 11,
                    b'0'..=b'3' => {
                        let low: Vec<u8> = letters.by_ref().take(2).map(|(_, digit)| digit & 7).collect();
                        (letter & 3) << 6 | low.first()? << 3 | low.get(1)?
                    }
                    other => *other,
                });
            }
            other => bytes.push(*other),
        }
    }
}

/// The pattern of a file in `folder`, relative to the root.
fn below(folder: &str, pattern: &str) -> String {
    if folder.is_empty() {
        return pattern.to_string();
    }
    let mut text = String::new();
    for letter in folder.chars() {
        if "*?[\\".contains(letter) {
            text.push('\\');
        }
        text.push(letter);
    }
    match pattern.strip_prefix('/') {
        Some(pattern) => format!("{text}/{pattern}"),
        None if pattern.trim_end_matches('/').contains('/') => format!("{text}/{pattern}"),
        None => format!("{text}/**/{pattern}"),
    }
}

fn quoted(pattern: &str) -> String {
    let mut text = String::from("\"");
    for byte in pattern.bytes() {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(byte)]),
            b' '..=b'~' => text.push(char::from(byte)),
            other => text.push_str(&format!("\\{other:03o}")),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    /// Compares with git itself: with the lines pinned, every path has the same filter as by the project's files.
    #[test]
    fn the_lines_mean_what_the_files_mean() {
        let files = [
            (
                ".gitattributes",
                "[attr]big filter=big -text\n*.bin big\n/top.x filter=one\ndocs/*.x filter=two\n*.off filter=one\n*.off -filter\n*.z filter=z\n",
            ),
            (
                "sub/.gitattributes",
                "*.x filter=three\n*.bin -filter\ndeep/*.y filter=four\n/*.z !filter\n\"a b\" filter=five\n",
            ),
            ("w[1] *d/.gitattributes", "n* filter=six\n"),
            ("sub/deep/.gitattributes", "*.x !filter\n*.bin big\n"),
        ];
        let paths = [
            "a.bin",
            "top.x",
            "sub/top.x",
            "docs/a.x",
            "docs/b/a.x",
            "c.off",
            "sub/a.x",
            "sub/q/a.x",
            "sub/a.bin",
            "sub/deep/a.y",
            "sub/q/deep/a.y",
            "sub/a.z",
            "sub/q/a.z",
            "sub/a b",
            "w[1] *d/name",
            "w1 xd/name",
            "sub/deep/a.x",
            "sub/deep/a.bin",
            "ünï.bin",
        ];
        let mut pinned = FilterAttributes::default();
        let with = Project::empty();
        for (path, text) in files {
            with.write(path, text);
            pinned.add(path.rsplit_once('/').map_or("", |(folder, _)| folder), text.as_bytes());
        }
        let without = Project::empty();
        without.write(".gitattributes", "* filter=theirs\n[attr]big filter=theirs\n");
        without.write(".git/info/attributes", pinned.text());
        let ask = |project: &Project| {
            let args: Vec<&str> = ["check-attr", "filter", "--"].into_iter().chain(paths).collect();
            project.git(&args).replace("unset", "unspecified")
        };
        assert_eq!(ask(&with), ask(&without), "{}", pinned.text());
        let names: Vec<&str> = pinned.names.iter().map(String::as_str).collect();
        assert_eq!(names, ["big", "five", "four", "one", "six", "three", "two", "z"]);
    }
}
