//! Which lines a green check decides, and which it does not.

use super::{Decider, Decisions};
use crate::check::Check;

type Files<'f> = &'f [(&'f str, &'f str)];

/// The tool that decides the line with `here` in `path`; `base` and `now` differ in all files of
/// `now`.
fn decides(run: &str, base: Files<'_>, now: Files<'_>, path: &str) -> Option<Decider> {
    let check = Check::configured("check", run, None);
    let after: Vec<(&str, &str)> = base
        .iter()
        .filter(|(path, _)| now.iter().all(|(other, _)| other != path))
        .chain(now)
        .copied()
        .collect();
    let list = |files: Files<'_>| files.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>();
    let (old, new, changed) = (list(base), list(&after), list(now));
    let text = |files: Files<'_>, path: &str| {
        files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned())
    };
    let (before, later) = (|path: &str| text(base, path), |path: &str| text(&after, path));
    let decisions = Decisions::new((&before, &old), (&later, &new), &changed);
    let written = later(path).unwrap_or_default();
    let line = written.lines().position(|line| line.contains("here")).map_or(1, |at| at + 1);
    decisions.decider(&check, path, u32::try_from(line).unwrap())
}

const TS: Files<'static> = &[
    ("package.json", "{}"),
    ("tsconfig.json", "{ // ours\n \"include\": [\"src\"], \"exclude\": [\"src/**/*.test.ts\"] }"),
];

#[test]
fn tsc_decides_the_files_of_its_configuration() {
    let ts = |run: &str, path: &str, text: &str| decides(run, TS, &[(path, text)], path);
    let yes = Some(Decider::TypeScript);
    for run in ["tsc", "npx tsc --noEmit -p .", "tsc -p tsconfig.json && node --test", "vue-tsc --noEmit"] {
        assert_eq!(ts(run, "src/a.ts", "here();\n"), yes, "{run}");
    }
    for run in [
        "tsc || true",
        "tsc; true",
        "tsc | cat",
        "tsc --noCheck",
        "tsc src/a.ts",
        "tsc -p other",
        "cd src && tsc",
        "node --test",
        "vitest run",
        "eslint .",
        "tsc &",
    ] {
        assert_eq!(ts(run, "src/a.ts", "here();\n"), None, "{run}");
    }
    for (path, text) in [
        ("src/a.test.ts", "here();\n"),
        ("scripts/a.ts", "here();\n"),
        ("src/a.js", "here();\n"),
        ("src/a.ts", "// @ts-nocheck\nhere();\n"),
        ("src/a.ts", "// @ts-ignore\nhere();\n"),
        ("src/a.ts", "// @ts-expect-error\n\n  // why\n\nhere();\n"),
        ("src/a.ts", "import './here';\n"),
        ("src/a.ts", "const a = require('./here');\n"),
        ("src/a.ts", "declare const b: any;\nhere();\n"),
    ] {
        assert_eq!(ts("tsc", path, text), None, "{path}: {text}");
    }
    assert_eq!(ts("tsc", "src/a.ts", "// @ts-ignore\nb();\nhere();\n"), yes, "it is about the line above");
}

#[test]
fn settings_of_the_base_decide_and_what_a_change_declares_does_not() {
    let a = ("src/a.ts", "here();\n");
    let off = ("tsconfig.json", "{ \"compilerOptions\": { \"noCheck\": true } }");
    assert_eq!(decides("tsc", &[off], &[a], a.0), None);
    assert_eq!(decides("tsc", TS, &[a, ("types/here.d.ts", "declare module 'x';\n")], a.0), None);
    assert_eq!(decides("tsc", TS, &[a, ("tsconfig.json", "{}")], a.0), Some(Decider::TypeScript));
    assert_eq!(decides("tsc", &[], &[a, ("tsconfig.json", "{}")], a.0), None, "brought by the change");
    let base: Files<'_> = &[
        ("tsconfig.json", "{ \"files\": [], \"references\": [{ \"path\": \"./lib\" }] }"),
        ("lib/tsconfig.json", "{ \"extends\": \"../base.json\" }"),
        ("base.json", "{ \"compilerOptions\": { \"outDir\": \"out\" } }"),
    ];
    let lib = ("lib/a.ts", "here();\n");
    assert_eq!(decides("tsc -b", base, &[lib], lib.0), Some(Decider::TypeScript));
    assert_eq!(decides("tsc", base, &[lib], lib.0), None, "references are not followed");
    assert_eq!(decides("tsc -b", base, &[a], a.0), None);
}

