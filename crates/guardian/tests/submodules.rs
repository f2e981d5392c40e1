//! A submodule's files are not in the project's tree: an import that leads into one is not reported, and a wrong import
//! beside it still is.

use guardian::{Guardian, GuardianOptions, MemorySources};

const MODULES: &str = "[submodule \"one\"]\n\tpath = vendor/one\n\turl = https://example.com/one.git\n\
     [submodule \"two\"]\n\tpath=\"two\"\n\turl = ../two.git\n[submodule \"own\"]\n\tpath = src\n";

/// What is reported for a new file. `beside`: the other files.
fn said(path: &str, text: &str, beside: &[(&str, &str)]) -> Vec<String> {
    let manifest = r#"{"name":"p","dependencies":{}}"#;
    let others = [("package.json", manifest), ("src/a.js", "export const a = 1;\n"), ("src/lib.rs", "")];
    let base: Vec<(&str, &str)> = others.iter().chain(beside).copied().collect();
    let head: Vec<(&str, &str)> =
        base.iter().copied().filter(|(p, _)| *p != path).chain([(path, text)]).collect();
    let (guardian, _) = Guardian::new(GuardianOptions::default());
    let found =
        guardian.lint_change(&MemorySources::new(base), &MemorySources::new(head), &[path.to_string()]);
    found.iter().map(|f| format!("{}: {}", f.rule, f.message)).collect()
}

/// Imports into a folder `vendor/one` or `two`, and one of each language that is wrong.
const IMPORTS: &[(&str, &str, &str)] = &[
    (
        "src/b.js",
        "import { t } from '../vendor/one/t.js';\nexport const b = t(1);\n",
        "import { t } from '../vendor/three/t.js';\nexport const b = t(1);\n",
    ),
    (
        "src/b.js",
        "import { t } from '../two';\nexport const b = t(1);\n",
        "import { t } from '../three';\nexport const b = t(1);\n",
    ),
    ("src/b.js", "export * from '../vendor/one/t.js';\n", "export * from './vendor/one/t.js';\n"),
    (
        "src/b.ts",
        "import { t } from '@one/t';\nexport const b = t(1);\n",
        "import { t } from '@src/t';\nexport const b = t(1);\n",
    ),
    (
        "src/b.py",
        "from two.deep import t\n\n\ndef b():\n    return t(1)\n",
        "from three.deep import t\n\n\ndef b():\n    return t(1)\n",
    ),
    (
        "src/b.py",
        "from vendor.one.deep import t\n\n\ndef b():\n    return t(1)\n",
        "from vendors.one.deep import t\n\n\ndef b():\n    return t(1)\n",
    ),
    (
        "b.py",
        "from .vendor.one import t\n\n\ndef b():\n    return t(1)\n",
        "from .vendor.four import t\n\n\ndef b():\n    return t(1)\n",
    ),
    (
        "b.go",
        "package p\n\nimport \"example.com/p/vendor/one/t\"\n\nfunc B() int { return t.T(1) }\n",
        "package p\n\nimport \"example.com/p/four/t\"\n\nfunc B() int { return t.T(1) }\n",
    ),
    (
        "src/lib.rs",
        "#![allow(missing_docs)]\n\npub mod inner;\n",
        "#![allow(missing_docs)]\n\npub mod outer;\n",
    ),
];

const MORE: &[(&str, &str)] = &[
    ("go.mod", "module example.com/p\n\ngo 1.22\n"),
    ("requirements.txt", "requests\n"),
    ("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\n"),
    ("tsconfig.json", r#"{"compilerOptions":{"paths":{"@one/*":["./vendor/one/*"],"@src/*":["./src/*"]}}}"#),
];

fn names_of_imports(said: &[String]) -> Vec<&str> {
    let about =
        |line: &&String| line.starts_with("unresolved-import") || line.starts_with("undeclared-dependency");
    said.iter().filter(about).map(String::as_str).collect()
}

#[test]
fn an_import_into_a_submodule_is_known() {
    let named = format!("{MODULES}[submodule \"inner\"]\n\tpath = src/inner\n");
    // As the disk lists a project, and as a commit lists it: with the submodule's folder among the files
    let disk: Vec<_> = MORE.iter().copied().chain([(".gitmodules", named.as_str())]).collect();
    let commit: Vec<_> =
        MORE.iter().copied().chain([("vendor/one", ""), ("two", ""), ("src/inner", "")]).collect();
    for (path, right, wrong) in IMPORTS {
        for beside in [&disk, &commit] {
            assert_eq!(names_of_imports(&said(path, right, beside)), Vec::<&str>::new(), "{path}: {right}");
            assert!(!names_of_imports(&said(path, wrong, beside)).is_empty(), "{path}: {wrong}");
        }
        assert!(!names_of_imports(&said(path, right, MORE)).is_empty(), "no submodule: {path}: {right}");
    }
}

#[test]
fn a_folder_with_files_of_the_project_is_no_submodule() {
    let text = "import { t } from './missing.js';\nexport const b = t(1);\n";
    assert!(!names_of_imports(&said("src/b.js", text, &[(".gitmodules", MODULES)])).is_empty());
    let below = "import { t } from './a.js/t.js';\nexport const b = t(1);\n";
    assert!(!names_of_imports(&said("src/b.js", below, &[])).is_empty(), "a file of code is no folder");
}
