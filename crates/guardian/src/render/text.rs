//! Findings as lines for people.
//!
//! Words of the checked files stay as they are: the command line makes control characters visible when it prints.

use std::fmt::Write as _;

use crate::{Finding, Severity};

/// One line for each finding, `path:line:column severity rule: message`, each rule's note once, and a count at the
/// end.
pub fn text(findings: &[Finding]) -> String {
    let mut out = String::new();
    let mut told: Vec<&str> = Vec::new();
    for f in findings {
        let _ = writeln!(out, "{}:{}:{} {} {}: {}", f.path, f.line, f.column, f.severity, f.rule, f.message);
        if let Some(note) = f.note.as_deref().filter(|_| !told.contains(&f.rule.as_str())) {
            told.push(&f.rule);
            let _ = writeln!(out, "  hint: {}", note.trim().replace('\n', "\n        "));
        }
    }
    let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
    let warnings = findings.len() - errors;
    if !findings.is_empty() {
        let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let _ = writeln!(out, "{}, {}", plural(errors, "error"), plural(warnings, "warning"));
    }
    out
}
