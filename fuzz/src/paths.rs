//! Paths that models and projects write.

use std::path::{Component, Path};

use mission::path::{MAX_PATH, forbidden, is_glob, normalise};

pub fn run(data: &[u8]) {
    let text = super::text(data);
    let (path, other) = text.split_once('\n').unwrap_or((&text, ""));
    match normalise(path) {
        Err(why) => assert!(!why.is_empty()),
        Ok(inside) => {
            assert!(!inside.is_empty() && inside.len() <= MAX_PATH);
            assert_eq!(normalise(&inside).as_ref(), Ok(&inside), "not the same twice");
            let parts = Path::new(&inside).components();
            assert!(
                parts.clone().all(|part| matches!(part, Component::Normal(_))),
                "{inside:?} leaves the project"
            );
            let joined = Path::new("/project").join(&inside);
            assert!(joined.starts_with("/project") && joined != Path::new("/project"));
            let touches = |name: &str| inside.split('/').any(|part| part.eq_ignore_ascii_case(name));
            assert!(forbidden(&inside).is_some() || !(touches(".git") || touches(".opencode")));
            is_glob(&inside);
            let secret = workspace::is_secret_path(&inside);
            assert_eq!(secret, workspace::is_secret_path(&inside.to_ascii_uppercase()), "case decides");
        }
    }
    syntax::Language::of_path(path);
    assert!(!mission::is_task_id(path) || normalise(path).is_ok(), "an identifier is no path");
    assert_eq!(mission::is_mission_id(path), ::journal::is_mission_id(path), "two opinions on identifiers");
    // The paths of an import, from a file at a path
    let code = format!("import {{ a }} from {other:?};\nexport * from {path:?};\n");
    let head = guardian::MemorySources::new([(path, code.as_str()), ("src/a.ts", "export const a = 1;\n")]);
    super::lint::guardian().lint_files(&head, &[path.to_string()]);
}

pub fn seeds() -> Vec<Vec<u8>> {
    [
        "src/a.ts\n./b",
        "./src//x/../a.ts\n../../a",
        "../x\n@scope/pkg/sub",
        "/etc/passwd\n/a",
        "C:\\x\nC:/x",
        "~/.ssh/id_rsa\nnode:fs",
        ".git/config\n",
        "a/.GIT/hooks\n#internal/x",
        "x/.opencode/plugin/a.js\n",
        ".env.local\n",
        "src/**/*.{ts,js}\n",
        "a\0b\n",
        "CON\n",
        "m-0a1b2c3d\n",
        "task_1\n",
        "e\u{301}/\u{202e}sj.a\n",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect()
}
