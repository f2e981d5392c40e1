//! Finds and edits manifests, and reads answers of package managers.

use super::answer::{RegistryAnswer, answer};
use super::{Manifest, Wanted, python};
use crate::outcome::{End, Outcome};

/// Paths and texts.
type Files<'a> = &'a [(&'a str, &'a str)];

/// A project of these files.
fn find(files: &[(&str, &str)], manager: &str, directory: Option<&str>) -> Result<Manifest, String> {
    let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    Manifest::find(manager, directory, &|path| text_of(files, path), &list)
}

fn text_of(files: &[(&str, &str)], path: &str) -> Option<String> {
    files.iter().find(|(known, _)| *known == path).map(|(_, text)| (*text).to_owned())
}

fn wanted(name: &str, version: Option<&str>) -> Wanted {
    Wanted { name: name.to_owned(), version: version.map(str::to_owned), ..Wanted::default() }
}

const CRATE: &str =
    "[package]\nname = \"a\"\n[dependencies]\nserde_json = \"1\"\n[dev-dependencies]\ninsta = \"1\"\n";

#[test]
fn the_lockfile_decides_who_adds() {
    let add = |files: &[(&str, &str)], word: &str, directory: Option<&str>| {
        let manifest = find(files, word, directory).unwrap();
        let one = (wanted("a", Some("^1")), Some("1.2.3".to_owned()));
        let check = manifest.add(&[one], &|path| text_of(files, path)).unwrap().run.unwrap();
        format!("{}: {}", check.directory, check.run)
    };
    let json = ("package.json", "{}");
    assert_eq!(
        add(&[json, ("package-lock.json", "")], "yarn", None),
        ": npm install --package-lock-only --ignore-scripts --no-audit --no-fund a@1.2.3"
    );
    assert_eq!(
        add(&[json, ("pnpm-lock.yaml", "")], "npm", None),
        ": pnpm add --lockfile-only --ignore-scripts a@1.2.3"
    );
    assert_eq!(
        add(&[json, ("yarn.lock", "")], "npm", None),
        ": yarn add --ignore-scripts --non-interactive a@1.2.3"
    );
    assert_eq!(
        add(&[json, ("yarn.lock", ""), (".yarnrc.yml", "")], "npm", None),
        ": yarn add --mode=update-lockfile a@1.2.3"
    );
    assert_eq!(
        add(&[json, ("bun.lock", "")], "npm", None),
        ": bun add --lockfile-only --ignore-scripts a@1.2.3"
    );
    let member = [json, ("pnpm-lock.yaml", ""), ("packages/b/package.json", "{}")];
    assert_eq!(
        add(&member, "npm", Some("packages/b")),
        "packages/b: pnpm add --lockfile-only --ignore-scripts a@1.2.3"
    );
    assert_eq!(add(&[("Cargo.toml", CRATE)], "crates.io", None), ": cargo add 'a@^1' && cargo fetch");
    let go = find(&[("go.mod", "")], "go", None).unwrap();
    let module = (wanted("example.com/a", None), Some("v1.2.3".to_owned()));
    let run = go.add(&[module], &|_| None).unwrap().run.unwrap().run;
    assert_eq!(run, "GOFLAGS=-mod=mod go get example.com/a@v1.2.3");
}

#[test]
fn what_no_client_here_can_add_is_said() {
    let cases: [(Files, &str, Option<&str>, &str); 6] = [
        (&[("go.mod", "")], "npm", None, "the project has no `package.json`"),
        (&[("package.json", "{}")], "gem", None, "`manager` is `gem`"),
        (&[("package.json", "{}")], "npm", Some("web"), "`web` has no `package.json`"),
        (&[("a/package.json", "{}"), ("b/package.json", "{}")], "npm", None, "which of a, b it is"),
        (&[("Cargo.toml", "[workspace]\n")], "cargo", None, "declares no package"),
        (&[("pyproject.toml", ""), ("poetry.lock", "")], "pip", None, "kept by poetry"),
    ];
    for (files, word, directory, expected) in cases {
        let why = find(files, word, directory).unwrap_err();
        assert!(why.contains(expected), "{why}");
    }
}

