//! The documentation of every rule, as data and as the page `rules/README.md`.
//!
//! It does not write the page: a test does.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::finding::{Category, Severity};
use crate::patterns::{BUILT_IN, languages_of_folder};
use crate::rules::{Example, RULES, evidence};

/// The documentation of a built-in rule.
#[derive(Clone, Debug, Serialize)]
pub struct RuleInfo {
    /// The id that findings and `[guardian.severity]` use
    pub id: String,
    /// The kind of problem that it finds
    pub category: Category,
    /// The severity of a certain finding
    pub severity: Severity,
    /// The severity of a finding that a change introduced
    pub in_change: Severity,
    /// What lowers that severity: `usual` (the base already did so), `explained` (a comment above gives a reason)
    pub unless: Vec<String>,
    /// Languages by name; empty if the rule reads all text files
    pub languages: Vec<String>,
    /// What it finds
    pub summary: String,
    /// Why it matters and what to do instead
    pub note: String,
    /// Changes without a finding of this rule
    pub valid: Vec<RuleExample>,
    /// Changes with a finding of this rule
    pub invalid: Vec<RuleExample>,
}

/// An example of a rule: (path, text) of the files before and after a change.
#[derive(Clone, Debug, Serialize)]
pub struct RuleExample {
    /// Empty if all of `head` is new
    pub base: Vec<(String, String)>,
    /// The files after the change
    pub head: Vec<(String, String)>,
}

/// The part of a rule file that ast-grep ignores or that documents the rule.
#[derive(Deserialize)]
struct RuleFile {
    id: String,
    severity: Severity,
    message: String,
    note: String,
    metadata: RuleMetadata,
}

#[derive(Deserialize)]
struct RuleMetadata {
    category: Category,
    #[serde(default)]
    in_change: Option<Severity>,
    #[serde(default)]
    unless: Vec<String>,
    /// A path for the examples, if the rule depends on the path
    #[serde(default)]
    path: Option<String>,
    valid: Vec<String>,
    invalid: Vec<String>,
}

/// Every built-in rule, by category and id; a rule for several languages is listed once for each of their folders.
pub fn rule_infos() -> Vec<RuleInfo> {
    let mut infos: Vec<RuleInfo> = BUILT_IN
        .iter()
        .filter_map(|(folder, _, yaml)| {
            let rule: RuleFile = ast_grep_config::from_str(yaml).ok()?;
            let path = rule.metadata.path.unwrap_or_else(|| format!("src/example.{}", extension(folder)));
            let example =
                |code: &String| RuleExample { base: Vec::new(), head: vec![(path.clone(), code.clone())] };
            Some(RuleInfo {
                id: rule.id,
                category: rule.metadata.category,
                severity: rule.severity,
                in_change: rule.metadata.in_change.unwrap_or(rule.severity),
                unless: rule.metadata.unless,
                languages: languages_of_folder(folder).iter().map(|l| l.name().to_string()).collect(),
                summary: rule.message,
                note: rule.note,
                valid: rule.metadata.valid.iter().map(example).collect(),
                invalid: rule.metadata.invalid.iter().map(example).collect(),
            })
        })
        .collect();
    infos.extend(RULES.iter().map(|rule| RuleInfo {
        id: rule.id.to_string(),
        category: rule.category,
        severity: rule.severity,
        in_change: rule.severity,
        unless: Vec::new(),
        languages: Vec::new(),
        summary: rule.summary.to_string(),
        note: rule.note.to_string(),
        valid: rule.valid.iter().map(owned).collect(),
        invalid: rule.invalid.iter().map(owned).collect(),
    }));
    infos.sort_by(|a, b| (a.category, &a.id, &a.languages).cmp(&(b.category, &b.id, &b.languages)));
    infos
}

fn owned(example: &Example) -> RuleExample {
    let files =
        |files: &[(&str, &str)]| files.iter().map(|(p, t)| ((*p).to_string(), (*t).to_string())).collect();
    RuleExample { base: files(example.base), head: files(example.head) }
}

