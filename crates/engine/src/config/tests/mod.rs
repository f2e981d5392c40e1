//! What `opencode.toml` may contain, and the messages if it is wrong.

use expect_test::expect;
use mission::Role;

use super::*;

mod problems;
mod random;
mod trust;

/// The example of the manual: every key once.
const EXAMPLE: &str = include_str!("../example.toml");

fn source(name: &str, text: &str) -> Option<Source> {
    Some(Source { name: name.to_owned(), text: text.to_owned() })
}

/// Loads with every source trusted.
fn load(
    user: Option<Source>,
    project: Option<Source>,
    options: Option<serde_json::Value>,
) -> Result<Config, Vec<ConfigProblem>> {
    super::load(user, project, options, Trusted { project: true, options: true })
}

#[test]
fn nothing_given_is_the_default() {
    assert_eq!(load(None, None, None), Ok(Config::default()));
    assert_eq!(
        load(source("a", ""), source("b", "# nothing\n"), Some(serde_json::Value::Null)),
        Ok(Config::default())
    );
}

#[test]
fn the_example_says_the_defaults() {
    let mut config = load(source("example.toml", EXAMPLE), None, None).unwrap();
    assert_eq!(config.budget.tokens, Limit::At(2_000_000));
    assert_eq!(config.budget.cost_usd, Limit::At(5.0));
    assert_eq!(config.roles.coder.model.as_ref().map(ModelId::provider), Some("provider"));
    assert_eq!(config.checks.command[0].run, "npm test");
    assert_eq!(config.guardian.severity["debug-leftover"], RuleLevel::Off);
    // The defaults, without the lines of the example that only illustrate.
    config.budget.tokens = Limit::None;
    config.budget.cost_usd = Limit::None;
    config.budget.task.tokens = Limit::None;
    config.budget.task.cost_usd = Limit::None;
    config.roles.coder.model = None;
    config.roles.coder.fallback.clear();
    config.roles.coder.variant = None;
    config.roles.coder.options.clear();
    config.checks.command.clear();
    config.checks.rename.clear();
    config.checks.timeout.clear();
    config.guardian.severity.clear();
    config.context.embeddings = None;
    assert_eq!(config, Config::default());
}

#[test]
fn layers_merge_key_by_key_and_lists_are_replaced() {
    let user = "[mission]\nparallel = 2\nmax_cycles = 5\n[roles.coder]\nfallback = [\"a/b\", \"a/c\"]\n[guardian.severity]\na = \"off\"\nb = \"error\"";
    let project =
        "[mission]\nparallel = 8\n[roles.coder]\nfallback = [\"d/e\"]\n[guardian.severity]\na = \"warning\"";
    let options =
        serde_json::json!({ "mission": { "parallel": 16.0 }, "budget": { "wall": "none", "cost_usd": 3 } });
    let config = load(source("user.toml", user), source("project.toml", project), Some(options)).unwrap();
    assert_eq!((config.mission.parallel, config.mission.max_cycles), (16, 5));
    assert_eq!(config.roles.coder.fallback, ["d/e".parse().unwrap()]);
    assert_eq!(config.guardian.severity.len(), 2);
    assert_eq!(config.guardian.severity["a"], RuleLevel::Warning);
    assert_eq!((config.budget.wall, config.budget.cost_usd), (Limit::None, Limit::At(3.0)));
    assert_eq!(config.origins.get("mission.max_cycles").unwrap().to_string(), "user.toml:3");
    assert_eq!(config.origins.get("guardian.severity.a").unwrap().to_string(), "project.toml:6");
    assert_eq!(config.origins.get("mission.parallel").unwrap().to_string(), OPTIONS);
    assert_eq!(config.origins.get("heal.fixes"), None);
}

