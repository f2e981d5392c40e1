//! `missing-fixture`: a parameter of a pytest test that no fixture provides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use syntax::Language;

use crate::code::file::File;
use crate::code::functions::functions;
use crate::finding::{Category, Severity};
use crate::project::folder_of;
use crate::project::rust::has_word;
use crate::rules::{Change, Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "missing-fixture",
    category: Category::Inconsistent,
    severity: Severity::Error,
    summary: "Tests of Python that ask for a fixture which their `conftest.py` does not have any more.",
    note: "pytest stops with an error before such a test begins. Put the fixture back, or change the tests that use it with it.",
    valid: &[
        Example::change(
            &[
                ("tests/conftest.py", "import pytest\n\n@pytest.fixture\ndef store():\n    return {}\n"),
                ("tests/test_a.py", "def test_a(store):\n    assert store == {}\n"),
            ],
            &[
                (
                    "tests/conftest.py",
                    "import pytest\n\n@pytest.fixture(name='store')\ndef _store():\n    return {}\n",
                ),
                ("tests/test_a.py", "def test_a(store):\n    assert store == {}\n"),
            ],
        ),
        Example::change(
            &[
                ("tests/conftest.py", "import pytest\n\n@pytest.fixture\ndef store():\n    return {}\n"),
                ("tests/test_a.py", "def test_a(store):\n    assert store == {}\n"),
                ("tests/unit/test_b.py", "def helper(store):\n    assert store == {}\n"),
            ],
            &[
                (
                    "tests/test_a.py",
                    "import pytest\n\n@pytest.fixture\ndef store():\n    return {}\n\ndef test_a(store):\n    assert store == {}\n",
                ),
                ("tests/unit/test_b.py", "def helper(store):\n    assert store == {}\n"),
            ],
        ),
        // The project's replacement of a plugin's fixture is gone
        Example::change(
            &[
                ("conftest.py", "import pytest\n\n@pytest.fixture\ndef event_loop():\n    return own()\n"),
                ("test_a.py", "def test_a(event_loop):\n    assert event_loop\n"),
            ],
            &[("test_a.py", "def test_a(event_loop):\n    assert event_loop\n")],
        ),
    ],
    invalid: &[
        Example::change(
            &[
                ("tests/conftest.py", "import pytest\n\n@pytest.fixture\ndef store():\n    return {}\n"),
                ("tests/unit/test_a.py", "def test_a(store):\n    assert store == {}\n"),
            ],
            &[("tests/unit/test_a.py", "def test_a(store):\n    assert store == {}\n")],
        ),
        Example::change(
            &[
                (
                    "tests/conftest.py",
                    "import pytest\n\n@pytest.fixture()\ndef store():\n    return {}\n\n@pytest.fixture\ndef file(tmp_path):\n    return tmp_path / 'a'\n",
                ),
                (
                    "tests/test_a.py",
                    "class TestA:\n    def test_a(self, store: dict):\n        assert store == {}\n",
                ),
            ],
            &[
                (
                    "tests/conftest.py",
                    "import pytest\n\n@pytest.fixture\ndef file(tmp_path):\n    return tmp_path / 'a'\n",
                ),
                (
                    "tests/test_a.py",
                    "class TestA:\n    def test_a(self, store: dict):\n        assert store == {}\n",
                ),
            ],
        ),
    ],
    check: Check::Change(check),
};

/// Fixtures of pytest and of common plugins, which a project may have replaced for a while by its own.
const OF_OTHERS: [&str; 28] = [
    "anyio_backend",
    "app",
    "benchmark",
    "caplog",
    "capfd",
    "capsys",
    "celery_app",
    "client",
    "cov",
    "db",
    "doctest_namespace",
    "event_loop",
    "event_loop_policy",
    "faker",
    "freezer",
    "live_server",
    "loop",
    "mocker",
    "monkeypatch",
    "page",
    "pytester",
    "recwarn",
    "request",
    "settings",
    "testdir",
    "tmp_path",
    "tmpdir",
    "worker_id",
];

fn check(change: &Change<'_>, found: &mut Found) {
    let mut lost: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for pair in change.pairs.iter().filter(|pair| is_conftest(&pair.path)) {
        let Some(base) = pair.base.as_deref().filter(|base| base.is_code() && !base.is_broken()) else {
            continue;
        };
        if pair.head.as_deref().is_some_and(File::is_broken) {
            continue;
        }
        for name in fixtures(base).filter(|name| !OF_OTHERS.contains(name)) {
            // Any mention in a file beside the tests counts, because the file may define it in another way
            if !pair.head.as_deref().is_some_and(|head| has_word(&head.text, name)) {
                lost.entry(name.to_string()).or_default().push(folder_of(&pair.path));
            }
        }
    }
    if lost.is_empty() {
        return;
    }
    let words: BTreeSet<String> = lost.keys().cloned().collect();
    let changed = change.heads().filter_map(|(pair, _)| pair.head.clone());
    let files: Vec<Arc<File>> = changed.chain(change.others_with(&words)).collect();
    let python: Vec<&File> =
        files.iter().map(|file| &**file).filter(|file| file.language == Some(Language::Python)).collect();
    let elsewhere: BTreeSet<&str> = python
        .iter()
        .filter(|file| is_conftest(&file.path) || !file.is_test())
        .flat_map(|file| words.iter().map(String::as_str).filter(|name| has_word(&file.text, name)))
        .chain(python.iter().flat_map(|file| fixtures(file)))
        .collect();
    for file in python.iter().filter(|file| file.is_test()) {
        for (name, folders) in lost.iter().filter(|(name, _)| !elsewhere.contains(name.as_str())) {
            let below = |folder: &str| {
                folder.is_empty() || file.path.strip_prefix(folder).is_some_and(|path| path.starts_with('/'))
            };
            if let Some(index) = asked(file, name).filter(|_| folders.iter().any(|folder| below(folder))) {
                found.node(file, index, format!("the fixture `{name}` is gone, and a test asks for it"));
            }
        }
    }
}

fn is_conftest(path: &str) -> bool {
    path == "conftest.py" || path.ends_with("/conftest.py")
}

/// The fixtures that a file defines.
fn fixtures(file: &File) -> impl Iterator<Item = &str> {
    file.flat().iter().filter(|(_, node)| node.kind == "decorated_definition").filter_map(|(index, _)| {
        let mut parts = file.flat().parts(index);
        let fixture =
            parts.any(|part| file.flat().kind(part) == "decorator" && file.text_of(part).contains("fixture"));
        let definition = file.flat().field(index, "definition")?;
        fixture.then(|| file.field_text(definition, "name"))
    })
}

/// The first test that uses a fixture.
fn asked(file: &File, name: &str) -> Option<usize> {
    let flat = file.flat();
    functions(file)
        .iter()
        .filter(|function| function.name.rsplit('.').next().is_some_and(|own| own.starts_with("test")))
        .filter_map(|function| flat.field(function.index, "parameters"))
        .find_map(|parameters| {
            flat.parts(parameters).find(|parameter| match flat.kind(*parameter) {
                "identifier" => file.text_of(*parameter) == name,
                "typed_parameter" => {
                    flat.parts(*parameter).next().is_some_and(|first| file.text_of(first) == name)
                }
                _ => false,
            })
        })
}