#[test]
fn pyright_decides_and_mypy_only_where_it_is_strict() {
    let a: Files<'_> = &[("src/a.py", "here()\n")];
    let on = |file: &str, text: &str, run: &str| decides(run, &[(file, text)], a, "src/a.py");
    assert_eq!(on("pyrightconfig.json", "{}", "pyright"), Some(Decider::Pyright));
    assert_eq!(
        on("pyproject.toml", "[tool.pyright]\ninclude = [\"src\"]\n", "uv run pyright"),
        Some(Decider::Pyright)
    );
    for text in [
        "{ \"typeCheckingMode\": \"off\" }",
        "{ \"reportUndefinedVariable\": \"warning\" }",
        "{ \"ignore\": [\"src\"] }",
        "{ \"exclude\": [\"src\"] }",
        "{ \"include\": [\"lib\"] }",
    ] {
        assert_eq!(on("pyrightconfig.json", text, "pyright"), None, "{text}");
    }
    assert_eq!(on("mypy.ini", "[mypy]\nstrict = True\n", "mypy src"), Some(Decider::Mypy));
    assert_eq!(on("setup.py", "", "python3 -m mypy --strict ."), Some(Decider::Mypy));
    for (text, run) in [
        ("[mypy]\n", "mypy src"),
        ("[mypy]\nstrict = True\nignore_missing_imports = True\n", "mypy src"),
        ("[mypy]\nstrict = True\n[mypy-x.*]\nignore_errors = True\n", "mypy src"),
        ("[mypy]\nstrict = True\n", "mypy lib"),
        ("[mypy]\nstrict = True\n", "mypy"),
    ] {
        assert_eq!(on("mypy.ini", text, run), None, "{text} {run}");
    }
    for text in [
        "# type: ignore\nhere()\n",
        "import sys\nif sys.platform == 'a':\n    here()\n",
        "here()  # type: ignore\n",
        "a = f(  # type: ignore[arg-type]\n    here(),\n)\n",
    ] {
        assert_eq!(decides("pyright", &[], &[("a.py", text)], "a.py"), None, "{text}");
    }
}

#[test]
fn cargo_decides_what_is_compiled_without_conditions() {
    let base: Files<'_> = &[
        ("Cargo.toml", "[package]\nname = \"a\"\n"),
        ("src/lib.rs", "mod one;\n#[cfg(feature = \"x\")]\nmod two;\n#[cfg(test)]\nmod three;\n"),
        ("src/one.rs", "pub(crate) mod deep;\n"),
    ];
    let rust = |run: &str, path: &str, text: &str| decides(run, base, &[(path, text)], path);
    let (yes, plain) = (Some(Decider::Rust), "fn a() { here(); }\n");
    for run in [
        "cargo check",
        "cargo clippy --all-targets -- -D warnings",
        "cargo test",
        "cargo nextest run",
        "cargo build --locked",
    ] {
        assert_eq!(rust(run, "src/one/deep.rs", plain), yes, "{run}");
    }
    for run in ["cargo check -p other", "cargo fmt --check", "cargo test --doc", "cargo check || true"] {
        assert_eq!(rust(run, "src/one/deep.rs", plain), None, "{run}");
    }
    assert_eq!(rust("cargo check", "src/two.rs", plain), None, "a condition");
    assert_eq!(rust("cargo check", "src/four.rs", plain), None, "no `mod` leads to it");
    assert_eq!(rust("cargo check", "src/three.rs", plain), None);
    let beside: Files<'_> = &[
        ("Cargo.toml", "[package]\nname = \"a\"\n"),
        ("src/lib.rs", "mod one;\nmod sub;\n"),
        ("src/one.rs", "mod far;\n"),
        ("src/sub/mod.rs", "mod near;\n"),
        ("src/main.rs", "mod own;\n"),
    ];
    let rust_beside = |path: &str| decides("cargo check", beside, &[(path, plain)], path);
    assert_eq!(rust_beside("src/far.rs"), None, "`mod far;` of src/one.rs is src/one/far.rs");
    assert_eq!(rust_beside("src/main/own.rs"), None, "`mod own;` of a root is beside it");
    for path in ["src/one/far.rs", "src/one/far/mod.rs", "src/sub/near.rs", "src/own.rs"] {
        assert_eq!(rust_beside(path), yes, "{path}");
    }
    assert_eq!(rust("cargo test", "src/three.rs", plain), yes);
    assert_eq!(rust("cargo check", "tests/a.rs", plain), None);
    assert_eq!(rust("cargo check --all-targets", "tests/a.rs", plain), yes);
    assert_eq!(rust("cargo check", "src/one.rs", "#[cfg(test)]\nmod tests {\n    here();\n}\n"), None);
    assert_eq!(rust("cargo test", "src/one.rs", "#[cfg(test)]\nmod tests {\n    here();\n}\n"), yes);
    assert_eq!(rust("cargo test", "src/one.rs", "macro_rules! a { () => { here() } }\n"), None);
}

#[test]
fn go_decides_what_is_built_everywhere() {
    let base: Files<'_> = &[("go.mod", "module a\n"), ("sub/go.mod", "module b\n")];
    let go = |run: &str, path: &str, text: &str| decides(run, base, &[(path, text)], path);
    let (yes, plain) = (Some(Decider::Go), "package a\nfunc a() { here() }\n");
    for run in ["go build ./...", "go vet ./...", "go test -race -run X ./..."] {
        assert_eq!(go(run, "user_service.go", plain), yes, "{run}");
    }
    assert_eq!(go("go test ./...", "a_test.go", plain), yes);
    assert_eq!(go("go build ./...", "a_test.go", plain), None);
    for path in ["a_windows.go", "a_linux_test.go", "testdata/a.go", "_b/a.go", "sub/a.go", "vendor/x/a.go"] {
        assert_eq!(go("go vet ./...", path, plain), None, "{path}");
    }
    assert_eq!(go("go vet ./...", "a.go", "//go:build ignore\n\npackage a\nfunc a() { here() }\n"), None);
    assert_eq!(go("go vet .", "a.go", plain), None);
    assert_eq!(go("go test -exec true ./...", "a.go", plain), None);
}
