//! What CI, editors and people read.

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
        note: Some("Mend it.".into()),
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
          hint: Mend it.
        src/é.ts:7:3 warning debug-leftover: left-over debugging output
          hint: Mend it.
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
    let value: serde_json::Value = serde_json::from_str(&sarif(&findings(), "1.2.3")).unwrap();
    expect![[r#"
        {
          "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
          "runs": [
            {
              "columnKind": "unicodeCodePoints",
              "results": [
                {
                  "level": "error",
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "src/a%20b.ts"
                        },
                        "region": {
                          "startColumn": 3,
                          "startLine": 1
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "syntax error: expected `)`"
                  },
                  "ruleId": "syntax-error",
                  "ruleIndex": 1
                },
        "#]]
    .assert_eq(&{
        let mut value = value.clone();
        let results = value["runs"][0]["results"].as_array_mut().unwrap();
        results.truncate(2);
        let shown = serde_json::to_string_pretty(&value).unwrap();
        let end = shown.find("\"ruleIndex\": 1").unwrap() + "\"ruleIndex\": 1\n        },\n        ".len();
        shown[..end].to_string()
    });
    let run = &value["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}
