//! Changes that no rule was tuned by: releases of packages outside every list, drawn by a seed, judged by the
//! Guardian's gate.
//!
//! Also commits of git repositories on this machine. [`crate::projects`] fetches. It must not show findings unless
//! asked: a seed whose findings were seen is spent, and so are its packages, which no later seed draws.

mod names;
mod repository;
mod spent;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use engine::for_benches::Lint;
use sim::Random;
use syntax::Language;

use crate::mutants::correct;
use crate::projects::{Change, Project, ProjectError, Registry, Set, Tree, release};

pub use repository::judge_repository;
pub use spent::Spent;

/// The most changed source files of a release: a mission does not make larger changes.
const MAX_FILES: usize = 200;

/// Changes drawn by a seed.
#[derive(Debug, Default)]
pub struct Drawn {
    pub changes: Vec<Change>,
    /// Packages that gave no change, and why
    pub left_out: Vec<String>,
}

/// Draws `count` changes between the newest release of a package and the one before, from each registry in turn.
pub fn draw(count: usize, seed: u64, spent: &Spent, jobs: usize) -> Drawn {
    let random = Random::new(seed);
    let lists: Vec<(Registry, Vec<&'static str>)> = Registry::ALL
        .into_iter()
        .map(|registry| {
            let mut names = names::of(registry);
            random.fork(registry.name()).shuffle(&mut names);
            names.retain(|name| !spent.has(seed, registry, name));
            (registry, names)
        })
        .collect();
    let longest = lists.iter().map(|(_, names)| names.len()).max().unwrap_or_default();
    let mut order: Vec<(Registry, &'static str)> = Vec::new();
    for at in 0..longest {
        order.extend(lists.iter().filter_map(|(of, names)| Some((*of, *names.get(at)?))));
    }
    let mut drawn = Drawn::default();
    for some in order.chunks(jobs.max(1)) {
        if drawn.changes.len() >= count {
            break;
        }
        let found: Mutex<Vec<(usize, Result<Change, String>)>> = Mutex::default();
        std::thread::scope(|scope| {
            for (at, (registry, name)) in some.iter().enumerate() {
                let found = &found;
                scope.spawn(move || {
                    let change = change_of(*registry, name);
                    found.lock().unwrap_or_else(PoisonError::into_inner).push((at, change));
                });
            }
        });
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_by_key(|(at, _)| *at);
        for ((_, change), (registry, name)) in found.into_iter().zip(some) {
            match change {
                Ok(change) if drawn.changes.len() < count => drawn.changes.push(change),
                Ok(_) => {}
                Err(why) => drawn.left_out.push(format!("{name} ({}): {why}", registry.name())),
            }
        }
    }
    drawn
}

/// What the newest release of a package changed.
fn change_of(registry: Registry, name: &'static str) -> Result<Change, String> {
    let said = |error: ProjectError| error.to_string();
    let newest = release(registry, name, None).map_err(said)?;
    let before = release(registry, name, Some(&newest.version)).map_err(said)?;
    let (old, new) = (written(before.tree), written(newest.tree));
    let versions: &'static [&'static str] =
        Box::leak(Box::new([leaked(before.version), leaked(newest.version)]));
    let project: &'static Project = Box::leak(Box::new(Project {
        name,
        registry,
        language: registry.name(),
        versions,
        set: Set::Measuring,
        keep: &[],
        skip: &[],
        suite: None,
    }));
    let change = Change::new(project, (versions[0], &old), (versions[1], &new));
    match sources(&change).count() {
        0 => Err("its newest release changes no source file".into()),
        n if n > MAX_FILES => Err(format!("its newest release changes {n} source files")),
        _ => Ok(change),
    }
}

/// Names of packages and versions live as long as the program; there are few of them.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// The source files that a change is about.
fn sources(change: &Change) -> impl Iterator<Item = &String> {
    change.changed.iter().filter(|path| Language::of_path(path).is_some())
}

/// A package without what a build wrote into it.
fn written(tree: Tree) -> Tree {
    const BUILT: [&str; 10] =
        ["dist", "build", "es", "esm", "cjs", "umd", "lib-esm", "out", "node_modules", "bundles"];
    let is_built = |path: &str, text: &str| {
        path.split('/').any(|part| BUILT.contains(&part) || part.ends_with(".dist-info"))
            || path.contains(".min.")
            || ["sourceMappingURL=", "\"__esModule\"", "__webpack_require__"]
                .iter()
                .any(|sign| text.contains(sign))
            || matches!(path, "Cargo.lock" | "Cargo.toml.orig" | ".cargo_vcs_info.json" | "PKG-INFO")
    };
    tree.into_iter().filter(|(path, text)| !is_built(path, text)).collect()
}

