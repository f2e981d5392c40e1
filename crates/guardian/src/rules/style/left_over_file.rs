//! Files that a change leaves behind: backup copies, second versions beside the first, reports about the change.
//!
//! Always a warning, and only for new files. A file counts as used if another text contains its name:
//! `unreached_module` resolves imports, not this rule.

use std::sync::LazyLock;

use regex::Regex;
use syntax::Language;

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::{folder_of, is_specimen};
use crate::rules::{Change, Check, Example, Found, Rule};
use shared::test_files::is_test;

pub(crate) static RULE: Rule = Rule {
    id: "left-over-file",
    category: Category::Style,
    severity: Severity::Warning,
    summary: "A new file that is a copy, a second version that nothing uses, a scratch script, or a report about the change.",
    note: "History keeps what was, and the change is described where it is handed over. Delete the file; where it is needed, let something use or link to it.",
    valid: &[
        Example::new(&[
            ("src/backup.ts", "export const a = 1;\n"),
            ("src/index.ts", "import { a } from './backup';\na;\n"),
        ]),
        Example::new(&[("docs/SUMMARY.md", "# Summary\n\n- [Start](start.md)\n")]),
        Example::new(&[("api/v2/a.py", "A = 1\n"), ("api/a.py", "A = 1\n")]),
        Example::new(&[("a.py", "import a_v2\n"), ("a_v2.py", "A = 1\n")]),
    ],
    invalid: &[
        Example::new(&[("a.go.orig", "package a\n")]),
        Example::new(&[("a.py", "A = 1\n"), ("a_new.py", "A = 2\n")]),
        Example::new(&[("CHANGES_SUMMARY.md", "# Changes\n\n## Files Modified\n\n- a.py\n")]),
        Example::new(&[("src/a.ts", "export const a = 1;\n"), ("src/a copy.ts", "export const a = 1;\n")]),
    ],
    check: Check::Change(check),
};

/// Endings of names of copies.
const COPIES: &[&str] = &[
    ".bak",
    ".orig",
    ".old",
    ".backup",
    ".rej",
    "~",
    ".save",
    ".swp",
    ".tmp",
    ".copy",
    ".original",
    ".bak2",
];

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    for pair in change.pairs.iter().filter(|pair| pair.base.is_none()) {
        let Some(head) = pair.head.as_deref() else { continue };
        if is_specimen(&pair.path) || pair.path.contains("node_modules/") {
            continue;
        }
        if let Some(message) = left_over(change, head) {
            found.at(head, 0, head.line(0).len(), message);
        }
    }
}

fn left_over(change: &Change<'_>, file: &File) -> Option<String> {
    let name = file.path.rsplit('/').next()?;
    let folder = folder_of(&file.path);
    let beside = |other: &str| {
        change.head.has(&if folder.is_empty() { other.to_string() } else { format!("{folder}/{other}") })
    };
    if let Some(original) = COPIES.iter().find_map(|end| name.strip_suffix(end)) {
        let sure = name.ends_with(".orig")
            || name.ends_with(".rej")
            || name.ends_with('~')
            || name.ends_with(".swp");
        if sure || beside(original) || Language::of_path(original).is_some() {
            return Some(format!("a copy of `{original}` is left beside it"));
        }
    }
    if let Some(original) = second_version(name).filter(|original| beside(original)) {
        let stem = name.split('.').next().unwrap_or(name);
        if !is_test(&file.path) && !is_named(change, &file.path, stem) {
            return Some(format!("a second version of `{original}` lies beside it, and nothing uses it"));
        }
    }
    if is_report(file, name) && !is_named(change, &file.path, name) {
        return Some("a report about the change is left in the project".to_string());
    }
    let scratch = folder.is_empty() && Language::of_path(name).is_some() && {
        let stem = name.split('.').next().unwrap_or(name);
        [
            "debug_",
            "scratch",
            "tmp_",
            "temp_",
            "repro_",
            "quick_test",
            "test_quick",
            "check_fix",
            "verify_fix",
            "test_fix",
        ]
        .iter()
        .any(|start| stem.starts_with(start))
    };
    (scratch && !is_named(change, &file.path, name.split('.').next().unwrap_or(name)))
        .then(|| "a scratch file is left in the project".to_string())
}

/// The name of the first version, if a name marks a second one.
fn second_version(name: &str) -> Option<String> {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)^(.+?)(?:[_\-. ](?:v\d+|new|copy|fixed|final|updated|improved|enhanced|refactored|backup|bak|old|orig|temp|tmp|2|alt|rewrite)|(?:New|Copy|Fixed|Updated|Improved|Old|Backup|V2)| \(\d+\))$").ok()
    });
    let (stem, extension) = name.split_once('.').filter(|(stem, _)| !stem.is_empty())?;
    let captured = FORM.as_ref()?.captures(stem)?;
    Language::of_path(name)?;
    Some(format!("{}.{extension}", captured.get(1)?.as_str()))
}

/// Whether another file of the project mentions it.
fn is_named(change: &Change<'_>, path: &str, stem: &str) -> bool {
    const MAX_FILES: usize = 3_000;
    change
        .head
        .paths()
        .iter()
        .filter(|other| **other != *path && !other.contains("node_modules/"))
        .take(MAX_FILES)
        .any(|other| {
            change.head.read(other).is_some_and(|text| {
                text.match_indices(stem).any(|(at, _)| {
                    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                    !part(text.get(..at).unwrap_or_default().chars().next_back())
                        && !part(text.get(at + stem.len()..).unwrap_or_default().chars().next())
                })
            })
        })
}

/// Whether a text reports work that was done.
fn is_report(file: &File, name: &str) -> bool {
    static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)(^|[_\- ])(summary|implementation|changes?|report|fix(es|ed)?|completion|complete|walkthrough|progress|analysis|verification|refactor(ing)?|results?|status|notes|plan|migration|improvements?|todo|done|task)([_\- .]|$)").ok()
    });
    static SAID: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?im)(^#+ .*\b(what was (done|changed|implemented)|what (i|we) (did|changed)|changes made|files? (modified|changed|created|added)|summary of changes|implementation (summary|details|complete)|next steps|key changes|overview of changes|testing performed|verification|completed tasks)\b|\ball (the )?tests (are )?(now )?(pass|passing|green)\b|✅)").ok()
    });
    let text = name.to_ascii_lowercase();
    let prose = text.ends_with(".md") || text.ends_with(".txt") || text.ends_with(".markdown");
    let known = [
        "readme",
        "changelog",
        "contributing",
        "license",
        "security",
        "code_of_conduct",
        "changes.md",
        "release",
        "history",
        "roadmap",
        "todo.md",
        "upgrading",
    ]
    .iter()
    .any(|start| text.starts_with(start));
    if !prose || known {
        return false;
    }
    let named = NAME.as_ref().is_some_and(|form| form.is_match(name));
    let said = SAID.as_ref().is_some_and(|form| form.is_match(&file.text));
    // A table of contents consists mostly of links
    let lines: Vec<&str> =
        file.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let links = lines.iter().filter(|line| line.contains("](")).count();
    named && said && links * 2 <= lines.len().max(1)
}
