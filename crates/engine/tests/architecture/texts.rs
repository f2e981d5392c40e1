//! Rules on all files: their places, their lengths, and words that they must not contain.

use std::collections::BTreeMap;
use std::path::Path;

use crate::files::{assert_none, root, sources, texts, tracked_files};

#[test]
fn javascript_lives_where_it_belongs() {
    let folders = ["bin/", "plugin/", "scripts/", "tests/", "npm/"];
    let at_root = ["index.js", "index.d.ts", "tui.js", "eslint.config.js"];
    let mut wrong = Vec::new();
    for path in tracked_files() {
        let extension = Path::new(&path).extension().and_then(|e| e.to_str()).unwrap_or_default();
        let fixture = path.contains("fixtures/") || path.starts_with("rules/");
        if fixture || !["js", "mjs", "cjs", "jsx", "ts", "mts", "tsx"].contains(&extension) {
            continue;
        }
        if !folders.iter().any(|folder| path.starts_with(folder)) && !at_root.contains(&path.as_str()) {
            wrong.push(format!(
                "{path}: JavaScript outside {}; move it, or write it in Rust",
                folders.join(", ")
            ));
        }
        if extension.contains("ts") && !path.ends_with(".d.ts") {
            wrong.push(format!("{path}: a TypeScript source; write plain JavaScript with JSDoc types"));
        }
    }
    assert_none(wrong);
}

#[test]
fn files_hold_one_thing() {
    const MOST_LINES: usize = 600;
    let long = sources().into_iter().filter(|file| file.text.lines().count() > MOST_LINES).map(|file| {
        format!(
            "{}: {} lines, {MOST_LINES} is the most; split it by what it holds",
            file.path,
            file.text.lines().count()
        )
    });
    assert_none(long);
}

/// A reader must be able to overlook a folder. `mod.rs` and `lib.rs` do not count.
#[test]
fn folders_of_crates_are_small() {
    const MOST_FILES: usize = 15;
    let mut files: BTreeMap<String, usize> = BTreeMap::new();
    for path in tracked_files() {
        let Some((folder, name)) = path.rsplit_once('/') else { continue };
        let source = path.starts_with("crates/") && path.contains("/src") && name.ends_with(".rs");
        if source && !["mod.rs", "lib.rs"].contains(&name) && root().join(&path).exists() {
            *files.entry(folder.to_owned()).or_default() += 1;
        }
    }
    assert!(files.len() > 20, "the folders of the crates were not found");
    assert_none(files.into_iter().filter(|(_, count)| *count > MOST_FILES).map(|(folder, count)| {
        format!(
            "{folder}: {count} files, {MOST_FILES} is the most; make a folder of those that belong together"
        )
    }));
}

/// A reader should not have to read a file to learn what it is for.
#[test]
fn each_file_says_first_what_it_is_for() {
    let code = sources().into_iter().filter(|file| !file.path.contains("fixtures/"));
    assert_none(code.filter_map(|file| {
        let (sign, what) = match Path::new(&file.path).extension()?.to_str()? {
            "rs" => ("//!", "`//!` lines"),
            "js" | "mjs" => ("/**", "a doc comment"),
            _ => return None,
        };
        let first = file.text.lines().find(|line| !line.starts_with("#!"))?;
        let told = format!("{}: begin it with {what} that say what it is for", file.path);
        (!first.starts_with(sign)).then_some(told)
    }));
}

#[test]
fn nothing_is_left_to_do_and_nothing_is_unsafe() {
    // In pieces, so that this file does not find itself.
    let words = ["todo", "unimplemented", "dbg"].map(|word| format!("{word}!("));
    let words = [words.as_slice(), &[format!("allow({})", "unsafe_code")]].concat();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let rust =
        sources().into_iter().filter(|file| file.path.ends_with(".rs") && !file.path.contains("fixtures/"));
    assert_none(
        rust.flat_map(|file| {
            file.lines_with(&words, "finish it, or return an error that says what is missing")
        }),
    );
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    let mut names = vec![root().display().to_string()];
    names.retain(|root| root.len() >= 10);
    if let Ok(home) = std::env::var("HOME") {
        names.extend([".cargo/", ".rustup/", ".npm/"].map(|folder| format!("{home}/{folder}")));
    }
    // In pieces, so that this file does not find itself.
    let hosts = [
        "registry npmjs org",
        "registry yarnpkg com",
        "index crates io",
        "static crates io",
        "files pythonhosted org",
        "pypi org",
        "deb debian org",
    ];
    names.extend(hosts.map(|host| host.replace(' ', ".")));
    // Mirrors that this machine is configured with, in the clients' own variables.
    let mirrors = ["npm_config_registry", "PIP_INDEX_URL", "UV_INDEX_URL", "GOPROXY"];
    names.extend(mirrors.iter().filter_map(|name| std::env::var(name).ok()).filter_map(|url| host_of(&url)));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let what =
        "a fresh clone runs anywhere; use a relative path, a temporary folder, or the client's own default";
    assert_none(texts().into_iter().flat_map(|file| file.all_lines_with(&names, what)));
}

#[test]
fn prompts_are_short() {
    const MOST_TOKENS: f64 = 500.0;
    const BYTES_A_TOKEN: f64 = 3.9;
    let prompts: Vec<_> = texts()
        .into_iter()
        .filter(|file| file.path.starts_with("prompts/") && file.path.ends_with(".md"))
        .collect();
    let long = prompts
        .iter()
        .map(|file| (file, file.text.len() as f64 / BYTES_A_TOKEN))
        .filter(|(_, n)| *n > MOST_TOKENS);
    assert_none(long.map(|(file, tokens)| {
        format!("{}: about {tokens:.0} tokens, {MOST_TOKENS} is the most; shorten it", file.path)
    }));
}

/// Links of pages must lead to existing files.
#[test]
fn pages_link_to_files_that_exist() {
    let mut wrong = Vec::new();
    for page in texts().into_iter().filter(|file| file.path.ends_with(".md")) {
        let folder = root().join(&page.path);
        let folder = folder.parent().unwrap_or(Path::new(""));
        let mut fenced = false;
        for (number, line) in page.text.lines().enumerate() {
            fenced ^= line.trim_start().starts_with("```");
            if fenced {
                continue;
            }
            for target in line.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next()) {
                let elsewhere = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
                if !elsewhere && !folder.join(target).exists() {
                    wrong.push(format!(
                        "{}:{}: `{target}` does not exist; links are relative to the page",
                        page.path,
                        number + 1
                    ));
                }
            }
        }
    }
    assert_none(wrong);
}

pub fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let host = rest.split(['/', ',']).next()?.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty() && host != "localhost" && !host.starts_with("127.")).then(|| host.to_owned())
}
