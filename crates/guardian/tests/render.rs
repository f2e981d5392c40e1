//! Output for CI, editors and people.

use expect_test::expect;
use guardian::render::{json, sarif, text};
use guardian::{Finding, Severity};

fn findings() -> Vec<Finding> {
    let finding = |path: &str, line, rule: &str, severity, message: &str| Finding {
        path: path.into(),
        line,
        column: 3,
        rule: rule.into(),
        severity,
        message: message.into(),
        note: Some("Fix it.".into()),
    };
    vec![
        finding("src/a b.ts", 1, "syntax-error", Severity::Error, "syntax error: expected `)`"),
        finding("src/é.ts", 7, "debug-leftover", Severity::Warning, "left-over debugging output"),
        finding("src/é.ts", 9, "debug-leftover", Severity::Warning, "left-over debugging output"),
    ]
}

#[test]
fn as_text() {
    expect![[r#"
        src/a b.ts:1:3 error syntax-error: syntax error: expected `)`
          hint: Fix it.
        src/é.ts:7:3 warning debug-leftover: left-over debugging output
          hint: Fix it.
        src/é.ts:9:3 warning debug-leftover: left-over debugging output
        1 error, 2 warnings
    "#]]
    .assert_eq(&text(&findings()));
    assert_eq!(text(&[]), "");
}

#[test]
fn as_json() {
    let value: serde_json::Value = serde_json::from_str(&json(&findings())).unwrap();
    assert_eq!(value["findings"][0]["severity"], "error");
    let back: Vec<Finding> = serde_json::from_value(value["findings"].clone()).unwrap();
    assert_eq!(back, findings());
}

#[test]
fn as_sarif() {
    let value: serde_json::Value =
        serde_json::from_str(&sarif(&findings(), "1.2.3", &["`r.yml` is broken".to_string()])).unwrap();
    assert_eq!(value["version"], "2.1.0");
    let first = &value["runs"][0]["results"][0];
    assert_eq!(first["level"], "error");
    let place = &first["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "src/a%20b.ts");
    assert_eq!(place["region"]["startLine"], 1);
    assert_eq!(place["region"]["startColumn"], 3);
    let run = &value["runs"][0];
    let told = &run["invocations"][0]["toolExecutionNotifications"];
    assert_eq!((told[0]["message"]["text"].as_str(), told.get(1)), (Some("`r.yml` is broken"), None));
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}
