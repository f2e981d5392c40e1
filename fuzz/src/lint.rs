//! Parsing and linting in every language: one byte chooses the path, what follows are the file before and
//! after a change and another file beside it, with `\x01` between them.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use guardian::{Finding, Guardian, GuardianOptions, MemorySources};

static GUARDIAN: LazyLock<Guardian> = LazyLock::new(|| Guardian::new(GuardianOptions::default()).0);

const PATHS: [&str; 12] = [
    "src/a.ts",
    "src/a.tsx",
    "src/a.js",
    "src/a.rs",
    "src/a.py",
    "src/a.go",
    "src/a.test.ts",
    "tests/test_a.py",
    "a_test.go",
    "tests/a.rs",
    "src/a.test.jsx",
    "a.txt",
];

/// The Guardian with the built-in rules.
pub fn guardian() -> &'static Guardian {
    &GUARDIAN
}

pub fn run(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let path = PATHS[usize::from(*first) % PATHS.len()];
    let text = super::text(rest);
    let mut parts = text.split('\u{1}');
    let head = parts.next().unwrap_or_default();
    let base = parts.next();
    let beside = parts.next().unwrap_or_default();

    // Folders that were not there before: nothing is remembered from other inputs
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let (edited, fresh) = (format!("{n}/edited/{path}"), format!("{n}/fresh/{path}"));
    let found = GUARDIAN.lint_edit(&fresh, None, head);
    let places = |found: &[Finding]| -> Vec<(u32, u32, String, String)> {
        found.iter().map(|f| (f.line, f.column, f.rule.clone(), f.message.clone())).collect()
    };
    let lines = head.split('\n').count();
    for finding in &found {
        assert!(finding.line >= 1 && finding.line as usize <= lines, "line {} of {lines}", finding.line);
        assert!(finding.column >= 1 && !finding.message.is_empty());
    }
    assert_eq!(found, GUARDIAN.lint_edit(&fresh, None, head), "asked again, it says something else");
    if let Some(base) = base {
        assert_eq!(GUARDIAN.lint_edit(&edited, Some(base), base), [], "nothing changed");
        GUARDIAN.lint_edit(&edited, Some(base), head);
        // Parsed from the tree of the base, or again: the findings are the same
        assert_eq!(places(&GUARDIAN.lint_edit(&edited, None, head)), places(&found), "after an edit");
    }
    let other = path.replace('a', "b");
    let tree = |text: &str| MemorySources::new([(path, text), (other.as_str(), beside)]);
    let (before, after) = (tree(base.unwrap_or_default()), tree(head));
    let changed = [path.to_string(), other.clone()];
    assert_eq!(GUARDIAN.lint_change(&after, &after, &changed), [], "an unchanged tree has findings");
    GUARDIAN.lint_change(&before, &after, &changed);
    GUARDIAN.lint_files(&after, &changed);
}

/// The examples of all built-in rules.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for rule in guardian::rule_infos() {
        for example in rule.valid.iter().chain(&rule.invalid) {
            let Some((path, head)) = example.head.first() else { continue };
            let base = example.base.iter().find(|(p, _)| p == path).map_or("", |(_, text)| text.as_str());
            let beside = example.head.get(1).map_or("", |(_, text)| text.as_str());
            let end = path.rsplit('.').next().unwrap_or_default();
            let slot = PATHS.iter().position(|known| known.ends_with(&format!(".{end}"))).unwrap_or(11);
            let mut seed = vec![u8::try_from(slot).unwrap_or_default()];
            seed.extend_from_slice(format!("{head}\u{1}{base}\u{1}{beside}").as_bytes());
            seeds.push(seed);
        }
    }
    seeds
}
