//! The commands, called as the program calls them.

mod delivered;
mod help;
mod memory;
mod sandbox;
mod steering;

use journal::control;

use sandbox::{Sandbox, done, incomplete, paused};

const A: &str = "m-aaaaaaaa";

#[tokio::test]
async fn wrong_use_is_told_with_what_was_meant() {
    let sandbox = Sandbox::new();
    sandbox.mission(A, &done());
    for (args, says) in [
        (vec![], "Usage: opencode-orchestrator <COMMAND>"),
        (vec!["statsu"], "a similar subcommand exists: 'status'"),
        (vec!["status", "m-aaaaaaab"], "there is no mission `m-aaaaaaab`; did you mean `m-aaaaaaaa`?"),
        (vec!["report", "../../etc"], "there is no mission `../../etc`"),
        (vec!["report", "--opne"], "a similar argument exists: '--open'"),
        (vec!["status", "a", "b"], "unexpected argument 'b' found"),
        (vec!["graph", "--format", "png"], "[possible values: mermaid, svg, json]"),
        (vec!["log", "--since", "x"], "invalid value 'x' for '--since <N>'"),
        (vec!["search"], "<WORDS>..."),
        (vec!["config", "shwo"], "a similar subcommand exists: 'show'"),
        (vec!["config"], "Usage: opencode-orchestrator config <COMMAND>"),
        (vec!["lint", "--base", "HEAD"], "`--base HEAD` needs a project under git"),
        (vec!["lint", "none.js"], "there is no file or folder `none.js`"),
        (vec!["lint", "--json", "--format", "sarif"], "cannot be used with '--format"),
        (vec!["clean", "now"], "unexpected argument 'now' found"),
        (vec!["checks", "nowhere"], "there is no folder `"),
        (vec!["checks", ".", "b"], "'b' cannot be used with '[PATH]'"),
        (vec!["doctor"], "the program answers this command itself"),
    ] {
        let called = sandbox.call(&args).await;
        assert_eq!((called.exit, called.stdout.as_str()), (2, ""), "{args:?}: {}", called.stderr);
        assert!(called.stderr.contains(says), "{args:?}: {}", called.stderr);
    }
    assert!(super::run("[]").await.contains("the request could not be read"));
}

#[tokio::test]
async fn help_is_an_answer() {
    let sandbox = Sandbox::new();
    for args in [vec!["--help"], vec!["help"], vec!["-h"]] {
        let called = sandbox.call(&args).await;
        assert_eq!((called.exit, called.stderr.as_str()), (0, ""), "{args:?}");
        for name in ["install", "doctor", "lint", "completion"] {
            assert!(called.stdout.contains(&format!("\n  {name} ")), "{args:?}: {}", called.stdout);
        }
    }
    let called = sandbox.call(&["help", "lint"]).await;
    assert!(called.exit == 0 && called.stdout.contains("--base <REV>"), "{}", called.stdout);
    let called = sandbox.call(&["completion", "bash"]).await;
    assert!(called.exit == 0 && called.stdout.contains("opencode-orchestrator"), "{}", called.stderr);
}

#[tokio::test]
async fn a_project_without_missions_says_so_and_gets_no_folder() {
    let sandbox = Sandbox::new();
    let called = sandbox.call(&["status"]).await;
    assert_eq!((called.exit, called.stdout.as_str()), (0, "no mission has run in this project yet\n"));
    let called = sandbox.call(&["status", "--json"]).await;
    assert_eq!(called.json(), serde_json::json!({ "running": null, "missions": [] }));
    for args in [["report"], ["graph"], ["log"]] {
        let called = sandbox.call(&args).await;
        assert_eq!((called.exit, called.stdout.as_str()), (1, ""), "{args:?}");
        assert!(called.stderr.contains("no mission has run"), "{args:?}: {}", called.stderr);
    }
    assert_eq!(sandbox.call(&["stop"]).await.stderr, "no mission runs in this project\n");
    // Slots without a state folder, which other projects left on this machine, have a line of their own
    assert!(sandbox.call(&["clean"]).await.stdout.starts_with("there was nothing to remove\n"));
    assert!(!sandbox.data_home().exists());
}