/// Replaces every value by odd ones: each must give a problem with a place, or be readable.
#[test]
fn whatever_passes_the_schema_can_be_read() {
    let odd = [
        "0",
        "1",
        "-1",
        "1.5",
        "1e300",
        "inf",
        "nan",
        "9223372036854775807",
        "9223372036854775808",
        "true",
        "\"\"",
        "\"none\"",
        "\"x\"",
        "\"4h\"",
        "\"a/b\"",
        "\"99999999999999999999\"",
        "\"\\u0000\"",
        "1979-05-27",
        "[]",
        "[1]",
        "[\"a/b\"]",
        "[[]]",
        "{}",
        "{ a = 1 }",
        "[{}]",
        "[{ name = \"a\", run = \"b\" }]",
    ];
    let mut read = 0;
    for (index, line) in EXAMPLE.lines().enumerate().filter(|(_, line)| line.contains(" = ")) {
        for value in odd {
            let key = line.split(" = ").next().unwrap();
            let text: Vec<_> = EXAMPLE.lines().collect();
            let changed = format!("{key} = {value}");
            let text = [&text[..index], &[changed.as_str()], &text[index + 1..]].concat().join("\n");
            match load(source("p", &text), None, None) {
                Ok(config) => {
                    read += 1;
                    assert_eq!(load(source("shown", &show(&config)), None, None), Ok(config), "{changed}");
                }
                Err(problems) => assert_eq!(problems[0].line, index + 1, "{changed}: {}", problems[0]),
            }
        }
    }
    assert!(read > 50, "{read}");
}

#[test]
fn half_a_file_is_read_or_refused() {
    for end in (0..EXAMPLE.len()).filter(|end| EXAMPLE.is_char_boundary(*end)) {
        let _ = load(None, source("p", &EXAMPLE[..end]), None);
        let _ = load(None, source("p", &EXAMPLE[end..]), None);
    }
}

#[test]
fn durations() {
    let check = |text: &str, expected: &str| {
        let shown = text.parse::<Span>().map_or_else(|problem| problem, |span| span.to_string());
        assert_eq!(shown, expected, "{text:?}");
    };
    check("4h", "4h");
    check("90s", "1m30s");
    check("1h 30m", "1h30m");
    check("1d12h", "1d12h");
    check("36h", "1d12h");
    check("0m", "it must be longer than nothing");
    check("31d", "30 days (\"30d\") is the longest");
    for wrong in [
        "",
        "10",
        "m",
        "10 min",
        "10m4h",
        "10m10m",
        "1.5h",
        "-1h",
        "99999999999999999999h",
        "9999999999999999h",
        "1h\u{e4}",
    ] {
        check(wrong, "write it as \"4h\", \"10m\", \"90s\" or \"1h30m\"");
    }
}

