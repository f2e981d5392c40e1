//! Findings as SARIF 2.1.0.
//!
//! It adds nothing to what the findings say.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::{Finding, Severity};

/// A SARIF 2.1.0 log. `version` is this program's version. `problems` lists faults of the rules and files that
/// could not be read.
pub fn sarif(findings: &[Finding], version: &str, problems: &[String]) -> String {
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    for f in findings {
        rules.entry(&f.rule).or_insert_with(|| {
            let mut rule = json!({
                "id": f.rule,
                "shortDescription": { "text": f.rule.replace('-', " ") },
                "defaultConfiguration": { "level": level(f.severity) },
            });
            if let Some(note) = &f.note {
                rule["fullDescription"] = json!({ "text": note });
                rule["help"] = json!({ "text": note });
            }
            rule
        });
    }
    let order: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, id)| (*id, at)).collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|f| {
            json!({
                "ruleId": f.rule,
                "ruleIndex": order.get(f.rule.as_str()),
                "level": level(f.severity),
                "message": { "text": f.message },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": uri(&f.path) },
                    "region": { "startLine": f.line, "startColumn": f.column },
                } }],
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "opencode-orchestrator",
                "version": version,
                "rules": rules.into_values().collect::<Vec<_>>(),
            } },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": problems
                    .iter()
                    .map(|problem| json!({ "level": "warning", "message": { "text": problem } }))
                    .collect::<Vec<_>>(),
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&log).unwrap_or_default()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Characters that stay as they are in the path of a URI; all others are percent-encoded.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'_').remove(b'-').remove(b'~');

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}