#[tokio::test]
async fn missions_are_shown_as_they_stand() {
    let sandbox = Sandbox::new();
    sandbox.mission(A, &done());
    let called = sandbox.call(&["status"]).await;
    assert_eq!(called.exit, 0);
    assert_eq!(
        called.stdout,
        format!(
            "{A}  done\n  Add a thing and more\n  2 of 2 tasks integrated, 1 call, 0 tokens, $0.0000, 1 min 1 s\n"
        )
    );
    let called = sandbox.call(&["report"]).await;
    assert_eq!(called.exit, 0);
    assert!(
        called.stdout.starts_with(&format!("## Mission {A}: done, **unverified**\n")),
        "{}",
        called.stdout
    );

    for (id, then, state, exit) in [
        ("m-bbbbbbbb", incomplete(), "incomplete", 1),
        ("m-cccccccc", paused(), "paused", 1),
        ("m-dddddddd", vec![], "interrupted", 1),
    ] {
        sandbox.mission(id, &then);
        for command in ["status", "report"] {
            let called = sandbox.call(&[command, id, "--json"]).await;
            let value = called.json();
            let value = if command == "status" { &value["missions"][0] } else { &value };
            assert_eq!((called.exit, value["state"].as_str()), (exit, Some(state)), "{command} {id}");
            assert_eq!(
                (value["mission"].as_str(), value["tasks"][1]["id"].as_str()),
                (Some(id), Some("two"))
            );
        }
    }
    let _lock = sandbox.running("m-dddddddd");
    let called = sandbox.call(&["status", "m-dddddddd"]).await;
    assert_eq!(called.exit, 0, "what still runs is no problem");
    assert!(called.stdout.contains("working (process 4242)") && called.stdout.contains("    one  waiting\n"));
}

#[tokio::test]
async fn a_damaged_journal_is_named_and_the_others_are_shown() {
    let sandbox = Sandbox::new();
    sandbox.mission(A, &done());
    let dir = sandbox.mission("m-bbbbbbbb", &done());
    let text = std::fs::read_to_string(dir.journal_path()).unwrap();
    std::fs::write(dir.journal_path(), text.replacen("Add a thing", "Add a thong", 1)).unwrap();
    let called = sandbox.call(&["status"]).await;
    assert_eq!(called.exit, 1);
    assert!(called.stdout.contains(A) && called.stderr.starts_with("mission m-bbbbbbbb cannot be read: "));
}

#[tokio::test]
async fn a_report_to_open_is_the_page_where_there_is_one() {
    let sandbox = Sandbox::new();
    let dir = sandbox.mission(A, &done());
    let called = sandbox.call(&["report", "--open"]).await;
    assert!(called.whole.get("open").is_none() && called.stderr.contains("nothing to open"));
    for extension in ["md", "html"] {
        std::fs::write(dir.report_path(extension), "report").unwrap();
        let called = sandbox.call(&["report", "--open"]).await;
        assert_eq!(called.whole["open"].as_str(), dir.report_path(extension).to_str());
    }
}

#[tokio::test]
async fn a_graph_is_mermaid_or_a_picture() {
    let sandbox = Sandbox::new();
    sandbox.mission(A, &done());
    let mermaid = sandbox.call(&["graph"]).await.stdout;
    assert!(mermaid.starts_with("flowchart LR\n  t0[\"one: Do one\"]:::integrated\n"), "{mermaid}");
    assert!(mermaid.contains("  t0 --> t1\n"));
    let svg = sandbox.call(&["graph", A, "--format", "svg"]).await.stdout;
    assert!(svg.starts_with("<svg ") && svg.matches("<g>").count() == 2, "{svg}");
}

#[tokio::test]
async fn a_log_lists_events_with_their_time() {
    let sandbox = Sandbox::new();
    sandbox.mission(A, &done());
    let called = sandbox.call(&["log"]).await;
    let lines: Vec<&str> = called.stdout.lines().collect();
    assert_eq!(lines[0], "    1  00:00:00  mission started (m-aaaaaaaa)");
    assert_eq!(lines[2], "    3  00:00:02  role asked (planner)");
    assert_eq!(lines[3..5], ["    4  00:00:02  plan: 2 tasks", "                   - `one` Do one"]);
    assert_eq!(lines.last(), Some(&"    7  00:01:01  done"));
    let called = sandbox.call(&["log", "--json", "--since", "6"]).await;
    assert_eq!((called.json()["seq"].as_u64(), called.json()["event"].as_str()), (Some(7), Some("ended")));
}

