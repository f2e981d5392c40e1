//! The Guardian: runs the rules over a file, an edit, a change or a tree, and drops findings that the base already
//! had. Knows the rules only through their table.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::code::baseline::{Compared, introduced};
use crate::code::file::{File, Raw};
use crate::finding::{Finding, Level, RuleProblem, Severity};
use crate::patterns::Patterns;
use crate::patterns::doubt;
use crate::patterns::usual::{is_usual, says_why};
use crate::project::{Surroundings, Tree};
use crate::rules::{Change, Check, Found, Pair, RULES, Rule};
use crate::sources::{MemorySources, Sources};

/// The most findings of one rule in one file.
const MAX_REPORTS: usize = 100;
/// Files kept parsed between edits.
const KEPT_FILES: usize = 32;
/// How many versions of a file are compared to find the nearest one.
const MAX_COMPARED: usize = 8;

/// Settings of the Guardian.
#[derive(Clone, Debug, Default)]
pub struct GuardianOptions {
    /// Severities by rule id; they override the built-in ones
    pub severity: BTreeMap<String, Level>,
    /// A project's own ast-grep rules: (name of the file, its YAML)
    pub project_rules: Vec<(String, String)>,
    /// Utility rules that project rules name in `matches`: (name of the file, its YAML)
    pub utilities: Vec<(String, String)>,
}

/// The linter. It is cheap to share; building one compiles the rules.
pub struct Guardian {
    patterns: Patterns,
    /// Enabled rules with logic, in the order in which they run
    rules: Vec<&'static Rule>,
    severity: BTreeMap<String, Level>,
    /// Newest last; they are kept so that a base is linted once for all edits of a file
    kept: Mutex<Vec<Arc<File>>>,
}

impl Guardian {
    /// Builds a Guardian and returns the faults of the project's rules; rules without a fault still run.
    pub fn new(options: GuardianOptions) -> (Guardian, Vec<RuleProblem>) {
        let off = |id: &str| options.severity.get(id) == Some(&Level::Off);
        let (mut patterns, mut problems) = Patterns::new(&options.project_rules, &options.utilities);
        for id in options.severity.keys() {
            if !patterns.has(id) && !RULES.iter().any(|rule| rule.id == id) {
                problems.push(RuleProblem {
                    file: "[guardian.severity]".to_string(),
                    line: None,
                    message: format!("there is no rule `{id}`"),
                    hint: nearest(id, &patterns),
                });
            }
        }
        patterns.leave_out(off);
        let rules = RULES.iter().copied().filter(|rule| !off(rule.id)).collect();
        (Guardian { patterns, rules, severity: options.severity, kept: Mutex::default() }, problems)
    }

    /// What an edit of one file introduced: appended to the tool answer of a working role. `base` is the file
    /// before the change, `None` if the change creates it. Rules that need other files do not run.
    pub fn lint_edit(&self, path: &str, base: Option<&str>, text: &str) -> Vec<Finding> {
        if base == Some(text) {
            return Vec::new();
        }
        let pair = Pair::new(path, base.map(|base| self.file(path, base)), Some(self.file(path, text)));
        let mut raws = self.file_findings(std::slice::from_ref(&pair), None);
        raws.extend(self.run(|check, found| {
            if let Check::Edit(check) | Check::EditOrChange(check, _) = check {
                check(&pair, found);
            }
        }));
        self.finish(raws)
    }

    /// What a change introduced: the gate. `changed` lists the paths added, changed or removed between the trees.
    /// Findings may also be in other files, such as a caller that was not updated.
    pub fn lint_change(&self, base: &dyn Sources, head: &dyn Sources, changed: &[String]) -> Vec<Finding> {
        self.lint(base, head, changed)
    }

    /// What is wrong with whole files, without a base. [`crate::Scan`] does this in parts.
    pub fn lint_files(&self, head: &dyn Sources, paths: &[String]) -> Vec<Finding> {
        let around = Arc::new(Surroundings::of(head));
        self.lint_part(head, &around, paths)
    }

