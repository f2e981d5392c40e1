//! The files that these tests read: those that git tracks, as texts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A text file of the repository, by its path from the root.
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    /// `mission` of `crates/mission/src/lib.rs`; empty elsewhere.
    pub fn krate(&self) -> &str {
        self.path.strip_prefix("crates/").and_then(|path| path.split('/').next()).unwrap_or_default()
    }

    /// The lines, with their numbers, that are neither comment nor test.
    pub fn code(&self) -> Vec<(usize, &str)> {
        let mut code = Vec::new();
        let mut lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        while let Some((number, line)) = lines.next() {
            let plain = line.trim();
            if plain == "#[cfg(test)]" {
                let indent = &line[..line.len() - line.trim_start().len()];
                let opened = lines.by_ref().find(|(_, line)| !line.trim_start().starts_with("#["));
                if opened.is_some_and(|(_, line)| line.ends_with('{')) {
                    lines.by_ref().find(|(_, line)| line.strip_prefix(indent) == Some("}"));
                }
            } else if !plain.is_empty() && !plain.starts_with("//") {
                code.push((number, line));
            }
        }
        code
    }

    pub fn lines_with(&self, words: &[&str], what: &str) -> Vec<String> {
        self.report(self.code().into_iter(), words, what)
    }

    pub fn all_lines_with(&self, words: &[&str], what: &str) -> Vec<String> {
        self.report(self.text.lines().enumerate().map(|(index, line)| (index + 1, line)), words, what)
    }

    fn report<'a>(
        &self,
        lines: impl Iterator<Item = (usize, &'a str)>,
        words: &[&str],
        what: &str,
    ) -> Vec<String> {
        lines
            .flat_map(|(number, line)| {
                words.iter().filter(|word| line.contains(**word)).map(move |word| (number, *word))
            })
            .map(|(number, word)| format!("{}:{number}: `{word}`: {what}", self.path))
            .collect()
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository's root")
}

/// The files that git tracks; others are ignored.
pub fn tracked_files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--deduplicate"])
        .current_dir(root())
        .output()
        .expect("git must be installed: these rules read the files that it tracks");
    assert!(
        output.status.success(),
        "this test needs a git checkout: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let paths = String::from_utf8(output.stdout).expect("file names in UTF-8");
    paths.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

/// Every text file; files that are no UTF-8, or missing in the working tree, are skipped.
pub fn texts() -> Vec<File> {
    let read = |path: String| Some(File { text: std::fs::read_to_string(root().join(&path)).ok()?, path });
    tracked_files().into_iter().filter_map(read).collect()
}

/// Hand-written source files.
pub fn sources() -> Vec<File> {
    let written = |path: &str| [".rs", ".js", ".mjs", ".cjs", ".d.ts"].iter().any(|end| path.ends_with(end));
    texts().into_iter().filter(|file| written(&file.path)).collect()
}

/// The Rust files of the product.
pub fn production_code() -> Vec<File> {
    let test =
        |path: &str| path.ends_with("/tests.rs") || path.contains("/tests/") || path.contains("/fixtures/");
    let product = |path: &str| path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs");
    texts().into_iter().filter(|file| product(&file.path) && !test(&file.path)).collect()
}

pub fn assert_none(wrong: impl IntoIterator<Item = String>) {
    let wrong: BTreeSet<String> = wrong.into_iter().collect();
    let list: Vec<String> = wrong.into_iter().collect();
    assert!(list.is_empty(), "\n{}\n", list.join("\n"));
}
