//! Effects of a repository's own settings before the user trusts them.

use super::{Config, Source, source};
use crate::config::{Limit, RuleLevel, Trusted};

fn load(user: &str, project: &str, trusted: Trusted) -> Config {
    crate::config::load(source("own.toml", user), source("opencode.toml", project), None, trusted).unwrap()
}

fn withheld(user: &str, project: &str) -> Vec<String> {
    let config = load(user, project, Trusted::default());
    config.withheld.iter().map(|withheld| format!("{}:{}", withheld.path, withheld.line)).collect()
}

#[test]
fn what_loosens_or_runs_something_is_withheld_with_its_line() {
    let loose = [
        ("[mission]\nparallel = 5", "mission.parallel"),
        ("[mission]\nmax_cycles = 4", "mission.max_cycles"),
        ("[mission]\ntests = \"none\"", "mission.tests"),
        ("[mission]\ndependencies = \"allow\"", "mission.dependencies"),
        ("[budget]\ncalls = \"none\"", "budget.calls"),
        ("[budget]\nwall = \"5h\"", "budget.wall"),
        ("[budget.task]\nrequests = 301", "budget.task.requests"),
        ("[roles.coder]\nbash = true", "roles.coder.bash"),
        ("[roles.reviewer]\nmodel = \"other/m\"", "roles.reviewer.model"),
        ("[roles.fixer]\nfallback = [\"other/m\"]", "roles.fixer.fallback"),
        ("[heal]\ncandidates = 2", "heal.candidates"),
        ("[checks]\nauto = false", "checks.auto"),
        ("[checks]\nexclude = [\"test\"]", "checks.exclude"),
        ("[checks]\nallow = [\"deploy\"]", "checks.allow"),
        ("[[checks.command]]\nname = \"a\"\nrun = \"b\"", "checks.command"),
        ("[checks.rename]\ntest = \"b\"", "checks.rename.test"),
        ("[guardian.severity]\nx = \"off\"", "guardian.severity.x"),
        ("[sandbox]\nrequire = \"basic\"", "sandbox.require"),
        ("[sandbox]\nnetwork = \"all\"", "sandbox.network"),
        ("[sandbox]\nallow_read = [\"~/.ssh\"]", "sandbox.allow_read"),
        ("[workspace]\nsetup = [\"make\"]", "workspace.setup"),
        ("[workspace]\ncopy = [\"private\"]", "workspace.copy"),
        ("[workspace]\ndirectory = \"/srv\"", "workspace.directory"),
        ("[command]\nname = \"deploy\"", "command.name"),
        ("[context]\nbudget = 25000", "context.budget"),
    ];
    for (text, path) in loose {
        let line = if path == "checks.command" { 1 } else { 2 };
        assert_eq!(withheld("", text), [format!("{path}:{line}")], "{text}");
        let config = Config { withheld: Vec::new(), ..load("", text, Trusted::default()) };
        assert_eq!(config, Config::default(), "{text}");
        let config = load("", text, Trusted { project: true, options: false });
        assert!(config != Config::default() && config.withheld.is_empty(), "{text}");
        let own = crate::config::load(source("own.toml", text), None, None, Trusted::default()).unwrap();
        assert!(own.withheld.is_empty(), "{text}");
    }
}

#[test]
fn what_tightens_is_used_at_once() {
    let tight = "[mission]\nparallel = 2\napprove_plan = true\ndeliver = \"branch\"\ndependencies = \"deny\"\n\
                 [budget]\ncalls = 10\ncost_usd = 1\nwall = \"10m\"\n[roles.coder]\ntimeout = \"5m\"\nfallback = []\n\
                 [review]\nquorum = 3\n[guardian.severity]\nx = \"error\"\n[sandbox]\nrequire = \"full\"\nnetwork = \"none\"\n\
                 [workspace]\ncopy = []\n[guardian]\nrules = [\"lint/*.yml\"]\n";
    let config = load("", tight, Trusted::default());
    assert_eq!(config.withheld, []);
    assert_eq!((config.mission.parallel, config.budget.cost_usd), (2, Limit::At(1.0)));
}

#[test]
fn the_users_own_values_are_what_is_compared_with() {
    let user = "[mission]\nparallel = 8\napprove_plan = true\n[budget]\ncalls = 3\n[guardian.severity]\nx = \"warning\"\n\
                [guardian]\nrules = [\"own/*.yml\"]\n";
    assert_eq!(withheld(user, "[mission]\nparallel = 8\n"), [""; 0]);
    assert_eq!(withheld(user, "[mission]\napprove_plan = false\n"), ["mission.approve_plan:2"]);
    assert_eq!(withheld(user, "[budget]\ncalls = 4\n"), ["budget.calls:2"]);
    assert_eq!(withheld(user, "[guardian.severity]\nx = \"warning\"\n"), [""; 0]);
    assert_eq!(withheld(user, "[guardian.severity]\nx = \"off\"\n"), ["guardian.severity.x:2"]);
    assert_eq!(withheld(user, "[guardian]\nrules = [\"lint/*.yml\"]\n"), ["guardian.rules:2"]);
    let mixed = load(user, "[mission]\nparallel = 2\napprove_plan = false\n", Trusted::default());
    assert_eq!((mixed.mission.parallel, mixed.mission.approve_plan), (2, true), "each key by itself");
    assert_eq!(mixed.guardian.severity["x"], RuleLevel::Warning);
}

#[test]
fn options_are_trusted_by_themselves() {
    let options = serde_json::json!({ "budget": { "calls": 500 }, "mission": { "parallel": 1 } });
    let project = || Some(Source { name: "opencode.toml".into(), text: "[heal]\nfixes = 3\n".into() });
    let read = |trusted| crate::config::load(None, project(), Some(options.clone()), trusted).unwrap();
    let config = read(Trusted { project: true, options: false });
    assert_eq!((config.budget.calls, config.heal.fixes, config.mission.parallel), (Limit::At(200), 3, 1));
    let config = read(Trusted { project: false, options: true });
    assert_eq!((config.budget.calls, config.heal.fixes), (Limit::At(500), 2));
}

#[test]
fn only_the_users_own_file_chooses_machines() {
    let text = "[dispatch]\nqueue = \"nats://mine:4222\"\n";
    let everything = Trusted { project: true, options: true };
    let own = crate::config::load(source("own.toml", text), None, None, Trusted::default()).unwrap();
    assert_eq!(own.dispatch.settings().unwrap().url, "nats://mine:4222");
    assert_eq!(Config::default().dispatch.settings(), None);
    let options = serde_json::json!({ "dispatch": { "queue": "nats://theirs" } });
    for refused in [
        crate::config::load(None, source("opencode.toml", text), None, everything),
        crate::config::load(source("own.toml", text), None, Some(options), everything),
    ] {
        let problems = refused.unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].message.starts_with("`[dispatch]` belongs to your own opencode.toml"),
            "{}",
            problems[0]
        );
    }
}

#[test]
fn addresses_and_names_of_machines_are_checked() {
    for (text, hint) in [
        ("queue = \"http://host\"", "write nats://host:4222"),
        ("queue = \"nats://\"", "write nats://host:4222"),
        ("namespace = \"A.b\"", "lower-case letters"),
        ("label = \"\"", "lower-case letters"),
        ("credentials = \"user.creds\"", "write an absolute path"),
    ] {
        let refused = crate::config::load(
            source("own.toml", &format!("[dispatch]\n{text}\n")),
            None,
            None,
            Trusted::default(),
        );
        let problems = refused.unwrap_err();
        assert!(problems[0].to_string().contains(hint), "{text}: {}", problems[0]);
    }
}
