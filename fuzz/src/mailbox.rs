//! What models submit: JSON arguments, or a text where JSON was wanted, to every mailbox, and a plan that is
//! read on to the graph; and the text behind `/task`.

use std::collections::BTreeSet;

use mission::mailbox::{
    check_review, parse_brief, parse_check, parse_page, parse_plan, parse_review, parse_work,
};
use mission::{Policy, graph, path};
use serde_json::Value;

pub fn run(data: &[u8]) {
    let text = super::text(data);
    let value: Value = serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.clone()));
    let policy = Policy::default();
    match parse_plan(&value) {
        Err(problems) => told(&problems),
        Ok(plan) => {
            // What is accepted is read again as the same
            let again = serde_json::to_value(&plan).expect("a plan is JSON");
            assert_eq!(parse_plan(&again).as_ref(), Ok(&plan));
            for depth in [0, policy.max_depth] {
                match graph::check(plan.clone(), &policy, &BTreeSet::from(["one".to_string()]), depth) {
                    Err(problems) => told(&problems),
                    Ok(checked) => {
                        for file in checked.plan.tasks.iter().flat_map(|task| &task.files) {
                            assert_eq!(path::normalise(file).as_ref(), Ok(file));
                            assert_eq!(path::forbidden(file), None);
                        }
                    }
                }
            }
        }
    }
    parse_brief(&value).map_or_else(|problems| told(&problems), drop);
    parse_check(&value).map_or_else(|problems| told(&problems), drop);
    parse_page(&value).map_or_else(|problems| told(&problems), drop);
    match parse_work(&value) {
        Err(problems) => told(&problems),
        Ok(work) => {
            for file in &work.needs_files {
                assert_eq!(path::normalise(file).as_ref(), Ok(file));
            }
        }
    }
    match parse_review(&value) {
        Err(problems) => told(&problems),
        Ok(review) => {
            for items in [0, 2, 20] {
                check_review(&review, items).map_or_else(|problems| told(&problems), drop);
            }
        }
    }
    mission::command::parse(&text, |id| id.len() == 3);
}

/// What is told to a model is something, and not without end.
fn told(problems: &[String]) {
    assert!(!problems.is_empty() && problems.len() <= 100, "{} problems", problems.len());
    for problem in problems {
        assert!(!problem.is_empty() && problem.len() <= 8_000, "{} bytes: {problem:.200}", problem.len());
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    [
        r#"{"tasks":[{"id":"one","title":"t","instructions":"i","files":["src/a.ts"],"acceptance":["x"]},{"id":"two","title":"t","instructions":"i","files":["src/*.ts"],"depends_on":["one"],"acceptance":["x"],"group":"g","compound":true,"edits_tests":"why"}],"dependencies":[{"manager":"npm","name":"jose","version":"^5","why":"w"}],"acceptance":["y"]}"#,
        r#"{"tasks":"[{\"id\":\"one\",\"title\":\"t\",\"instructions\":\"i\",\"files\":\"a\",\"dependsOn\":\"two\",\"acceptance\":\"x\",},]"}"#,
        r#"{"summary":"s","files":[{"path":"./a/../b.ts","why":"w"}],"conventions":["c"],"risks":"r"}"#,
        r#"{"status":"done","summary":"s","needs_files":["../x","/etc/passwd"],"question":null}"#,
        r#"{"verdict":"reject","findings":[{"path":"a","line":"3","severity":"error","message":"m"}],"acceptance":[{"id":"a1","met":"true","evidence":"e"}]}"#,
        r#"{"page":"p1","offset":-1,"limit":1e30}"#,
        r#"{"name":"test","filter":"a b"}"#,
        "```json\n{\"status\": \"blocked\", \"summary\": 'x', question: \"y\",}\n```",
        "resume m-00000000",
        "\"status\" it",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect()
}
