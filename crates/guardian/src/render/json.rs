//! Findings as JSON.
//!
//! Programs read it: fields may be added, never renamed.

use serde::Serialize;

use crate::Finding;

/// `{ "findings": [{ path, line, column, rule, severity, message, note? }] }`
pub fn json(findings: &[Finding]) -> String {
    #[derive(Serialize)]
    struct Report<'a> {
        findings: &'a [Finding],
    }
    serde_json::to_string_pretty(&Report { findings }).unwrap_or_else(|_| r#"{ "findings": [] }"#.to_string())
}
