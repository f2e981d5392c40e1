//! Repositories that are too large, contain loops, or change while they are read.

#![allow(clippy::unwrap_used)]

use context::{Index, estimate_tokens, task_context};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

fn write(root: &Path, path: &str, text: &str) {
    let full = root.join(path);
    fs::create_dir_all(full.parent().unwrap()).unwrap();
    fs::write(full, text).unwrap();
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_huge_file_is_known_by_name_and_not_read() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "small.rs", "pub fn walrus() {}\n");
    fs::File::create(dir.path().join("dump.rs")).unwrap().set_len(200 << 20).unwrap();
    let index = Index::build(dir.path(), &names(&["small.rs", "dump.rs"]));
    assert_eq!((index.stats().files, index.stats().read, index.lines("dump.rs")), (2, 1, Some(0)));
    assert_eq!(index.search("dump", 1)[0].path, "dump.rs");
    assert!(index.stats().bytes < 100_000);
}

#[test]
fn many_files_in_one_folder_are_all_found() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("all")).unwrap();
    let files: Vec<String> = (0..3_000).map(|n| format!("all/f{n}.txt")).collect();
    for (n, path) in files.iter().enumerate() {
        fs::write(dir.path().join(path), format!("word{n:05}x\n")).unwrap();
    }
    let index = Index::build(dir.path(), &files);
    assert_eq!(index.stats().read, 3_000);
    assert_eq!(index.search("word02917x", 1)[0].path, "all/f2917.txt");
}

#[test]
fn a_file_that_thousands_import_and_many_new_files_beside_them_give_a_short_text() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("all")).unwrap();
    let mut files: Vec<String> = (0..3_000).map(|n| format!("all/f{n}.ts")).collect();
    for (n, path) in files.iter().enumerate() {
        let text = format!("import {{ hub }} from './hub';\nexport const f{n} = () => hub({n});\n");
        fs::write(dir.path().join(path), text).unwrap();
    }
    write(dir.path(), "all/hub.ts", "export function hub(n: number) {\n  return n;\n}\n");
    files.push("all/hub.ts".to_owned());
    let index = Index::build(dir.path(), &files);
    let new = (0..200).map(|n| format!("all/new{n}.ts"));
    let task: Vec<String> = std::iter::once("all/hub.ts".to_owned()).chain(new).collect();
    let text = task_context(dir.path(), &index, &task, "change hub", 6_000, true);
    assert!(estimate_tokens(&text) <= 6_000);
    assert!(text.starts_with("<file path=\"all/hub.ts\">\nexport function hub"), "{text}");
    assert!(text.contains("<calls path=\"all/f") && text.contains("29"), "{text}");
}

#[test]
fn a_file_in_which_each_line_is_a_comment_and_a_symbol_is_folded() {
    let dir = tempfile::tempdir().unwrap();
    let text: String = (0..5_000).map(|n| format!("/* {n} */ export function f{n}() {{}}\n")).collect();
    write(dir.path(), "flat.js", &text);
    let files = names(&["flat.js"]);
    let index = Index::build(dir.path(), &files);
    let text = task_context(dir.path(), &index, &files, "change f1234", 4_000, true);
    assert!(text.contains(" 1235  /* 1234 */ export function f1234() {}\n"), "{text}");
    assert!(index.lines_for("f1234", 200).iter().any(|found| (found.from..=found.to).contains(&1_235)));
}

#[cfg(unix)]
#[test]
fn loops_of_links_folders_and_pipes_end() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "src/a.rs", "pub fn walrus() {}\n");
    symlink("two.rs", dir.path().join("one.rs")).unwrap();
    symlink("one.rs", dir.path().join("two.rs")).unwrap();
    symlink(".", dir.path().join("self")).unwrap();
    // For a submodule git lists a folder.
    fs::create_dir(dir.path().join("module.rs")).unwrap();
    let files = names(&[
        "src/a.rs",
        "one.rs",
        "two.rs",
        "self",
        "self/self/self/src/a.rs",
        "module.rs",
        "src/gone.rs",
    ]);
    let index = Index::build(dir.path(), &files);
    assert_eq!(index.stats().files, files.len());
    let hits = index.search("walrus", 9);
    // The path through the link is in the project, too.
    assert_eq!(hits[0].path, "self/self/self/src/a.rs");
    assert_eq!(hits[1].path, "src/a.rs");
    for path in ["one.rs", "two.rs", "self", "module.rs", "src/gone.rs"] {
        assert_eq!(index.lines(path), Some(0), "{path}");
    }
}

#[test]
fn files_that_come_and_go_while_they_are_read_do_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<String> = (0..200).map(|n| format!("f{n}.ts")).collect();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0.. {
                for path in &files {
                    let full = dir.path().join(path);
                    if round % 2 == 0 {
                        fs::write(&full, format!("export function walrus{round}() {{}}\n")).unwrap();
                    } else {
                        fs::remove_file(&full).unwrap();
                    }
                }
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let mut index = Index::build(dir.path(), &files);
        for _ in 0..5 {
            index = index.rebuild(dir.path(), &files);
            let lines = index.lines_for("walrus", 500);
            assert!(lines.len() <= files.len());
        }
        done.store(true, Ordering::Relaxed);
    });
    // Nothing changes any more, so the result must be correct.
    for path in &files {
        fs::write(dir.path().join(path), "export function narwhal() {}\n").unwrap();
    }
    let index = Index::build(dir.path(), &files).rebuild(dir.path(), &files);
    assert_eq!((index.stats().read, index.search("narwhal", 300).len()), (200, 200));
}

#[test]
fn any_question_is_answered() {
    use proptest::prelude::*;
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "src/größe.rs", "pub fn größe_x() {}\n");
    write(dir.path(), "a b/`c`.ts", "export const FooBar = 1;\n");
    let index = Index::build(dir.path(), &names(&["src/größe.rs", "a b/`c`.ts"]));
    let config = ProptestConfig::with_cases(1_500);
    let text = prop_oneof![
        ".{0,80}",
        "([`:/._ ]|src|größe|FooBar|c\\.ts|file://|\\.\\./|\u{0}|\u{202e}|[0-9]){0,40}",
    ];
    proptest::test_runner::TestRunner::new(config)
        .run(&text, |text| {
            for hit in index.search(&text, 5) {
                prop_assert!(hit.score.is_finite());
            }
            for passage in index.lines_for(&text, 100) {
                prop_assert!(passage.from >= 1 && passage.from <= passage.to);
            }
            Ok(())
        })
        .unwrap();
}