#[tokio::test]
async fn following_a_log_ends_with_the_mission() {
    let sandbox = Sandbox::new();
    sandbox.mission(A, &[]);
    let lock = sandbox.running(A);
    let called = sandbox.call(&["log", "--follow"]).await;
    assert_eq!(called.stdout.lines().count(), 6);
    assert_eq!(called.whole["again"]["args"], serde_json::json!(["log", A, "--follow", "--since", "4"]));
    drop(lock);
    let called = sandbox.call(&["log", A, "--follow", "--since", "4"]).await;
    assert_eq!((called.exit, called.stdout.as_str()), (1, ""));
    assert!(called.whole.get("again").is_none() && called.stderr.contains("is no longer running"));
}

#[tokio::test]
async fn stop_asks_the_process_that_runs_the_mission() {
    let sandbox = Sandbox::new();
    let dir = sandbox.mission(A, &[]);
    sandbox.mission("m-bbbbbbbb", &done());
    let lock = sandbox.running(A);
    let called = sandbox.call(&["stop", "m-bbbbbbbb"]).await;
    assert_eq!(
        (called.exit, called.stderr.as_str()),
        (1, "mission m-bbbbbbbb does not run; m-aaaaaaaa does\n")
    );
    let owner = async {
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            if let Some(request) = control::poll(&dir.control_dir()).unwrap().pop() {
                drop(lock);
                return request;
            }
        }
    };
    let (called, request) = tokio::join!(sandbox.call(&["stop"]), owner);
    assert_eq!((request.kind.as_str(), request.by.as_str()), (control::STOP, "opencode-orchestrator stop"));
    assert_eq!(called.exit, 0);
    assert!(
        called.stdout.starts_with("mission m-aaaaaaaa is stopped; `/task resume m-aaaaaaaa`"),
        "{}",
        called.stdout
    );
}

#[tokio::test]
async fn clean_keeps_what_can_be_resumed_and_forgets_only_when_told() {
    let sandbox = Sandbox::new();
    sandbox.mission(A, &done());
    let state = sandbox.state();
    let hold = || {
        std::fs::create_dir_all(state.slots().join("1")).unwrap();
        std::fs::write(state.slots().join("1").join("file"), "x".repeat(9000)).unwrap();
    };
    hold();
    let lock = sandbox.running(A);
    let called = sandbox.call(&["clean"]).await;
    assert_eq!(called.exit, 1);
    assert!(called.stderr.contains("mission `m-aaaaaaaa`, process 4242") && state.slots().join("1").exists());
    drop(lock);

    sandbox.mission("m-bbbbbbbb", &paused());
    let called = sandbox.call(&["clean"]).await;
    assert!(called.exit == 1 && called.stderr.starts_with("not finished: m-bbbbbbbb; "), "{}", called.stderr);
    assert!(state.slots().join("1").exists());

    // The journal of a newer version
    let newer = sandbox.mission("m-cccccccc", &done());
    let text = std::fs::read_to_string(newer.journal_path()).unwrap();
    std::fs::write(newer.journal_path(), text.replacen("{\"v\":1", "{\"v\":9", 2)).unwrap();
    let called = sandbox.call(&["clean"]).await;
    assert!(called.exit == 1 && called.stderr.contains("m-cccccccc"), "{}", called.stderr);
    assert!(state.slots().join("1").exists());
    newer.forget().unwrap();

    let called = sandbox.call(&["clean", "--force", "--json"]).await;
    assert_eq!((called.exit, &called.json()["slots"]), (0, &serde_json::json!(1)), "{}", called.stderr);
    assert!(!state.slots().exists() && !state.repository().exists());
    assert_eq!(state.list_missions().unwrap().len(), 2);

    let called = sandbox.call(&["clean", "--all"]).await;
    assert!(called.stdout.contains("2 missions"), "{}", called.stdout);
    assert!(state.list_missions().unwrap().is_empty());
}

