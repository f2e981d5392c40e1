//! `help`, as the program calls it.

use super::sandbox::Sandbox;

#[tokio::test]
async fn a_word_that_is_a_topic_and_a_command_shows_both() {
    let sandbox = Sandbox::new();
    let shown = sandbox.call(&["help", "review"]).await.stdout;
    assert!(shown.contains("Usage: opencode-orchestrator review"), "{shown}");
    assert!(shown.contains("- `undo --hunk src/names.js:1` takes that hunk back."), "{shown}");
    let shown = sandbox.call(&["help", "plan", "edit"]).await.stdout;
    assert!(shown.contains("Usage: opencode-orchestrator plan edit"), "{shown}");
}

#[tokio::test]
async fn help_alone_lists_every_topic_and_command() {
    let sandbox = Sandbox::new();
    let shown = sandbox.call(&["help"]).await.stdout;
    for word in ["install", "watch", "review", "help", "questions", "budgets", "words"] {
        assert!(shown.contains(&format!("\n  {word} ")), "{word}: {shown}");
    }
    assert_eq!(shown, sandbox.call(&["--help"]).await.stdout);
}

#[tokio::test]
async fn an_unknown_word_names_the_likely_one() {
    let sandbox = Sandbox::new();
    let called = sandbox.call(&["help", "budgts"]).await;
    assert_eq!((called.exit, called.stdout.as_str()), (2, ""));
    let said = "there is no topic or command `budgts`; did you mean `budgets`?";
    assert!(called.stderr.contains(said), "{}", called.stderr);
    let called = sandbox.call(&["help", "plan", "edti"]).await;
    assert!(called.exit == 2 && called.stderr.contains("edti"), "{}", called.stderr);
}