#[test]
fn nothing_but_a_name_and_a_version_gets_into_a_command() {
    let npm = find(&[("package.json", "{}")], "npm", None).unwrap();
    let command = |name: &str, version: Option<&str>| npm.lookup(&wanted(name, version)).map(|c| c.run);
    assert!(command("@scope/a.b-c", None).unwrap().starts_with("npm view @scope/a.b-c version --json "));
    assert!(command("a", Some(">=1 <3")).unwrap().starts_with("npm view 'a@>=1 <3' version --json "));
    for name in [
        "",
        "--registry=x",
        "a b",
        "a;rm -rf /",
        "$(x)",
        "../a",
        "https://e.org/a.tgz",
        "a@1",
        "@a",
        "git+ssh",
    ] {
        assert!(command(name, None).is_err(), "{name}");
    }
    for version in ["-g", "1;x", "file:../x", "http://e.org", "npm:other@1", "$(x)", "1\n2"] {
        assert!(command("a", Some(version)).is_err(), "{version}");
    }
    let odd = Wanted { features: vec!["--git=x".into()], ..wanted("a", None) };
    assert!(find(&[("Cargo.toml", CRATE)], "cargo", None).unwrap().lookup(&odd).is_err());
    let python = find(&[("requirements.txt", "")], "pip", None).unwrap();
    assert!(python.lookup(&wanted("a", Some("^2"))).unwrap_err().contains("Python takes"));
}

