//! Arguments as models write them, and how the parsers read them.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn shown<T: serde::Serialize>(result: Result<T, Problems>) -> String {
    match result {
        Ok(value) => serde_json::to_string(&value).unwrap(),
        Err(problems) => problems.join("\n"),
    }
}

fn plan(value: Value, expected: Expect) {
    expected.assert_eq(&shown(parse_plan(&value)));
}

fn work(value: Value, expected: Expect) {
    expected.assert_eq(&shown(parse_work(&value)));
}

fn brief(value: Value, expected: Expect) {
    expected.assert_eq(&shown(parse_brief(&value)));
}

#[test]
fn json_submitted_as_text_is_understood() {
    work(
        json!(r#"{"status": "done", "summary": "written"}"#),
        expect![[r#"{"status":"done","summary":"written"}"#]],
    );
    work(
        json!("{status: 'done', summary: 'written',}"),
        expect![[r#"{"status":"done","summary":"written"}"#]],
    );
    work(
        json!("```json\n{\"status\": \"done\", \"summary\": \"written\"}\n```"),
        expect![[r#"{"status":"done","summary":"written"}"#]],
    );
    plan(
        json!({ "tasks": r#"[{"id": "a", "title": "A", "instructions": "do", "files": ["a.ts",], "acceptance": ["x"]},]"# }),
        expect![[
            r#"{"tasks":[{"id":"a","title":"A","instructions":"do","files":["a.ts"],"acceptance":["x"]}]}"#
        ]],
    );
}

#[test]
fn a_scalar_for_a_list_and_one_object_for_many_are_understood() {
    plan(
        json!({ "tasks": { "id": "a", "title": "A", "instructions": "do", "files": "a.ts", "acceptance": "x" } }),
        expect![[
            r#"{"tasks":[{"id":"a","title":"A","instructions":"do","files":["a.ts"],"acceptance":["x"]}]}"#
        ]],
    );
    work(
        json!([{ "status": "done", "summary": ["one", "two"] }]),
        expect![[r#"{"status":"done","summary":"one\ntwo"}"#]],
    );
    work(
        json!({ "status": "blocked", "summary": 3, "needs_files": "a.ts" }),
        expect![[r#"{"status":"blocked","summary":"3","needs_files":["a.ts"]}"#]],
    );
}

#[test]
fn a_path_with_brackets_is_no_list() {
    for path in ["[slug]", "[slug]/page.tsx", "[...all].ts", "[[lang]]/x.ts"] {
        let work = parse_work(&json!({ "status": "blocked", "summary": "s", "needs_files": path })).unwrap();
        assert_eq!(work.needs_files, [path]);
    }
    work(
        json!({ "status": "blocked", "summary": "s", "needs_files": "[a.ts, \"b.ts\"]" }),
        expect![[r#"{"status":"blocked","summary":"s","needs_files":["a.ts","b.ts"]}"#]],
    );
    work(
        json!({ "status": "blocked", "summary": "s", "needs_files": "[\"a.ts\", \"b.ts\"" }),
        expect![[r#"{"status":"blocked","summary":"s","needs_files":["a.ts","b.ts"]}"#]],
    );
}

#[test]
fn names_in_another_case_are_understood() {
    work(
        json!({ "Status": "Done", "summary": "s", "needsFiles": ["a.ts"] }),
        expect![[r#"{"status":"done","summary":"s","needs_files":["a.ts"]}"#]],
    );
    plan(
        json!({ "tasks": [{
            "id": "b", "title": "B", "instructions": "do", "files": ["b.ts"], "acceptance": ["x"],
            "dependsOn": ["a"], "edits-tests": "it asserts the old text", "Compound": "true", "group": " "
        }] }),
        expect![[
            r#"{"tasks":[{"id":"b","title":"B","instructions":"do","files":["b.ts"],"depends_on":["a"],"acceptance":["x"],"compound":true,"edits_tests":"it asserts the old text"}]}"#
        ]],
    );
}

#[test]
fn no_role_says_what_is_the_engines_to_say() {
    plan(
        json!({ "tasks": [{
            "id": "objective", "title": "B", "instructions": "do", "files": ["b.ts"], "acceptance": ["x"],
            "without_plan": true, "runs_after": ["a"]
        }] }),
        expect![[
            r#"{"tasks":[{"id":"objective","title":"B","instructions":"do","files":["b.ts"],"acceptance":["x"]}]}"#
        ]],
    );
}

#[test]
fn every_problem_is_named_with_its_place() {
    plan(json!({}), expect!["`tasks` is missing"]);
    plan(json!(null), expect!["the arguments must be an object, found nothing"]);
    plan(
        json!({ "tasks": [{ "id": 7, "name": "A", "files": [{}], "compound": "maybe", "acceptance": null }] }),
        expect![[r#"
            `tasks[0].title` is missing
            `tasks[0].instructions` is missing
            `tasks[0].files[0]` must be text, found an object
            `tasks[0].acceptance` is missing
            `tasks[0].compound` must be true or false, found text "maybe""#]],
    );
    work(
        json!({ "status": "finished", "summary": "s" }),
        expect![[r#"`status` must be "done" or "blocked", found text "finished""#]],
    );
    work(
        json!({ "status": "blocked", "summary": "s", "needs_files": ["../x", "/etc/passwd"] }),
        expect![[r#"
            `needs_files[0]`: `../x` leads out of the project
            `needs_files[1]`: `/etc/passwd` is an absolute path; name it relative to the project's root"#]],
    );
    work(
        json!({ "status": "blocked", "summary": "s", "question": " " }),
        expect!["`blocked` wants a `question`, or `needs_files` with the files that must change"],
    );
    brief(
        json!({ "summary": " ", "files": [{ "path": "~/x", "why": "it is" }] }),
        expect![[r#"
        `summary` is empty: say what exists now that the objective touches
        `files[0].path`: `~/x` is an absolute path; name it relative to the project's root"#]],
    );
}

#[test]
fn problems_are_few_enough_to_read() {
    let files: Vec<Value> = (0..10_000).map(|_| json!({})).collect();
    let problems = parse_brief(&json!({ "summary": "s", "files": files })).unwrap_err();
    expect!["21 problems, the last: and 19980 more of this kind"].assert_eq(&format!(
        "{} problems, the last: {}",
        problems.len(),
        problems.last().unwrap()
    ));
}

#[test]
fn huge_arguments_are_refused_in_words() {
    let long = "x".repeat(100 * 1024);
    work(
        json!({ "status": "done", "summary": long }),
        expect!["`summary` has 102400 bytes; at most 65536 are accepted: shorten it"],
    );
    let files: Vec<Value> = (0..20_001).map(|_| json!("x")).collect();
    work(
        json!({ "status": "done", "summary": "s", "needs_files": files }),
        expect!["`needs_files` has 20001 items; at most 20000 are accepted"],
    );
}

#[test]
fn text_that_nests_without_end_is_no_arguments() {
    for open in ["[", "{\"tasks\":", "[{\"a\":"] {
        let text = open.repeat(200_000);
        assert!(parse_plan(&json!(text)).is_err());
        assert!(parse_plan(&json!({ "tasks": text })).is_err());
    }
}

#[test]
fn requests_for_checks_and_pages() {
    assert_eq!(parse_check(&json!({})).unwrap(), CheckRequest::default());
    assert_eq!(parse_check(&json!({ "name": "", "filter": " " })).unwrap(), CheckRequest::default());
    let page = parse_page(&json!({ "page": "p1", "offset": "20", "limit": 10.0 })).unwrap();
    assert_eq!((page.offset, page.limit), (Some(20), Some(10)));
    expect![[r#"
        `page` is missing
        `offset` must be a whole number from 0, found a number"#]]
    .assert_eq(&shown(parse_page(&json!({ "offset": -1 }))));
}

#[test]
fn tools_say_what_they_want() {
    let tool = TOOLS.iter().find(|t| t.name == "mission_work").unwrap();
    expect![[r#"
        {
          "description": "Submit the task when its files are written: done, or blocked with a question.",
          "name": "mission_work",
          "roles": [
            "coder",
            "fixer"
          ],
          "schema": {
            "properties": {
              "needs_files": {
                "description": "files outside the task that must change",
                "items": {
                  "type": "string"
                },
                "type": "array"
              },
              "question": {
                "description": "what only somebody else can answer",
                "type": "string"
              },
              "status": {
                "enum": [
                  "done",
                  "blocked"
                ],
                "type": "string"
              },
              "summary": {
                "description": "what was changed, or what is in the way",
                "minLength": 1,
                "type": "string"
              },
              "unplanned": {
                "description": "every file that was changed and that the task does not name",
                "items": {
                  "properties": {
                    "path": {
                      "minLength": 1,
                      "type": "string"
                    },
                    "why": {
                      "description": "why the task cannot be done without it",
                      "minLength": 1,
                      "type": "string"
                    }
                  },
                  "required": [
                    "path",
                    "why"
                  ],
                  "type": "object"
                },
                "type": "array"
              }
            },
            "required": [
              "status",
              "summary"
            ],
            "type": "object"
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&tool.definition()).unwrap());
    for role in Role::ALL {
        let own = TOOLS.iter().find(|t| t.name == role.mailbox()).unwrap();
        assert!(own.roles().contains(&role), "{role} cannot submit");
        for tool in role.row().tools {
            assert!(TOOLS.iter().any(|known| known.name == *tool), "{role}: no tool is called `{tool}`");
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        r#"[\[\]{}",:a \\]{0,20}"#.prop_map(Value::from),
        prop::sample::select(vec!["done", "approve", "a1", "error", "src/a.ts", "[\"a\"]"])
            .prop_map(Value::from),
    ];
    let key = prop_oneof![
        4 => prop::sample::select(vec![
            "tasks", "id", "title", "instructions", "files", "dependsOn", "depends_on", "acceptance", "group", "compound",
            "status", "summary", "needs_files", "verdict", "findings", "path", "line", "severity", "message", "met",
            "evidence", "why", "page", "offset", "limit", "name", "filter",
        ]).prop_map(String::from),
        1 => ".{0,6}",
    ];
    leaf.prop_recursive(4, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner.clone(), 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
            inner.prop_map(|value| Value::String(value.to_string())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_a_value_or_a_list_of_problems(value in any_json(), items in 0..4_usize) {
        let lists = [
            parse_plan(&value).err(),
            parse_brief(&value).err(),
            parse_work(&value).err(),
            parse_check(&value).err(),
            parse_page(&value).err(),
            parse_review(&value).and_then(|review| check_review(&review, items, 0)).err(),
        ];
        for problems in lists.into_iter().flatten() {
            prop_assert!(!problems.is_empty() && problems.iter().all(|p| !p.trim().is_empty()));
        }
    }

    /// A plan reads the same, however the model wraps it.
    #[test]
    fn a_plan_reads_the_same_however_it_is_wrapped(files in prop::collection::vec("[a-z]{1,8}\\.ts", 1..4), deps in prop::collection::vec("[a-z]{1,8}", 0..3)) {
        let task = json!({ "id": "a", "title": "A", "instructions": "do", "files": files, "depends_on": deps, "acceptance": ["x"] });
        let right = parse_plan(&json!({ "tasks": [task] })).unwrap();
        let mut camel = task.clone();
        let moved = camel.as_object_mut().unwrap().remove("depends_on").unwrap();
        camel["dependsOn"] = moved;
        let commas = format!("{{\"tasks\": [{task},],}}");
        for wrapped in [
            json!({ "tasks": task }),
            json!({ "tasks": [camel] }),
            json!({ "tasks": json!([task]).to_string() }),
            json!(json!({ "tasks": [task] }).to_string()),
            json!([{ "tasks": [task.to_string()] }]),
            json!(commas),
        ] {
            prop_assert_eq!(parse_plan(&wrapped), Ok(right.clone()), "{}", wrapped);
        }
    }
}

/// Found by the fuzz target `mailbox`: the repair of JSON counts in bytes, and once split characters.
#[test]
fn broken_json_in_any_script_is_mended_or_refused() {
    let packed = |text: &str| super::parse_work(&Value::String(text.into()));
    let repaired = packed("{'status': 'done', 'summary': 'größer — 完了 \u{1F680}',}").unwrap();
    assert_eq!(repaired.summary, "größer — 完了 \u{1F680}");
    let curly = packed("{“status”: “done”, “summary”: “schön”}").unwrap();
    assert_eq!(curly.summary, "schön");
    let text = "{\"status\":\"\u{FFFD}one\",\"a\":\"[{\\\"id\\\u{FFFD}\":\"t\\\",\\é'ü'+\\\"ß\\";
    for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
        let _ = packed(&text[..end]);
        let _ = packed(&format!("{}é", &text[..end]));
        let _ = packed(&format!("{{tasks: {}ZqXe9XqZ“", &text[..end]));
    }
}

#[test]
fn the_schema_says_what_would_be_refused() {
    let schema = super::json_schema(super::plan::FIELDS);
    let task = &schema["properties"]["tasks"]["items"]["properties"];
    assert_eq!(schema["properties"]["tasks"]["minItems"], 1);
    assert_eq!((&task["files"]["minItems"], &task["acceptance"]["minItems"]), (&1.into(), &1.into()));
    assert_eq!(task["id"]["pattern"], "^[a-z0-9][a-z0-9_-]{0,31}$");
    assert_eq!(
        (&task["title"]["minLength"], &task["depends_on"]["minItems"]),
        (&1.into(), &serde_json::Value::Null)
    );
}
