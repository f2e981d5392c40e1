//! What is wrong in a settings file, with its place and a hint. It reads no file.

use std::fmt;

/// One text to read the configuration from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path that error messages show.
    pub name: String,
    /// The whole TOML text.
    pub text: String,
}

/// One thing that is wrong with the configuration, and where.
///
/// Shown as `file:line:column: message`, then a `hint:` line if there is one. `line` and `column`
/// count from 1, columns in characters. Both are 0, and left out, if the source has no lines (the
/// plugin's options).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigProblem {
    /// [`Source::name`], or [`OPTIONS`](super::OPTIONS).
    pub file: String,
    /// From 1; 0 if there are no lines.
    pub line: usize,
    /// From 1, in characters; 0 if there are no lines.
    pub column: usize,
    /// What is wrong; names the key.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ConfigProblem {
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, hint } = self;
        match line {
            0 => write!(f, "{file}: {message}")?,
            _ => write!(f, "{file}:{line}:{column}: {message}")?,
        }
        match hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}