#[test]
fn what_is_declared_is_known_by_its_registry_s_idea_of_a_name() {
    let cases: [(&str, &str, &str, bool, bool); 9] = [
        ("package.json", r#"{"dependencies":{"a":"1"}}"#, "a", false, true),
        ("package.json", r#"{"devDependencies":{"a":"1"}}"#, "a", false, false),
        ("package.json", r#"{"devDependencies":{"a":"1"}}"#, "a", true, true),
        ("Cargo.toml", CRATE, "serde-json", false, true),
        ("Cargo.toml", CRATE, "insta", false, false),
        ("pyproject.toml", "[project]\ndependencies = [\"PyYAML>=6\"]\n", "pyyaml", false, true),
        ("requirements.txt", "# x\n-r other.txt\ntyping_extensions==4\n", "typing-extensions", false, true),
        ("go.mod", "module m\nrequire (\n\tgithub.com/x/y v1.0.0\n)\n", "github.com/x/y", false, true),
        ("go.mod", "module m\nrequire github.com/x/y v1.0.0\n", "github.com/x/z", false, false),
    ];
    for (path, text, package, dev, expected) in cases {
        let word = match path {
            "package.json" => "npm",
            "Cargo.toml" => "cargo",
            "go.mod" => "go",
            _ => "pip",
        };
        let files = [(path, text)];
        let wanted = Wanted { dev, ..wanted(package, None) };
        let found = find(&files, word, None).unwrap().declares(&wanted, &|path| text_of(&files, path));
        assert_eq!(found, expected, "{package} in {text}");
    }
}

fn said(word: &str, version: Option<&str>, code: i32, output: &str) -> RegistryAnswer {
    let path = match word {
        "npm" => ("package.json", "{}"),
        "cargo" => ("Cargo.toml", CRATE),
        "go" => ("go.mod", ""),
        _ => ("pyproject.toml", ""),
    };
    let manifest = find(&[path], word, None).unwrap();
    let wanted = Wanted { features: vec!["f".into()], ..wanted("a", version) };
    let outcome =
        Outcome { end: End::Exited { code }, output: output.to_owned(), ..Outcome::not_started("") };
    answer(&manifest, &wanted, &outcome)
}

#[test]
fn answers_of_clients_are_understood() {
    let found = |version: &str| RegistryAnswer::Found { version: version.into() };
    assert_eq!(said("npm", None, 0, "\"7.0.0\"\n"), found("7.0.0"));
    assert_eq!(said("npm", Some("^7"), 0, "[\n  \"7.0.0\",\n  \"7.1.0\"\n]\n"), found("7.1.0"));
    assert_eq!(said("npm", Some(">0"), 0, "[\n  \"7.0.0\",\n … 9 KB …\n  \"7.1.0\"\n]\n"), found("7.1.0"));
    assert_eq!(said("npm", Some("99"), 0, ""), RegistryAnswer::Missing);
    let missing = r#"{ "error": { "code": "E404", "summary": "Not Found", "detail": "" } }"#;
    assert_eq!(said("npm", None, 1, missing), RegistryAnswer::Missing);
    let added = "    Updating crates.io index\n      Adding a v1.0.19 to dependencies\nwarning: aborting add due to dry run\n";
    assert_eq!(said("cargo", None, 0, added), found("1.0.19"));
    let missing =
        "    Updating crates.io index\nerror: the crate `a@99` could not be found in registry index.\n";
    assert_eq!(said("cargo", Some("99"), 101, missing), RegistryAnswer::Missing);
    let unfit = "error: unrecognized feature for crate a: f\ndisabled features:\n    g\n";
    assert!(
        matches!(said("cargo", None, 101, unfit), RegistryAnswer::Unfit { why } if why.contains("unrecognized feature"))
    );
    let listed = "a (2.3.1)\nAvailable versions: 2.3.1, 2.3.0, 2.0.0rc1, 1.1.1, 1.0\n";
    assert_eq!(said("pip", None, 0, listed), found("2.3.1"));
    assert_eq!(said("pip", Some("<2"), 0, listed), found("1.1.1"));
    assert_eq!(said("pip", Some("1.0.0"), 0, listed), found("1.0"));
    assert_eq!(said("pip", Some("~=2.3.0"), 0, listed), found("2.3.1"));
    assert_eq!(said("pip", Some(">=3"), 0, listed), RegistryAnswer::Missing);
    assert_eq!(
        said("pip", None, 1, "ERROR: No matching distribution found for a\n"),
        RegistryAnswer::Missing
    );
    assert_eq!(said("uv", None, 0, "a==3.1.2\n"), found("3.1.2"));
    let missing = "  × No solution found when resolving dependencies:\n  ╰─▶ Because a was not found in the package registry and\n      you require a\n";
    assert_eq!(said("uv", None, 1, missing), RegistryAnswer::Missing);
    assert_eq!(said("go", None, 0, "go: downloading x\nv1.4.0\n"), found("v1.4.0"));
    assert_eq!(
        said("go", None, 1, "go: module a: reading https://p/a/@v/list: 404 Not Found\n"),
        RegistryAnswer::Missing
    );
}

#[test]
fn a_registry_that_does_not_answer_is_neither_yes_nor_no() {
    let cases = [
        (
            "npm",
            1,
            r#"{ "error": { "code": "ECONNREFUSED", "summary": "connect ECONNREFUSED", "detail": "" } }"#,
        ),
        ("npm", 1, r#"{ "error": { "code": "E401", "summary": "Unauthorized", "detail": "" } }"#),
        ("npm", 1, "npm: crashed"),
        ("cargo", 101, "warning: spurious network error\nerror: download of config.json failed\n"),
        (
            "pip",
            1,
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\nERROR: No matching distribution found for a\n",
        ),
        ("uv", 2, "error: Request failed after 3 retries\n  Caused by: Failed to fetch\n"),
        ("go", 1, "go: module a: Get \"https://p/a\": dial tcp: lookup p: no such host\n"),
        ("go", 1, ""),
    ];
    for (word, code, output) in cases {
        let answer = said(word, None, code, output);
        assert!(
            matches!(&answer, RegistryAnswer::Unknown { why } if !why.is_empty()),
            "{word}: {output}: {answer:?}"
        );
    }
    let manifest = find(&[("go.mod", "")], "go", None).unwrap();
    let gone = Outcome { end: End::NotFound { program: "go".into() }, ..Outcome::not_started("") };
    let RegistryAnswer::Unknown { why } = answer(&manifest, &wanted("a.b/c", None), &gone) else {
        panic!("an answer")
    };
    assert_eq!(why, "`go` is not installed here");
}

#[test]
fn requirements_are_written_as_their_neighbours_are() {
    let add = |path: &str, text: &str, dev: bool| {
        let one = Wanted { dev, features: vec!["x".into()], ..wanted("a", None) };
        python::with(path, text, &[(one, Some("2.1".into()))])
    };
    assert_eq!(add("requirements.txt", "# pins\nb==1", false).unwrap(), "# pins\nb==1\na[x]==2.1\n");
    assert_eq!(add("requirements.txt", "b\n", false).unwrap(), "b\na[x]>=2.1\n");
    assert_eq!(
        add("pyproject.toml", "[project]\nname = \"p\" # mine\ndependencies = [\n    \"b\",\n]\n", false)
            .unwrap(),
        "[project]\nname = \"p\" # mine\ndependencies = [\n    \"b\",\n    \"a[x]>=2.1\",\n]\n"
    );
    let extras = "[project]\nname = \"p\"\n[project.optional-dependencies]\ntest = [\"b\"]\n";
    assert_eq!(add("pyproject.toml", extras, true).unwrap(), extras.replace("\"b\"", "\"b\", \"a[x]>=2.1\""));
    let group = add("pyproject.toml", "[project]\nname = \"p\"\n", true).unwrap();
    assert_eq!(group, "[project]\nname = \"p\"\n\n[dependency-groups]\ndev = [\"a[x]>=2.1\"]\n");
    assert!(add("pyproject.toml", "[tool.x]\n", false).is_err());
    assert!(add("pyproject.toml", "[broken", false).is_err());
}

#[test]
fn a_slip_finds_the_package_that_was_meant() {
    let text = r#"{ "dependencies": { "lodash": "4", "express": "5", "ms": "2" } }"#;
    let read = |path: &str| (path == "package.json").then(|| text.to_owned());
    let manifest = find(&[("package.json", text)], "npm", None).unwrap();
    let near = |name: &str| manifest.nearest(name, &read);
    assert_eq!(near("lodahs").as_deref(), Some("lodash"));
    assert_eq!(near("expres-s").as_deref(), Some("express"));
    assert_eq!(near("react"), None);
}