/// The gate's verdicts on drawn changes, all of which are right.
#[derive(Debug, Default)]
pub struct Judged {
    pub rows: Vec<Row>,
    pub changes: usize,
    pub refused: usize,
    pub files: usize,
    pub accused: usize,
    /// Every error, in words
    pub errors: Vec<String>,
}

/// The same for one registry or repository.
#[derive(Debug, Default)]
pub struct Row {
    pub registry: String,
    pub changes: usize,
    pub refused: usize,
    pub files: usize,
    pub accused: usize,
}

/// Judges each change as a mission's gate does if the plan gives no reason to edit tests.
pub fn judge(changes: &[Change], jobs: usize) -> Judged {
    let lint = Lint::default();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, Vec<String>, usize)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
                    && let Some(change) = changes.get(at)
                {
                    let report = lint.judge_files(&change.base, &correct(change), None);
                    let files: BTreeSet<&str> =
                        report.issues.iter().filter_map(|issue| issue.path.as_deref()).collect();
                    let errors =
                        report.issues.iter().map(|issue| format!("{}: {issue}", change.title())).collect();
                    let one = (at, errors, files.len());
                    found.lock().unwrap_or_else(PoisonError::into_inner).push(one);
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(at, ..)| *at);
    let rows =
        Registry::ALL.iter().map(|of| Row { registry: of.name().to_string(), ..Row::default() }).collect();
    let mut judged = Judged { rows, ..Judged::default() };
    for (change, (_, errors, accused)) in changes.iter().zip(found) {
        let files = sources(change).count();
        judged.changes += 1;
        judged.files += files;
        judged.refused += usize::from(!errors.is_empty());
        judged.accused += accused;
        if let Some(row) = judged.rows.iter_mut().find(|row| row.registry == change.project.registry.name()) {
            row.changes += 1;
            row.files += files;
            row.refused += usize::from(!errors.is_empty());
            row.accused += accused;
        }
        judged.errors.extend(errors);
    }
    judged
}

impl Judged {
    fn add(&mut self, row: Row) {
        self.changes += row.changes;
        self.refused += row.refused;
        self.files += row.files;
        self.accused += row.accused;
        self.rows.push(row);
    }

    /// Adds the results of another set of changes.
    pub fn join(&mut self, other: Judged) {
        other.rows.into_iter().for_each(|row| self.add(row));
        self.errors.extend(other.errors);
    }

    /// As a table in Markdown, which names no rule and no package. `what`: where the changes come from.
    pub fn markdown(&self, what: &str) -> String {
        let mut text = format!("## Correct changes that nobody tuned by, {what}\n\n");
        text += "| from | changes | refused | changed source files | with a false error |\n|---|---:|---:|---:|---:|\n";
        for row in &self.rows {
            let Row { registry, changes, refused, files, accused } = row;
            let _ = writeln!(text, "| {registry} | {changes} | {refused} | {files} | {accused} |");
        }
        let share = 100.0 * self.refused as f64 / self.changes.max(1) as f64;
        let one_in = self.files.checked_div(self.accused).map_or("none".to_string(), |n| format!("1 in {n}"));
        let _ = writeln!(
            text,
            "\n{} of {} changes would be refused ({share:.1} %), {} of {} changed source files have a false error ({one_in}).",
            self.refused, self.changes, self.accused, self.files
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_wrote_is_no_part_of_a_change() {
        let tree: Tree = [
            ("src/a.ts", "export const a = 1;"),
            ("dist/a.js", "exports.a = 1;"),
            ("lib/b.js", "Object.defineProperty(exports, \"__esModule\", { value: true });"),
            ("lib/c.js", "module.exports = 1;"),
        ]
        .map(|(path, text)| (path.to_string(), text.to_string()))
        .into();
        assert_eq!(written(tree).into_keys().collect::<Vec<_>>(), ["lib/c.js", "src/a.ts"]);
    }

    #[test]
    fn the_table_names_no_finding() {
        let row = Row { registry: "npm".to_string(), changes: 2, refused: 1, files: 800, accused: 1 };
        let judged = Judged {
            rows: vec![row],
            changes: 2,
            refused: 1,
            files: 800,
            accused: 1,
            errors: vec!["a 1 → 2: syntax-error".to_string()],
        };
        let text = judged.markdown("seed 7");
        assert!(
            text.contains("1 of 2 changes would be refused (50.0 %)") && text.contains("1 in 800"),
            "{text}"
        );
        assert!(!text.contains("syntax-error") && !text.contains("1 → 2"), "{text}");
    }
}
