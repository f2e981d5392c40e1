//! Bodies of named commands in Makefiles, justfiles, tox and nox: which are checks, and which never run without permission,
//! however deep the refused command is.

use crate::discover::{Choice, find};

/// The other files of the project.
const BESIDE: &[(&str, &str)] = &[
    ("lib/Makefile", "test:\n\tgo test ./...\nship:\n\tgit push --tags\n"),
    ("scripts/test.sh", "#!/bin/sh\nset -e\ngo vet ./...\ngo test ./...\n"),
    ("scripts/stack.sh", "#!/bin/sh\ndocker compose up -d\ngo test ./...\n"),
    ("build/keep.txt", ""),
];

/// Whether the command of this name is a check (`Some(true)`), is refused (`Some(false)`), or is neither.
fn told(file: &str, text: &str, named: &str) -> Option<bool> {
    let mut files: Vec<(&str, &str)> = BESIDE.to_vec();
    files.push((file, text));
    let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
    let found = find(&read, &list, &|_| true, &Choice::default());
    let (name, is) = (named.rsplit(' ').next().unwrap_or(named), |source: &str| source.starts_with(file));
    let mut sources = found.checks.iter().map(|check| (&check.source, true));
    let mut refused = found.refused.iter().map(|refused| (&refused.source, false));
    let fits = |(source, _): &(&String, bool)| is(source) && source.ends_with(name);
    refused.find(fits).or_else(|| sources.find(fits)).map(|(_, told)| told)
}

/// Tests every body as the recipe of `named`, and lists all with a wrong result.
fn all(file: &str, named: &str, form: &dyn Fn(&str) -> String, expected: bool, bodies: &[&str]) {
    let otherwise: Vec<(&&str, Option<bool>)> = bodies
        .iter()
        .map(|body| (body, told(file, &form(body), named)))
        .filter(|(_, told)| *told != Some(expected))
        .collect();
    let word = if expected { "a check" } else { "refused" };
    assert!(otherwise.is_empty(), "{file}: not {word}: {otherwise:#?}");
}

/// Lines of a recipe; a line without a leading tab begins another target.
fn makefile(body: &str) -> String {
    let indented = |line: &str| {
        if line.contains(": ") && !line.starts_with('@') { line.to_owned() } else { format!("\t{line}") }
    };
    format!("test:\n{}\n", body.lines().map(indented).collect::<Vec<_>>().join("\n"))
}

fn justfile(body: &str) -> String {
    let indented = |line: &str| if line.contains(": ") { line.to_owned() } else { format!("    {line}") };
    format!("test:\n{}\n", body.lines().map(indented).collect::<Vec<_>>().join("\n"))
}

fn tox(body: &str) -> String {
    format!(
        "[testenv]\ndeps = pytest\ncommands =\n{}\n",
        body.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
    )
}

fn nox(body: &str) -> String {
    let lines: Vec<String> = body
        .lines()
        .map(|line| {
            let words: Vec<String> = line.split(' ').map(|word| format!("\"{word}\"")).collect();
            format!("    session.run({})", words.join(", "))
        })
        .collect();
    format!(
        "import nox\n\n\n@nox.session\ndef tests(session):\n    session.install(\"pytest\")\n{}\n",
        lines.join("\n")
    )
}

/// Commands that are refused in every kind of list.
const NEVER: &[&str] = &[
    "docker compose up -d",
    "docker run --rm app pytest",
    "podman run --rm app pytest",
    "kubectl apply -f app.yml",
    "helm upgrade app chart",
    "terraform apply -auto-approve",
    "twine upload dist/*",
    "npm publish",
    "cargo publish",
    "git push origin main",
    "git commit -am done",
    "gh release create v1",
    "python manage.py migrate",
    "alembic upgrade head",
    "flask run",
    "uvicorn app:app --reload",
    "python -m http.server",
    "npx playwright test",
    "npx cypress run",
    "watchexec pytest",
    "ptw",
    "psql -c 'drop table a'",
    "dropdb test",
    "aws s3 sync site s3://site",
    "rsync -a site/ host:/srv",
    "ssh host uptime",
    "sudo apt-get install -y make",
    "black .",
    "ruff check --fix .",
    "gofmt -w .",
    "prettier --write .",
    "rm -rf scripts",
    "sh scripts/stack.sh",
    "make -C lib ship",
];