    /// Lints a part of a tree, each file as a whole. Nothing is kept.
    pub(crate) fn lint_part<'a>(
        &self,
        head: &'a dyn Sources,
        around: &Arc<Surroundings<'a>>,
        paths: &[String],
    ) -> Vec<Finding> {
        let mut pairs: Vec<Pair> = Vec::with_capacity(paths.len());
        let mut raws = Vec::new();
        for path in paths {
            let Some(text) = head.read(path) else { continue };
            if let Some(file) = self.match_file(path, &text, &mut raws) {
                pairs.push(Pair::new(path, None, Some(file)));
            }
        }
        let none = MemorySources::default();
        let change =
            Change { pairs, base: Tree::new(&none), head: Tree::part(head, around.clone()), whole: true };
        for file in change.pairs.iter().filter_map(|pair| pair.head.clone()) {
            change.head.keep(file);
        }
        raws.extend(self.run(|check, found| match check {
            Check::File(_) => {}
            Check::Edit(check) => change.pairs.iter().for_each(|pair| check(pair, found)),
            Check::Change(check) | Check::EditOrChange(_, check) => check(&change, found),
        }));
        self.finish(raws)
    }

    /// Matches a file and adds the findings of its single-file rules; `None` if no other rule needs the file.
    fn match_file(&self, path: &str, text: &str, raws: &mut Vec<Raw>) -> Option<Arc<File>> {
        if self.rules.is_empty() && !self.patterns.may_match(path, text) {
            return None;
        }
        let file = self.patterns.read(path, text, !self.rules.is_empty(), None);
        raws.extend(self.findings(&file));
        (!self.rules.is_empty()).then(|| Arc::new(file))
    }

    fn lint(&self, base: &dyn Sources, head: &dyn Sources, changed: &[String]) -> Vec<Finding> {
        let mut paths: Vec<&String> = changed.iter().collect();
        paths.sort();
        paths.dedup();
        let mut pairs = Vec::new();
        for path in paths {
            let (old, new) = (base.read(path), head.read(path));
            if old == new {
                continue;
            }
            let (old, new) = (old.map(|text| self.file(path, &text)), new.map(|text| self.file(path, &text)));
            pairs.push(Pair::new(path, old, new));
        }
        let mut raws = self.file_findings(&pairs, Some(base));
        let change = Change::new(pairs, base, head, false);
        raws.extend(self.run(|check, found| match check {
            Check::File(_) => {}
            Check::Edit(check) => change.pairs.iter().for_each(|pair| check(pair, found)),
            Check::Change(check) | Check::EditOrChange(_, check) => check(&change, found),
        }));
        self.finish(raws)
    }

    /// Findings of the single-file rules, without those of the base.
    fn file_findings(&self, pairs: &[Pair], before: Option<&dyn Sources>) -> Vec<Raw> {
        let mut compared = Vec::new();
        let heads: Vec<Vec<Raw>> = pairs
            .iter()
            .map(|pair| pair.head.as_deref().map_or_else(Vec::new, |f| self.findings(f)))
            .collect();
        let any = heads.iter().any(|raws| !raws.is_empty());
        if !any {
            return Vec::new();
        }
        for (pair, mut head_raws) in pairs.iter().zip(heads) {
            let base_raws = pair.base.as_deref().map_or_else(Vec::new, |f| self.findings(f));
            let base = pair.base.as_deref();
            for raw in head_raws.iter_mut().filter(|raw| raw.in_change != raw.severity) {
                let Some(head) = pair.head.as_deref() else { continue };
                let told = raw.unless.explained && says_why(raw, head, base);
                let reasoned = doubt::is_new_with_reason(raw, head, base);
                if told || reasoned || raw.unless.usual && is_usual(raw, head, base, before) {
                    raw.in_change = raw.severity;
                }
            }
            // If the grammar could not parse the base, its errors prove nothing about the head
            if let Some(head) =
                pair.head.as_deref().filter(|head| base.is_some_and(File::is_broken) && head.is_balanced())
            {
                let of_grammar =
                    head_raws.iter_mut().filter(|raw| &*raw.rule == "syntax-error" && raw.path == head.path);
                of_grammar.for_each(|raw| raw.in_change = Severity::Warning);
            }
            compared.push(Compared { head: pair.head.as_deref(), base, head_raws, base_raws });
        }
        let mut new = introduced(compared);
        new.iter_mut().for_each(|raw| raw.severity = raw.in_change);
        new
    }

    /// The parsed and matched file; from memory if its text is unchanged.
    fn file(&self, path: &str, text: &str) -> Arc<File> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = kept.iter().position(|file| &*file.path == path && &*file.text == text) {
            let file = kept.remove(at);
            kept.push(file.clone());
            return file;
        }
        // After an undo an older text is nearer than the last one. Files with errors do not help.
        let others = kept.iter().rev().filter(|file| &*file.path == path && file.is_sound());
        let before = others.take(MAX_COMPARED).min_by_key(|file| file.differs_by(text)).cloned();
        drop(kept);
        let file = Arc::new(self.patterns.read(path, text, !self.rules.is_empty(), before.as_deref()));
        if text.len() < 500_000 {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= KEPT_FILES {
                kept.remove(0);
            }
            kept.push(file.clone());
        }
        file
    }

    /// The findings of all single-file rules.
    fn findings(&self, file: &File) -> Vec<Raw> {
        let mut raws = file.matched.clone();
        raws.iter_mut().for_each(|raw| doubt::soften(file, raw));
        raws.extend(self.run(|check, found| {
            if let Check::File(check) = check {
                check(file, found);
            }
        }));
        raws
    }

    fn run(&self, mut each: impl FnMut(&Check, &mut Found)) -> Vec<Raw> {
        let mut out = Vec::new();
        for rule in &self.rules {
            let mut found = Found::new(rule, std::mem::take(&mut out));
            each(&rule.check, &mut found);
            out = found.into_raws();
        }
        out
    }

    /// Applies the configured severities, sorts, removes duplicates, and limits the number.
    fn finish(&self, raws: Vec<Raw>) -> Vec<Finding> {
        let mut findings: Vec<Finding> = raws
            .into_iter()
            .filter_map(|raw| {
                let severity = match self.severity.get(&*raw.rule) {
                    Some(Level::Off) => return None,
                    Some(Level::Warning) => Severity::Warning,
                    Some(Level::Error) => Severity::Error,
                    None => raw.severity,
                };
                Some(Finding {
                    path: raw.path.to_string(),
                    line: raw.line,
                    column: raw.column,
                    rule: raw.rule.to_string(),
                    severity,
                    message: raw.message,
                    note: raw.note.map(|note| note.to_string()),
                })
            })
            .collect();
        findings.sort();
        findings.dedup_by(|a, b| {
            a.path == b.path && a.line == b.line && a.rule == b.rule && a.message == b.message
        });
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        findings.retain(|finding| {
            let count = counts.entry((finding.path.clone(), finding.rule.clone())).or_default();
            *count += 1;
            *count <= MAX_REPORTS
        });
        findings
    }
}

fn nearest(id: &str, patterns: &Patterns) -> String {
    let ids: Vec<Arc<str>> =
        patterns.ids().into_iter().chain(RULES.iter().map(|rule| rule.id.into())).collect();
    match shared::text::nearest(id, ids.iter().map(|id| &**id)) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "`rules/README.md` of opencode-orchestrator lists the rules".to_string(),
    }
}