#[test]
fn what_is_shown_can_be_loaded_and_says_where_it_came_from() {
    let config = load(
        source("home/opencode.toml", EXAMPLE),
        None,
        Some(serde_json::json!({ "heal": { "fixes": 3 } })),
    );
    let config = config.unwrap();
    let shown = show(&config);
    expect![[r#"
        [mission]
        parallel = 4  # home/opencode.toml:2
        max_cycles = 3  # home/opencode.toml:3
        deliver = "apply"  # home/opencode.toml:4
        approve_plan = false  # home/opencode.toml:5
        clarify = "ask"  # home/opencode.toml:6
        tests = "independent"  # home/opencode.toml:7
        dependencies = "ask"  # home/opencode.toml:8

        [budget]
        calls = 200  # home/opencode.toml:14
        requests = 3000  # home/opencode.toml:15
        wall = "4h"  # home/opencode.toml:16
        tokens = 2000000  # home/opencode.toml:17
        cost_usd = 5.0  # home/opencode.toml:18
        outage = "30m"  # home/opencode.toml:19

        [budget.task]
        calls = 12  # home/opencode.toml:21
        requests = 300  # home/opencode.toml:22
        tokens = 300000  # home/opencode.toml:23
        cost_usd = 0.5  # home/opencode.toml:24

        [command]
        name = "task"  # home/opencode.toml:11

        [roles.searcher]
        fallback = []  # default
        timeout = "10m"  # default

        [roles.planner]
        fallback = []  # default
        timeout = "10m"  # default

        [roles.coder]
        model = "provider/model"  # home/opencode.toml:27
        fallback = ["provider/other"]  # home/opencode.toml:28
        variant = "high"  # home/opencode.toml:29
        timeout = "10m"  # home/opencode.toml:31
        bash = false  # home/opencode.toml:32

        [roles.coder.options]
        temperature = 0.2  # home/opencode.toml:30

        [roles.reviewer]
        fallback = []  # default
        timeout = "10m"  # default

        [roles.fixer]
        fallback = []  # default
        timeout = "10m"  # default
        bash = false  # default

        [review]
        quorum = 1  # home/opencode.toml:35

        [heal]
        fixes = 3  # opencode.json (plugin options)
        fresh = 1  # home/opencode.toml:39
        splits = 1  # home/opencode.toml:40
        candidates = 1  # home/opencode.toml:41

        [checks]
        auto = true  # home/opencode.toml:44
        exclude = []  # home/opencode.toml:45
        allow = []  # home/opencode.toml:46

        [checks.rename]
        packages-api-test = "api"  # home/opencode.toml:48

        [checks.timeout]
        api = "20m"  # home/opencode.toml:50

        [[checks.command]]
        name = "test"  # home/opencode.toml:51
        run = "npm test"  # home/opencode.toml:51
        timeout = "10m"  # home/opencode.toml:51

        [guardian]
        rules = ["rules/*.yml"]  # home/opencode.toml:57

        [guardian.severity]
        debug-leftover = "off"  # home/opencode.toml:59

        [sandbox]
        require = "best"  # home/opencode.toml:62
        network = "loopback"  # home/opencode.toml:63
        allow_read = []  # home/opencode.toml:64
        allow_write = []  # home/opencode.toml:65
        memory_percent = 80  # home/opencode.toml:66
        processes = 4096  # home/opencode.toml:67
        file_mb = 8192  # home/opencode.toml:68
        disk_mb = 16384  # home/opencode.toml:69

        [workspace]
        setup = "auto"  # home/opencode.toml:72
        setup_failure = "pause"  # home/opencode.toml:73
        copy = ["node_modules"]  # home/opencode.toml:74
        directory = "auto"  # home/opencode.toml:75
        keep_mb = 10000  # home/opencode.toml:76

        [context]
        budget = 24000  # home/opencode.toml:79
        paging = "auto"  # home/opencode.toml:80
        slices = "auto"  # home/opencode.toml:81
        embeddings = "provider/model"  # home/opencode.toml:82

        [dispatch]
        queue = "none"  # home/opencode.toml:85
        trust = "verify"  # home/opencode.toml:86
        credentials = "none"  # home/opencode.toml:87
        namespace = "opencode"  # home/opencode.toml:88
        label = "none"  # home/opencode.toml:90
        roles = false  # home/opencode.toml:89
    "#]]
    .assert_eq(&shown);
    assert_eq!(load(source("shown", &shown), None, None), Ok(config));
    let awkward =
        serde_json::json!({ "checks": { "command": [{ "name": "a", "run": "echo \"ä\n#\" '''" }] } });
    let awkward = load(None, None, Some(awkward)).unwrap();
    assert_eq!(load(source("shown", &show(&awkward)), None, None), Ok(awkward));
}

#[test]
fn the_configuration_survives_json() {
    let config = load(source("example.toml", EXAMPLE), None, None).unwrap();
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<Config>(&json).unwrap(), config);
}

#[test]
fn the_schema_has_every_key_once_and_its_default() {
    expect_test::expect_file!["../schema.json"].assert_eq(&schema());
}

#[test]
fn roles_by_name() {
    let config = load(None, source("p", "[roles.coder]\nbash = true\nmodel = \"a/b/c\"\n"), None).unwrap();
    let coder = config.roles.of(Role::Coder);
    assert_eq!((coder.bash, coder.timeout.as_secs()), (true, 600));
    assert_eq!(coder.model.map(|model| (model.provider(), model.model())), Some(("a", "b/c")));
    assert!(!config.roles.of(Role::Reviewer).bash);
}