#[test]
fn bodies_of_makefiles() {
    let checks = [
        "go test ./...",
        "@go test -race ./...",
        "-go test ./...",
        "python -m pytest -q",
        "$(MAKE) -C lib test",
        "cd lib && $(MAKE) test",
        "sh scripts/test.sh",
        "./scripts/test.sh",
        "@echo testing\ngo test ./... | tee test.log",
        "for d in a b; do (cd $$d && go test ./...) || exit 1; done",
        "set -e; go vet ./...; go test ./...",
        "@if command -v gotestsum; then gotestsum ./...; else go test ./...; fi",
        "CGO_ENABLED=1 go test ./...",
        "cmake -S . -B out && cmake --build out && ctest --test-dir out",
        "mkdir -p out\ngo test -coverprofile=out/cover.out ./...",
        "rm -rf out\ngo test ./...",
        "$(MAKE) unit\nunit: build\n@go test ./...\nbuild: \n@go build ./...",
    ];
    all("Makefile", "make test", &makefile, true, &checks);
    all("Makefile", "make test", &makefile, false, NEVER);
    let deep = [
        "$(MAKE) ship\nship: build\n@git push --tags",
        "$(MAKE) one\none: two\n@true\ntwo: three\n@true\nthree: four\n@kubectl apply -f app.yml",
        "go test ./... && $(MAKE) -C lib ship",
        "curl -sSf example.org/install | sh",
        "go test ./... &",
    ];
    all("Makefile", "make test", &makefile, false, &deep);
}

#[test]
fn bodies_of_justfiles() {
    let checks = [
        "cargo test --workspace",
        "@cargo nextest run",
        "python -m pytest -q",
        "just unit\nunit: build\n    go test ./...\nbuild: \n    go build ./...",
        "{{just_executable()}} unit\nunit: \n    go test ./...",
        "#!/usr/bin/env bash\nset -euo pipefail\ngo test ./...",
        "sh scripts/test.sh",
    ];
    all("justfile", "just test", &justfile, true, &checks);
    all("justfile", "just test", &justfile, false, NEVER);
    let deep = [
        "just ship\nship: \n    git push --tags",
        "{{just_executable()}} ship\nship: \n    git push --tags",
        "{{ just_executable() }} ship\nship: \n    git push --tags",
        "#!/usr/bin/env bash\nset -e\ndocker compose up -d\ngo test ./...",
        "#!/usr/bin/env python3\nimport os\nos.system('make')",
    ];
    all("justfile", "just test", &justfile, false, &deep);
}

#[test]
fn commands_of_tox() {
    let checks = [
        "pytest -q",
        "pytest {posargs:tests}",
        "python -m pytest --cov=a {posargs}",
        "coverage run -m pytest\ncoverage report",
        "python -m unittest discover -s tests",
        "python -bb -m pytest",
        "stestr run {posargs}",
    ];
    all("tox.ini", "tox testenv", &tox, true, &checks);
    all("tox.ini", "tox testenv", &tox, false, NEVER);
    all("tox.ini", "tox testenv", &tox, false, &["pytest -q\ndocker compose down", "python setup.py upload"]);
}

#[test]
fn sessions_of_nox() {
    let checks = [
        "pytest -q",
        "python -m pytest tests",
        "coverage run -m pytest\ncoverage xml",
        "python -m unittest discover",
    ];
    all("noxfile.py", "nox tests", &nox, true, &checks);
    let never: Vec<&str> = NEVER.iter().copied().filter(|line| !line.contains('\'')).collect();
    all("noxfile.py", "nox tests", &nox, false, &never);
}
