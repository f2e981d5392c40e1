//! The messages for wrong settings.

use expect_test::{Expect, expect};

use super::{load, source};

fn problems(text: &str) -> String {
    match load(None, source("opencode.toml", text), None) {
        Ok(_) => "no problem".to_owned(),
        Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
    }
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&problems(text));
}

#[test]
fn unknown_keys_name_the_nearest_one() {
    check(
        "[mision]\n[mission]\nparralel = 4\nmaxCycles = 2\nquorum = 3\nzzz = 1\n[roles.coder.extra]\nparallel = 1\n[roles.searcher]\nbash = true\n[roles.programmer]\n",
        expect![[r#"
            opencode.toml:1:2: unknown key `mision`
            hint: did you mean `mission`?
            opencode.toml:3:1: unknown key `parralel` in `[mission]`
            hint: did you mean `parallel`?
            opencode.toml:4:1: unknown key `maxCycles` in `[mission]`
            hint: did you mean `max_cycles`?
            opencode.toml:5:1: unknown key `quorum` in `[mission]`
            hint: `quorum` belongs to `[review]`
            opencode.toml:6:1: unknown key `zzz` in `[mission]`
            hint: the keys here are `approve_plan`, `clarify`, `deliver`, `dependencies`, `max_cycles`, `parallel` and `tests`
            opencode.toml:7:14: unknown key `extra` in `[roles.coder]`
            hint: the keys here are `bash`, `fallback`, `model`, `options`, `timeout` and `variant`
            opencode.toml:10:1: unknown key `bash` in `[roles.searcher]`
            hint: `bash` belongs to `[roles.coder]` or `[roles.fixer]`
            opencode.toml:11:8: unknown key `programmer` in `[roles]`
            hint: the keys here are `coder`, `fixer`, `planner`, `reviewer` and `searcher`
        "#]],
    );
    check(
        "parallel = 4\ntemperature = 1\n",
        expect![[r#"
            opencode.toml:1:1: unknown key `parallel`
            hint: `parallel` belongs to `[mission]`
            opencode.toml:2:1: unknown key `temperature`
            hint: the keys here are `budget`, `checks`, `command`, `context`, `dispatch`, `guardian`, `heal`, `mission`, `review`, `roles`, `sandbox` and `workspace`
        "#]],
    );
    check(
        "[[checks.command]]\nname = \"t\"\nrun = \"x\"\ntime_out = \"1m\"\n",
        expect![[r#"
            opencode.toml:4:1: unknown key `time_out` in `[[checks.command]]`
            hint: did you mean `timeout`?
        "#]],
    );
}

#[test]
fn wrong_values_of_missions_limits_and_roles_say_what_is_wanted() {
    check(
        "[mission]\nparallel = 0\nmax_cycles = \"3\"\ndeliver = \"aply\"\napprove_plan = \"yes\"\ntests = 3\ndependencies = \"no\"\n",
        expect![[r#"
            opencode.toml:2:12: `mission.parallel` must be a whole number from 1 to 64, not 0
            opencode.toml:3:14: `mission.max_cycles` must be a whole number from 1 to 20, not "3"
            hint: write `3` without quotes
            opencode.toml:4:11: `mission.deliver` must be `apply` or `branch`, not "aply"
            hint: did you mean `apply`?
            opencode.toml:5:16: `mission.approve_plan` must be `true` or `false`, not "yes"
            opencode.toml:6:9: `mission.tests` must be `independent`, `coder` or `none`, not 3
            opencode.toml:7:16: `mission.dependencies` must be `ask`, `allow` or `deny`, not "no"
        "#]],
    );
    check(
        "[budget]\ncalls = 0\nwall = \"4 hours\"\ntokens = \"nonne\"\ncost_usd = -1\n[budget.task]\ncalls = false\n",
        expect![[r#"
            opencode.toml:2:9: `budget.calls` must be `none` or a whole number of at least 1, not 0
            opencode.toml:3:8: `budget.wall` must be `none` or a duration such as "10m", not "4 hours"
            hint: write it as "4h", "10m", "90s" or "1h30m"
            opencode.toml:4:10: `budget.tokens` must be `none` or a whole number of at least 1, not "nonne"
            hint: did you mean `none`?
            opencode.toml:5:12: `budget.cost_usd` must be `none` or a number above 0, not -1
            opencode.toml:7:9: `budget.task.calls` must be `none` or a whole number of at least 1, not `false`
            hint: write `"none"`
        "#]],
    );
    check(
        "budget = { cost_usd = nan, wall = \"0s\", tokens = 1.5 }\n",
        expect![[r#"
            opencode.toml:1:23: `budget.cost_usd` must be `none` or a number above 0, not NaN
            opencode.toml:1:35: `budget.wall` must be `none` or a duration such as "10m", not "0s"
            hint: it must be longer than nothing
            opencode.toml:1:50: `budget.tokens` must be `none` or a whole number of at least 1, not 1.5
        "#]],
    );
    check(
        "[roles.coder]\nmodel = \"gpt\"\nfallback = [\"a/b\", \"c\", 4]\ntimeout = 600\nbash = \"true\"\n[roles.fixer]\nfallback = \"a/b\"\n",
        expect![[r#"
            opencode.toml:2:9: `roles.coder.model` must be a model as "provider/model", not "gpt"
            hint: write it as `opencode models` lists it, with the provider before the slash
            opencode.toml:3:20: `roles.coder.fallback[1]` must be a model as "provider/model", not "c"
            hint: write it as `opencode models` lists it, with the provider before the slash
            opencode.toml:3:25: `roles.coder.fallback[2]` must be a model as "provider/model", not 4
            opencode.toml:4:11: `roles.coder.timeout` must be a duration such as "10m", not 600
            hint: write `"600s"` for seconds
            opencode.toml:5:8: `roles.coder.bash` must be `true` or `false`, not "true"
            hint: write `true` without quotes
            opencode.toml:7:12: `roles.fixer.fallback` must be a list, each item a model as "provider/model", not "a/b"
            hint: write a list: ["a/b"]
        "#]],
    );
}

#[test]
fn wrong_values_of_reviews_repairs_and_commands_say_what_is_wanted() {
    check(
        "[review]\nquorum = 2\n[heal]\nfixes = 11\ncandidates = 2026-01-01\n[context]\nbudget = 1e3\n",
        expect![[r#"
            opencode.toml:2:10: `review.quorum` must be an odd number from 1 to 15, not 2
            opencode.toml:4:9: `heal.fixes` must be a whole number from 0 to 10, not 11
            opencode.toml:5:14: `heal.candidates` must be a whole number from 1 to 8, not the date 2026-01-01
            opencode.toml:7:10: `context.budget` must be a whole number from 1000 to 1000000, not 1000.0
        "#]],
    );
    check(
        "review = 3\n[heal]\nfixes = [1]\nfresh = {}\n",
        expect![[r#"
        opencode.toml:1:10: `review` must be a table, not 3
        opencode.toml:3:9: `heal.fixes` must be a whole number from 0 to 10, not a list
        opencode.toml:4:9: `heal.fresh` must be a whole number from 0 to 10, not a table
    "#]],
    );
    check(
        "[workspace]\nsetup = \"npm ci\"\ncopy = [\"../up\", \"/etc\", \"C:\\\\x\", \"ok/x\", \"\"]\n[guardian]\nrules = \"x.yml\"\nseverity = { a = \"of\", b = true }\n",
        expect![[r#"
            opencode.toml:2:9: `workspace.setup` must be `auto`, `none` or a list, each item a command, not "npm ci"
            hint: write a list: ["npm ci"]
            opencode.toml:3:9: `workspace.copy[0]` must be a path inside the project, not "../up"
            hint: write it relative to the project's root, without `..`
            opencode.toml:3:18: `workspace.copy[1]` must be a path inside the project, not "/etc"
            hint: write it relative to the project's root, without `..`
            opencode.toml:3:26: `workspace.copy[2]` must be a path inside the project, not "C:\\x"
            hint: write it relative to the project's root, without `..`
            opencode.toml:3:43: `workspace.copy[4]` must be a path inside the project, not an empty text
            hint: write it relative to the project's root, without `..`
            opencode.toml:5:9: `guardian.rules` must be a list, each item a path inside the project, not "x.yml"
            hint: write a list: ["x.yml"]
            opencode.toml:6:18: `guardian.severity.a` must be `off`, `warning` or `error`, not "of"
            hint: did you mean `off`?
            opencode.toml:6:28: `guardian.severity.b` must be `off`, `warning` or `error`, not `true`
        "#]],
    );
    check(
        "[workspace]\nsetup = [\"npm ci\", 3, \" \"]\n",
        expect![[r#"
            opencode.toml:2:20: `workspace.setup[1]` must be a command, not 3
            opencode.toml:2:23: `workspace.setup[2]` must be a command, not " "
            hint: write the command as you would type it in the project's root
        "#]],
    );
    check(
        "[[checks.command]]\nname = \"t\"\n[[checks.command]]\nname = \"t\"\nrun = \"\"\n[[checks.command]]\nname = \"a b\"\nrun = \"x\"\n",
        expect![[r#"
            opencode.toml:1:1: `checks.command[0]` has no `run`
            hint: add `run = "…"`
            opencode.toml:4:8: two commands in `[[checks.command]]` are named `t`
            hint: give each command a name of its own
            opencode.toml:5:7: `checks.command[1].run` must be a command, not an empty text
            hint: write the command as you would type it in the project's root
            opencode.toml:7:8: `checks.command[2].name` must be a name of letters, digits and `.:_-`, not "a b"
            hint: begin with a letter or digit and keep to 64 characters
        "#]],
    );
}

#[test]
fn what_is_no_toml_says_where() {
    check(
        "[mission\nparallel = 4\n",
        expect![[r#"
        opencode.toml:1:9: not valid TOML: unclosed table, expected `]`
    "#]],
    );
    check(
        "[mission]\nparallel = 4\nparallel = 5\n",
        expect![[r#"
        opencode.toml:3:1: not valid TOML: duplicate key
    "#]],
    );
    check(
        "[mission]\nparallel = \n[heal]\nfixes = = 2\n",
        expect![[r#"
            opencode.toml:2:12: not valid TOML: string values must be quoted, expected literal string
            opencode.toml:4:9: not valid TOML: extra `=`, expected nothing
        "#]],
    );
    check(
        "[mission]\nparallel = 99999999999999999999999999999999999999999999\n",
        expect![[r#"
        opencode.toml:2:12: the number 99999999999999999999999999999999999999999999 is too large
    "#]],
    );
    check(
        &format!("x = {}1{}", "[".repeat(70), "]".repeat(70)),
        expect![[r#"
        opencode.toml:1:37: nested more than 32 levels deep
    "#]],
    );
    check(
        &format!("x = {}1{}", "{a=".repeat(70_000), "}".repeat(70_000)),
        expect![[r#"
        opencode.toml:1:245: not valid TOML: cannot recurse further; max recursion depth met
    "#]],
    );
    check(
        &"x".repeat(2 << 20),
        expect![[r#"
        opencode.toml:1:1: the file holds 2097152 bytes; 1048576 is the most
        hint: is it the right file?
    "#]],
    );
}

#[test]
fn places_count_characters_and_know_every_line_ending() {
    check(
        "\u{feff}\"ä\" = 1\r\nmission = { deliver = \"äö\", \"ü\" = 1 }\r\n",
        expect![[r#"
            opencode.toml:1:1: unknown key `ä`
            hint: the keys here are `budget`, `checks`, `command`, `context`, `dispatch`, `guardian`, `heal`, `mission`, `review`, `roles`, `sandbox` and `workspace`
            opencode.toml:2:23: `mission.deliver` must be `apply` or `branch`, not "äö"
            opencode.toml:2:29: unknown key `ü` in `[mission]`
            hint: the keys here are `approve_plan`, `clarify`, `deliver`, `dependencies`, `max_cycles`, `parallel` and `tests`
        "#]],
    );
}

#[test]
fn all_problems_of_all_layers_are_listed() {
    let options = serde_json::json!({ "mission": { "paralel": 3, "deliver": null }, "roles": [] });
    let problems = load(source("u.toml", "x = 1"), source("p.toml", "[heal]\nfixes = -1\n["), Some(options))
        .unwrap_err();
    let listed: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    expect![[r#"
        u.toml:1:1: unknown key `x`
        hint: the keys here are `budget`, `checks`, `command`, `context`, `dispatch`, `guardian`, `heal`, `mission`, `review`, `roles`, `sandbox` and `workspace`
        p.toml:3:2: not valid TOML: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`
        opencode.json (plugin options): `mission.deliver` must be `apply` or `branch`, not null
        opencode.json (plugin options): unknown key `paralel` in `[mission]`
        hint: did you mean `parallel`?
        opencode.json (plugin options): `roles` must be a table, not a list
    "#]].assert_eq(&listed);
    let problems = load(None, None, Some("parallel".into())).unwrap_err();
    expect![[r#"
        opencode.json (plugin options): the plugin's options must be an object
        hint: write ["opencode-orchestrator", { "mission": { "parallel": 4 } }]"#]]
    .assert_eq(&problems[0].to_string());
}

#[test]
fn a_file_of_another_kind_is_not_answered_with_a_book() {
    let text: String = (0..500).map(|n| format!("key_{n} = 1\n")).collect();
    let problems = load(None, source("p.toml", &text), None).unwrap_err();
    assert_eq!(problems.len(), 51);
    assert_eq!(problems[50].message, "450 more problems are not listed");
}