fn extension(folder: &str) -> &'static str {
    match folder {
        "javascript" => "js",
        "typescript" => "ts",
        "rust" => "rs",
        "python" => "py",
        _ => "go",
    }
}

/// The page that documents every built-in rule.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Rules of the Style Guardian\n\nGenerated from the rules. An `error` blocks a change, a `warning` is shown; \
         `[guardian.severity]` in `opencode.toml` sets either, or `off`, by id. Only what a change introduced is \
         reported.\n",
    );
    let mut category = None;
    let mut id = String::new();
    for info in rule_infos() {
        if category != Some(info.category) {
            category = Some(info.category);
            let _ = write!(out, "\n## {}\n", title(info.category));
        }
        if id != info.id {
            id.clone_from(&info.id);
            let _ = write!(out, "\n### {id}\n");
        }
        let languages = if info.languages.is_empty() {
            String::new()
        } else {
            format!(", {}", info.languages.join(", "))
        };
        let raised = match info.in_change == info.severity {
            true => String::new(),
            false => {
                let says = |word: &String| match word.as_str() {
                    "usual" => ", unless the project did the same before".to_string(),
                    "explained" => ", unless a comment above says why".to_string(),
                    other => format!(", unless {other}"),
                };
                let unless: String = info.unless.iter().map(says).collect();
                format!(" in whole files, {} where a change adds it{unless}", info.in_change)
            }
        };
        let _ = write!(
            out,
            "\n*{}{raised}{languages}.* {}\n\n{}\n",
            info.severity,
            sentence(&info.summary),
            info.note.trim()
        );
        if let Some(example) = info.invalid.first() {
            let _ = write!(out, "\nFound:\n\n");
            show(&mut out, example);
        }
        if let Some(example) = info.valid.first() {
            let _ = write!(out, "\nNot found:\n\n");
            show(&mut out, example);
        }
        if let Some(row) = evidence::of(&info.id) {
            let _ = write!(out, "\nKnows: {}\n\nLimits: {}\n", row.knows, row.limits);
            if !row.decided_by.is_empty() {
                let tools: Vec<&str> = row.decided_by.iter().map(|tool| tool.name()).collect();
                let _ = writeln!(out, "\nDecided in a mission by {}.", tools.join(", "));
            }
            for group in evidence::Group::ALL {
                if row.alike.contains(&group) {
                    let _ = write!(out, "\nIn {} alike.\n", group.name());
                }
                if let Some((_, why)) = row.silent.iter().find(|(silent, _)| *silent == group) {
                    let _ = write!(out, "\nNot in {}: {why}.\n", group.name());
                }
            }
        }
    }
    out
}

fn show(out: &mut String, example: &RuleExample) {
    let several = example.base.len() + example.head.len() > 1;
    let sides = [("before", &example.base), ("after", &example.head)];
    for (side, files) in sides {
        for (path, text) in files {
            if several {
                let when =
                    if example.base.is_empty() { String::new() } else { format!(" {side} the change") };
                let _ = writeln!(out, "`{path}`{when}");
            }
            let language = path.rsplit_once('.').map_or("", |(_, extension)| extension);
            let fence = if text.contains("```") { "````" } else { "```" };
            let _ = write!(out, "{fence}{language}\n{}\n{fence}\n", text.trim_end());
        }
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

fn title(category: Category) -> &'static str {
    match category {
        Category::Broken => "Broken: code that cannot run",
        Category::Lazy => "Lazy: code that was not written",
        Category::Dishonest => "Dishonest: code or tests that pretend",
        Category::Unsafe => "Unsafe: code that lets an attacker in",
        Category::Inconsistent => "Inconsistent: files that do not fit each other",
        Category::Style => "Off style: code unlike its neighbours",
        Category::Project => "Rules of the project",
    }
}