#[tokio::test]
async fn settings_that_are_no_file_are_not_read() {
    let sandbox = Sandbox::new();
    for (name, args) in [("opencode.toml", ["config", "check"]), ("sgconfig.yml", ["lint", "src"])] {
        sandbox.write("src/good.js", "export const one = 1\n");
        std::os::unix::fs::symlink("/dev/zero", sandbox.project().join(name)).unwrap();
        let called = sandbox.call(&args).await;
        let said = format!("{}{}", called.stdout, called.stderr);
        assert!(said.contains(name) && said.contains("it is not a file"), "{said}");
        std::fs::remove_file(sandbox.project().join(name)).unwrap();
    }
}

#[tokio::test]
async fn files_are_linted_without_git() {
    let sandbox = Sandbox::new();
    sandbox.write("src/good.js", "export const one = 1\n");
    sandbox.write("src/bad.js", "export function f( {\n");
    sandbox.write("node_modules/m/worse.js", "function (\n");
    let called = sandbox.call(&["lint", "src/good.js"]).await;
    assert_eq!((called.exit, called.stdout.as_str()), (0, ""));
    assert_eq!(called.stderr, "1 file looked at, nothing found\n");
    let called = sandbox.call_in(&sandbox.project().join("src"), &["lint", "../src/bad.js", "--json"]).await;
    assert_eq!(called.exit, 1);
    let finding = &called.json()["findings"][0];
    assert_eq!(
        (finding["rule"].as_str(), finding["severity"].as_str()),
        (Some("syntax-error"), Some("error"))
    );
    let all = sandbox.call(&["lint"]).await;
    assert!(all.exit == 1 && all.stdout.starts_with("src/bad.js:1:") && !all.stdout.contains("worse"));
    let outside = sandbox.call(&["lint", "src/bad.js", "/etc/hosts"]).await;
    assert!(outside.exit == 2 && outside.stderr.contains("one project at a time"), "{}", outside.stderr);
    std::fs::write(sandbox.project().join("binary.js"), b"\xff\x00").unwrap();
    let binary = sandbox.call(&["lint", "binary.js"]).await;
    assert!(binary.stderr.contains("binary.js was not linted"), "{}", binary.stderr);
}

#[tokio::test]
async fn settings_apply_to_lint_and_are_checked() {
    let sandbox = Sandbox::new();
    assert_eq!(
        sandbox.call(&["config", "check"]).await.stdout,
        "there is no opencode.toml: the defaults are in force\n"
    );
    sandbox.write("bad.js", "export function f( {\n");
    sandbox.write("opencode.toml", "[guardian.severity]\nsyntax-error = \"warning\"\n");
    assert_eq!(sandbox.call(&["lint", "bad.js"]).await.exit, 0);
    let called = sandbox.call(&["config", "check"]).await;
    assert!(called.exit == 0 && called.stdout.ends_with("opencode.toml is fine\n"), "{}", called.stdout);
    assert!(sandbox.call(&["config", "show"]).await.stdout.contains("opencode.toml:2"));
    assert_eq!(sandbox.call(&["config", "show", "--json"]).await.json()["mission"]["parallel"], 4);
    assert!(sandbox.call(&["config", "schema"]).await.json()["properties"]["mission"].is_object());

    sandbox.write("opencode.toml", "[mission]\nparalel = 2\n");
    let called = sandbox.call(&["config", "check"]).await;
    assert_eq!((called.exit, called.stdout.as_str()), (1, ""));
    assert!(
        called.stderr.contains("opencode.toml:2:1") && called.stderr.ends_with("1 problem\n"),
        "{}",
        called.stderr
    );
    let json = sandbox.call(&["config", "check", "--json"]).await.json();
    assert_eq!((&json["ok"], &json["problems"][0]["line"]), (&false.into(), &2.into()));
    assert_eq!(
        sandbox.call(&["lint", "bad.js"]).await.exit,
        1,
        "with settings that do not stand nothing is judged"
    );

    sandbox.write("opencode.toml", "[guardian.severity]\nsyntax-errror = \"off\"\n");
    let called = sandbox.call(&["config", "check"]).await;
    assert!(
        called.exit == 1 && called.stderr.contains("there is no rule `syntax-errror`"),
        "{}",
        called.stderr
    );
}

