//! `memory`: learned from journals of missions that ended, shown with its sources, edited, and forgotten for good.

use serde_json::{Value, json};

use super::A;
use super::sandbox::{Sandbox, done};

fn mission() -> Vec<Value> {
    let check = json!({ "name": "test", "run": "npm test", "verdict": "pass", "detail": "1 passed", "kind": "test", "took_ms": 8_200 });
    let failed = |task| {
        json!({ "event": "attempt_failed", "task": task, "class": "lint",
                "issues": [{ "source": "no-default-export", "message": "a default export" }] })
    };
    let base = json!({ "event": "base_checked", "checks": [check] });
    [vec![base, failed("one"), failed("two")], done()].concat()
}

#[tokio::test]
async fn what_missions_learned_is_shown_edited_and_forgotten() {
    let sandbox = Sandbox::new();
    let none = sandbox.call(&["memory"]).await;
    assert!((none.exit, none.stdout.contains("nothing is known")) == (0, true), "{none:?}");
    sandbox.mission(A, &mission());
    let shown = sandbox.call(&["memory"]).await.stdout;
    assert!(
        shown.contains(
            "- [command-1] `npm test` (test)\n  right in 1 mission; takes 8.2 s; last right in m-aaaaaaaa"
        ),
        "{shown}"
    );
    assert!(shown.contains("a default export [no-default-export]\n  enforced in 2 tasks"), "{shown}");
    assert!(!sandbox.state().memory_path().exists(), "showing it changes nothing");

    let json = sandbox.call(&["memory", "--json"]).await.json();
    assert_eq!(json["entries"][0]["right"]["mission"], A);
    let page =
        json["markdown"].as_str().unwrap().replace("`npm test` (test)", "`npm test` with the server up");
    sandbox.write("edited.md", &(page + "- [nothing-9] x\n"));
    let edited = sandbox.call(&["memory", "edit", "--from", "edited.md"]).await;
    assert!(edited.exit == 1 && edited.stderr.contains("no entry has the id `nothing-9`"), "{edited:?}");
    let page =
        json["markdown"].as_str().unwrap().replace("`npm test` (test)", "`npm test` with the server up");
    sandbox.write("edited.md", &(page + "- no abbreviations\n"));
    assert_eq!(sandbox.call(&["memory", "edit", "--from", "edited.md"]).await.exit, 0);
    let shown = sandbox.call(&["memory"]).await.stdout;
    assert!(shown.contains("with the server up") && shown.contains("no abbreviations\n  yours"), "{shown}");
    let kept = std::fs::read_to_string(sandbox.state().memory_page_path()).unwrap();
    assert!(kept.contains("no abbreviations"), "{kept}");

    let unknown = sandbox.call(&["memory", "forget", "convention-9"]).await;
    assert!(unknown.exit == 2 && unknown.stderr.contains("convention-2"), "{unknown:?}");
    let forgotten = sandbox.call(&["memory", "forget", "convention-2", "--json"]).await.json();
    assert_eq!(forgotten["memory"], "forgotten: convention-2");
    sandbox.mission("m-bbbbbbbb", &mission());
    let shown = sandbox.call(&["memory"]).await.stdout;
    assert!(!shown.contains("default export") && shown.contains("right in 2 missions"), "{shown}");
}

#[tokio::test]
async fn a_damaged_memory_is_kept_aside_and_learned_again() {
    let sandbox = Sandbox::new();
    sandbox.mission(A, &mission());
    std::fs::write(sandbox.state().memory_path(), "{ \"entries\": 3").unwrap();
    let shown = sandbox.call(&["memory"]).await;
    assert!(shown.stdout.contains("`npm test`"), "{shown:?}");
    let aside = sandbox.state().path().join("memory.damaged.json");
    assert_eq!(std::fs::read_to_string(aside).unwrap(), "{ \"entries\": 3");
    assert_eq!(sandbox.call(&["memory", "forget", "--all"]).await.exit, 0);
}