#[tokio::test]
async fn a_projects_own_rules_run_beside_the_built_in_ones() {
    let sandbox = Sandbox::new();
    sandbox.write("src/a.ts", "forbidden(1);\nalso();\nconsole.log(2);\n");
    sandbox.write("sgconfig.yml", "ruleDirs: [lint/rules, ./gone]\nutilDirs:\n  - lint/utils\n");
    let rule = |id: &str, rule: &str| {
        format!("id: {id}\nlanguage: TypeScript\nmessage: no {id}\nseverity: error\nrule:\n  {rule}\n")
    };
    sandbox.write("lint/rules/deep/one.yml", &rule("one", "matches: is-forbidden"));
    sandbox.write("lint/rules/broken.yaml", &rule("broken", "pattrn: x"));
    sandbox.write("lint/rules/all.yml", &rule("all", "kind: identifier"));
    sandbox.write(
        "lint/utils/u.yml",
        "id: is-forbidden\nlanguage: TypeScript\nrule: { pattern: forbidden($A) }\n",
    );
    sandbox.write("own/two.yml", &rule("two", "pattern: also()"));
    sandbox
        .write("opencode.toml", "[guardian]\nrules = [\"own/*.yml\"]\n[guardian.severity]\nall = \"off\"\n");
    let called = sandbox.call(&["lint", "src", "--json"]).await;
    let found: Vec<(String, u64)> = called.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["rule"].as_str().unwrap().to_string(), f["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(called.exit, 1);
    assert_eq!(
        found,
        [("one".into(), 1), ("two".into(), 2), ("debug-leftover".into(), 3)],
        "{}",
        called.stderr
    );
    let told = [
        "rule file `lint/rules/broken.yaml` line 5: unknown field `pattrn`",
        "rule file `sgconfig.yml`: there is no folder `./gone`",
    ];
    for told in told {
        assert!(called.stderr.contains(told) && called.stderr.contains("hint: "), "{}", called.stderr);
    }
    sandbox.write("sgconfig.yml", "ruleDirs: 3: 4\n");
    let called = sandbox.call(&["lint", "src/a.ts"]).await;
    assert!(
        called.exit == 1 && called.stderr.contains("rule file `sgconfig.yml` line 1"),
        "{}",
        called.stderr
    );
    assert!(called.stdout.contains("error two") && !called.stdout.contains("error one"), "{}", called.stdout);
}

#[tokio::test]
async fn a_rule_that_matches_everything_floods_nobody() {
    let sandbox = Sandbox::new();
    sandbox.write("rules/all.yml", "id: all\nlanguage: JavaScript\nrule:\n  kind: identifier\n");
    for n in 0..30 {
        sandbox.write(&format!("src/{n}.js"), &"f(x);\n".repeat(3_000));
    }
    let called = sandbox.call(&["lint", "src"]).await;
    assert!(
        called.stderr.contains("`all` was found 3000 times; the first 2000 are shown\nhint: "),
        "{}",
        called.stderr
    );
    assert_eq!(called.stdout.lines().filter(|line| line.contains(" all: ")).count(), 2_000);
}

#[tokio::test]
async fn files_that_no_linter_was_made_for_are_survived_and_named() {
    let sandbox = Sandbox::new();
    sandbox.write("good.js", "export const one = 1\n");
    sandbox.write("nul.js", "export const a = 1;\0\n");
    sandbox.write("min.js", &"!function(a){return a&&a.b||{}}(c);".repeat(20_000));
    sandbox.write("deep.ts", &"[".repeat(100_000));
    sandbox.write("deep.py", &format!("x = {}{}\n", "(\n".repeat(100_000), ")\n".repeat(100_000)));
    std::fs::write(sandbox.project().join("latin1.py"), b"name = '\xe9'\n").unwrap();
    let huge = std::fs::File::create(sandbox.project().join("huge.ts")).unwrap();
    huge.set_len(50 * 1024 * 1024).unwrap();
    let all = sandbox.call(&["lint", "--json"]).await;
    let found = all.json();
    let of = |path: &str| {
        let found = found["findings"].as_array().unwrap().iter();
        let rules: std::collections::BTreeSet<&str> =
            found.filter(|f| f["path"] == path).map(|f| f["message"].as_str().unwrap()).collect();
        rules.into_iter().map(str::to_string).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(all.exit, 1, "{}", all.stderr);
    assert_eq!(of("nul.js"), "syntax error: NUL byte in source text");
    assert!(of("deep.ts").contains("`[` is never closed"), "{}", of("deep.ts"));
    assert!(of("deep.py").contains("not checked: code nested"), "{}", of("deep.py"));
    assert_eq!(["good.js", "min.js", "latin1.py", "huge.ts"].map(of), ["", "", "", ""].map(String::from));
    for name in ["huge.ts", "latin1.py"] {
        let told = sandbox.call(&["lint", name]).await;
        assert!(
            told.exit == 0 && told.stderr.starts_with(&format!("{name} was not linted: ")),
            "{}",
            told.stderr
        );
    }
}

#[tokio::test]
async fn search_ranks_files() {
    let sandbox = Sandbox::new();
    sandbox.write("src/login.js", "export function checkPassword(user) { return user }\n");
    sandbox.write("src/other.js", "export const nothing = 1\n");
    let called = sandbox.call(&["search", "check", "password", "--limit", "1"]).await;
    assert!(called.exit == 0 && called.stdout.starts_with("src/login.js (1 line)"), "{}", called.stdout);
    let json = sandbox.call(&["search", "password", "--json"]).await.json();
    assert_eq!(json["hits"][0]["symbols"][0]["name"], "checkPassword");
    let called = sandbox.call(&["search", "password", "--lines=500"]).await;
    assert!(called.stdout.contains("\n    score ") && called.stdout.contains("text "), "{}", called.stdout);
    assert!(called.stdout.contains("\nsrc/login.js:1-1  checkPassword\n"), "{}", called.stdout);
    let json = sandbox.call(&["search", "password", "--lines", "--json"]).await.json();
    assert_eq!((&json["lines"][0]["from"], &json["lines"][0]["to"]), (&1.into(), &1.into()), "{json}");
    let called = sandbox.call(&["search", "zebra"]).await;
    assert_eq!((called.exit, called.stdout.as_str()), (0, ""));
    assert!(called.stderr.starts_with("nothing found\nhint: "));
}

#[tokio::test]
async fn the_checks_of_a_project_are_told_to_people_and_programs() {
    let sandbox = Sandbox::new();
    sandbox.write("package.json", r#"{"scripts": {"test": "mocha"}, "devDependencies": {"mocha": "11"}}"#);
    sandbox.write("opencode.toml", "[[checks.command]]\nname = \"lint\"\nrun = \"make lint\"\n");
    let untrusted = sandbox.call(&["checks", "--json"]).await.json();
    assert!(untrusted["hints"][0].as_str().unwrap().contains("checks.command"), "{untrusted}");
    sandbox.call(&["trust"]).await;
    let called = sandbox.call(&["checks", "--json"]).await;
    assert_eq!((called.exit, called.stderr.as_str()), (0, ""));
    let told = called.json();
    let lint = serde_json::json!({ "name": "lint", "run": "make lint", "directory": "", "kind": "lint",
        "source": "opencode.toml checks.command" });
    let test = serde_json::json!({ "name": "test", "run": "npm test", "directory": "", "kind": "test", "runner": "mocha",
        "source": "package.json scripts.test" });
    assert_eq!(told["checks"], serde_json::json!([lint, test]));
    assert_eq!(told["setup"][0]["why"], "package.json");
    for part in ["setup", "refused", "hints"] {
        assert!(told[part].is_array(), "{part}");
    }
    let folder = sandbox.project().parent().unwrap().to_path_buf();
    let text = sandbox.call_in(&folder, &["checks", "project"]).await.stdout;
    assert!(text.contains("  test (test): npm test  (package.json scripts.test)\n"), "{text}");
}

#[tokio::test]
async fn the_checks_of_a_project_are_tried_once_in_a_slot() {
    let sandbox = Sandbox::new();
    let folder = sandbox.project().parent().unwrap().to_path_buf();
    let own = format!("[workspace]\ndirectory = \"{}\"\n", folder.join("slots").display());
    std::fs::create_dir_all(folder.join(".config/opencode")).unwrap();
    std::fs::write(folder.join(".config/opencode/opencode.toml"), own).unwrap();
    let command = |name: &str, run: &str| format!("[[checks.command]]\nname = \"{name}\"\nrun = \"{run}\"\n");
    let settings =
        |run: &str| format!("[checks]\nauto = false\n{}{}", command("build", "true"), command("test", run));
    sandbox.write("a.sh", "touch made\n");
    sandbox.write("opencode.toml", &settings("sh a.sh"));
    sandbox.call(&["trust"]).await;
    let called = sandbox.call(&["checks", "try", "--json"]).await;
    assert_eq!((called.exit, called.stderr.as_str()), (0, ""), "{}", called.stdout);
    let told = called.json();
    let said = |at: usize| (told["checks"][at]["name"].as_str(), told["checks"][at]["verdict"].as_str());
    assert_eq!([said(0), said(1)], [(Some("build"), Some("pass")), (Some("test"), Some("pass"))]);
    assert!(!sandbox.project().join("made").exists(), "it runs in a slot");

    sandbox.write("opencode.toml", &settings("exit 3"));
    sandbox.call(&["trust"]).await;
    let called = sandbox.call(&["checks", "try"]).await;
    assert_eq!(called.exit, 1);
    assert!(
        called.stdout.contains("test (test) ") && called.stdout.contains("unverified"),
        "{}",
        called.stdout
    );
}

#[tokio::test]
async fn an_output_is_read_and_compared_without_running_anything() {
    let sandbox = Sandbox::new();
    let pytest = |failed: &[&str]| {
        let lines: String = failed.iter().map(|name| format!("FAILED a.py::{name} - no\n")).collect();
        let count = failed.len();
        format!("=== short test summary info ===\n{lines}=== {count} failed, 2 passed in 0.01s ===\n")
    };
    sandbox.write("old.txt", &pytest(&["test_a"]));
    sandbox.write("new.txt", &pytest(&["test_a", "test_b"]));
    let called = sandbox.call(&["checks", "parse", "--runner", "pytest", "--exit", "1", "old.txt"]).await;
    let told = called.json();
    let expected = serde_json::json!({ "runner": "pytest", "status": "failed", "complete": true,
        "failed": ["a.py::test_a"], "passed": 2 });
    assert_eq!((called.exit, told), (0, expected));
    let files = ["--base", "old.txt", "--base-exit", "1", "--now", "new.txt", "--now-exit", "1"];
    let args = [&["checks", "compare", "--run", "python3 -m pytest"][..], &files].concat();
    let told = sandbox.call(&args).await.json();
    assert_eq!(told, serde_json::json!({ "verdict": "fail", "new_failures": ["a.py::test_b"] }));
    let called = sandbox.call(&["checks", "parse", "--runner", "pytset", "--exit", "1", "old.txt"]).await;
    assert!(called.exit == 2 && called.stderr.contains("did you mean `pytest`?"), "{}", called.stderr);
    let called = sandbox.call(&["checks", "parse", "--run", "jest", "--exit", "1", "none.txt"]).await;
    assert!(called.exit == 1 && called.stderr.contains("none.txt` cannot be read"), "{}", called.stderr);
}

#[tokio::test]
async fn a_repositorys_settings_are_trusted_once_for_their_text() {
    let sandbox = Sandbox::new();
    let said = sandbox.call(&["trust"]).await;
    assert!(said.exit == 0 && said.stdout.contains("nothing to trust"), "{}", said.stdout);
    let text = "[mission]\nparallel = 2\n[roles.coder]\nbash = true\n";
    sandbox.write("opencode.toml", text);
    let bash = async || {
        let shown = sandbox.call(&["config", "show", "--json"]).await.json();
        assert_eq!(shown["mission"]["parallel"], 2, "what tightens needs no trust");
        shown["roles"]["coder"]["bash"] == true
    };
    assert!(!bash().await);
    let shown = sandbox.call(&["trust", "--show"]).await;
    assert!(shown.stdout.contains("opencode.toml:4: roles.coder.bash = true"), "{}", shown.stdout);
    assert!(shown.stdout.contains("not used until you trust it"), "{}", shown.stdout);
    assert!(!bash().await, "showing trusts nothing");
    assert!(sandbox.call(&["trust"]).await.stdout.contains("roles.coder.bash = true"));
    assert!(bash().await);
    sandbox.write("opencode.toml", &format!("{text}timeout = \"1m\"\n"));
    assert!(!bash().await, "another text");
    sandbox.write("opencode.toml", text);
    assert!(bash().await);
    sandbox.call(&["trust", "--revoke"]).await;
    assert!(!bash().await);
    let shown = sandbox.call(&["trust", "--show"]).await;
    assert!(shown.stdout.contains("not used, as you said"), "{}", shown.stdout);
}
