use std::sync::Arc;

use ast_grep_config::{
    GlobalRules, RuleConfig, RuleConfigError, SerializableRuleConfig, Severity as AstSeverity,
};
use ast_grep_core::AstGrep;
use ast_grep_core::matcher::MatcherExt;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_language::SupportLang;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use syntax::{Language, Source};

use crate::file::{File, Raw, Unless};
use crate::finding::{RuleProblem, Severity};
use crate::flat::Flat;
use crate::sgconfig::{line_of, plain};
use crate::utilities::utilities;

include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// A rule matches at most this often in a file; one that matches everything is the rule's fault.
const MAX_MATCHES: usize = 2_000;

/// The rules written as ast-grep patterns, compiled.
#[derive(Default)]
pub(crate) struct Patterns {
    sets: [Set; Language::ALL.len()],
}

#[derive(Default)]
struct Set {
    rules: Vec<Pattern>,
    /// rules by the kind of node that they can match
    by_kind: Vec<Vec<u16>>,
}

struct Pattern {
    id: Arc<str>,
    severity: Severity,
    /// `metadata.in_change`: how bad it is where a change brought it in
    in_change: Severity,
    /// `metadata.unless`: `usual`, `explained`
    unless: Unless,
    note: Option<Arc<str>>,
    config: RuleConfig<SupportLang>,
    paths: Globs,
    /// `metadata.needs`: a text without any of these cannot match
    needs: Vec<String>,
    off: bool,
}

impl Pattern {
    fn may_match(&self, path: &str, text: &str) -> bool {
        !self.off
            && (self.needs.is_empty() || self.needs.iter().any(|word| text.contains(word.as_str())))
            && self.paths.allow(path)
    }
}

impl Patterns {
    /// Compiles the built-in rules and a project's own; what is wrong with a rule is said, and the others
    /// are kept.
    pub(crate) fn new(
        project: &[(String, String)],
        utils: &[(String, String)],
    ) -> (Patterns, Vec<RuleProblem>) {
        let mut patterns = Patterns::default();
        let mut problems = Vec::new();
        let none = GlobalRules::default();
        for (folder, file, yaml) in BUILT_IN {
            patterns.add(
                &format!("{folder}/{file}"),
                yaml,
                languages_of_folder(folder),
                &none,
                &mut problems,
            );
        }
        let globals = utilities(utils, &mut problems);
        for (file, yaml) in project {
            patterns.add(file, yaml, &[], &globals, &mut problems);
        }
        (patterns, problems)
    }

    /// Adds the rules of a file: for these languages, or for the language that each names.
    fn add(
        &mut self,
        file: &str,
        yaml: &str,
        languages: &[Language],
        globals: &GlobalRules,
        problems: &mut Vec<RuleProblem>,
    ) {
        for (first_line, document) in documents(yaml) {
            if let Err((line, message, hint)) = self.add_document(document, languages, globals) {
                let line = line.or_else(|| line_of(document, "rule"));
                problems.push(RuleProblem {
                    file: file.to_string(),
                    line: line.map(|l| l + first_line).or((first_line > 0).then_some(first_line + 1)),
                    message,
                    hint,
                });
            }
        }
    }

    fn add_document(
        &mut self,
        yaml: &str,
        languages: &[Language],
        globals: &GlobalRules,
    ) -> Result<(), (Option<u32>, String, String)> {
        let rule: Option<SerializableRuleConfig<SupportLang>> =
            ast_grep_config::from_str(yaml).map_err(|e| {
                let line = e.location().and_then(|l| u32::try_from(l.line()).ok());
                let hint =
                    "see https://ast-grep.github.io/reference/yaml.html for what a rule may hold".to_string();
                (line, plain(&e.to_string()), hint)
            })?;
        let Some(rule) = rule else { return Ok(()) };
        let own = language_of(rule.language);
        let languages = match (languages, own) {
            ([], Some(own)) => vec![own],
            ([], None) => {
                let known = Language::ALL.map(Language::name).join(", ");
                let message = format!("language `{}` is not one that is linted", rule.language);
                return Err((None, message, format!("use one of {known}")));
            }
            (languages, _) => languages.to_vec(),
        };
        for language in languages {
            let mut rule = rule.clone();
            rule.language = support_lang(language);
            let config = RuleConfig::try_from(rule, globals).map_err(|e| explain(&e))?;
            self.insert(language, config);
        }
        Ok(())
    }

    fn insert(&mut self, language: Language, config: RuleConfig<SupportLang>) {
        let severity = match config.severity {
            AstSeverity::Off => return,
            AstSeverity::Error => Severity::Error,
            AstSeverity::Hint | AstSeverity::Info | AstSeverity::Warning => Severity::Warning,
        };
        let Some(set) = self.sets.get_mut(slot(language)) else { return };
        let Ok(index) = u16::try_from(set.rules.len()) else { return };
        use ast_grep_core::Matcher as _;
        for kind in
            config.matcher.potential_kinds().into_iter().flat_map(|kinds| kinds.iter().collect::<Vec<_>>())
        {
            if set.by_kind.len() <= kind {
                set.by_kind.resize_with(kind + 1, Vec::new);
            }
            set.by_kind[kind].push(index);
        }
        let metadata = serde_json::to_value(&config.metadata).unwrap_or_default();
        let unless = |word: &str| {
            let words = metadata.get("unless").and_then(serde_json::Value::as_array);
            words.is_some_and(|words| words.iter().any(|known| known == word))
        };
        set.rules.push(Pattern {
            id: config.id.as_str().into(),
            severity,
            in_change: metadata
                .get("in_change")
                .and_then(|severity| serde_json::from_value(severity.clone()).ok())
                .unwrap_or(severity),
            unless: Unless { usual: unless("usual"), explained: unless("explained") },
            note: config.note.as_deref().map(|note| note.trim().into()),
            paths: Globs::new(&config),
            off: false,
            needs: metadata
                .get("needs")
                .and_then(|needs| serde_json::from_value(needs.clone()).ok())
                .unwrap_or_default(),
            config,
        });
    }

    /// Whether there is a rule of this id.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.sets.iter().any(|set| set.rules.iter().any(|rule| &*rule.id == id))
    }

    pub(crate) fn ids(&self) -> std::collections::BTreeSet<Arc<str>> {
        self.sets.iter().flat_map(|set| set.rules.iter().map(|rule| rule.id.clone())).collect()
    }

    /// Takes out the rules that are switched off.
    pub(crate) fn leave_out(&mut self, off: impl Fn(&str) -> bool) {
        for set in &mut self.sets {
            for rule in &mut set.rules {
                rule.off = off(&rule.id);
            }
        }
    }

    /// Whether some rule can match in a text at all, which is told without parsing it.
    pub(crate) fn may_match(&self, path: &str, text: &str) -> bool {
        Language::of_path(path)
            .and_then(|language| self.sets.get(slot(language)))
            .is_some_and(|set| set.rules.iter().any(|rule| rule.may_match(path, text)))
    }

    /// What the rules match in a file, and its nodes, which are found on the same walk; only how deep they are nested
    /// without `keep`. Where they are nested too deep, nothing is matched.
    pub(crate) fn matches(&self, file: &File, source: &Source<'_>, keep: bool) -> (Vec<Raw>, Flat) {
        let language = source.language();
        let set = self.sets.get(slot(language));
        let rules = set.map_or(&[][..], |set| &set.rules);
        let active: Vec<bool> = rules.iter().map(|rule| rule.may_match(&file.path, &file.text)).collect();
        let Some(set) = set.filter(|_| active.contains(&true)) else {
            return (Vec::new(), Flat::walk(language, source.root(), keep, |_| {}));
        };
        let wanted: Vec<bool> =
            set.by_kind.iter().map(|rules| rules.iter().any(|i| active[usize::from(*i)])).collect();
        let doc = StrDoc {
            src: source.text().to_string(),
            lang: support_lang(language),
            tree: source.tree().clone(),
        };
        let grep = AstGrep::doc(doc);
        let mut nodes = Vec::new();
        let flat = Flat::walk(language, grep.root().get_inner_node(), keep, |node| {
            if wanted.get(usize::from(node.kind_id())).copied().unwrap_or_default() {
                nodes.push(*node);
            }
        });
        if flat.depth > syntax::MAX_DEPTH {
            return (Vec::new(), flat);
        }
        let mut counts = vec![0_usize; set.rules.len()];
        let mut found = Vec::new();
        for node in nodes {
            let candidates = set.by_kind.get(usize::from(node.kind_id())).map_or(&[][..], Vec::as_slice);
            for index in candidates.iter().map(|i| usize::from(*i)).filter(|i| active[*i]) {
                let rule = &set.rules[index];
                if counts[index] >= MAX_MATCHES {
                    continue;
                }
                let Some(matched) = rule.config.matcher.match_node(grep.adopt(node)) else { continue };
                counts[index] += 1;
                let range = matched.range();
                let message = message(&rule.config.message, |name| {
                    matched.get_env().get_match(name).map(|n| n.text().into_owned())
                });
                let message = if message.is_empty() { rule.id.to_string() } else { message };
                let mut raw = Raw::new(file, rule.id.clone(), rule.severity, range.start, range.end, message);
                raw.in_change = rule.in_change;
                raw.unless = rule.unless;
                raw.note = rule.note.clone();
                found.push(raw);
            }
        }
        (found, flat)
    }
}

/// A message with its `$VARIABLES` replaced by what they matched.
fn message(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let name_end = after[1..].find(|c: char| !c.is_ascii_uppercase() && c != '_' && !c.is_ascii_digit());
        let name = &after[1..name_end.map_or(after.len(), |end| end + 1)];
        match value(name).filter(|_| !name.is_empty()) {
            Some(text) => {
                let line = text.lines().next().unwrap_or_default();
                out.extend(line.chars().take(60));
            }
            None => out.push_str(&after[..=name.len()]),
        }
        rest = &after[1 + name.len()..];
    }
    out.push_str(rest);
    out.trim().to_string()
}

/// The documents of a YAML stream, with the number of lines before each.
pub(crate) fn documents(yaml: &str) -> Vec<(u32, &str)> {
    let mut found = Vec::new();
    let (mut start, mut at, mut line, mut first_line) = (0, 0, 0, 0);
    for text in yaml.split_inclusive('\n') {
        if text.trim_end() == "---" {
            found.push((first_line, &yaml[start..at]));
            start = at + text.len();
            first_line = line + 1;
        }
        at += text.len();
        line += 1;
    }
    found.push((first_line, &yaml[start..]));
    found.retain(|(_, text)| text.lines().any(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#')));
    found
}

fn explain(error: &RuleConfigError) -> (Option<u32>, String, String) {
    let message = with_causes(error);
    let hint = match error {
        RuleConfigError::MissingPotentialKinds => {
            "add `kind:` or `pattern:`, so that the rule is not tried on all nodes"
        }
        _ => "try the rule in https://ast-grep.github.io/playground.html",
    };
    (None, message, hint.to_string())
}

/// An error and what caused it, in a sentence.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        message.push_str(": ");
        message.push_str(&inner.to_string());
        cause = inner.source();
    }
    message
}

/// The languages that the rules of a folder are for: what is true of JavaScript is true of TypeScript.
pub(crate) fn languages_of_folder(folder: &str) -> &'static [Language] {
    match folder {
        "javascript" => &[Language::JavaScript, Language::TypeScript, Language::Tsx],
        "typescript" => &[Language::TypeScript, Language::Tsx],
        "rust" => &[Language::Rust],
        "python" => &[Language::Python],
        "go" => &[Language::Go],
        _ => &[],
    }
}

fn slot(language: Language) -> usize {
    Language::ALL.iter().position(|l| *l == language).unwrap_or_default()
}

fn support_lang(language: Language) -> SupportLang {
    match language {
        Language::TypeScript => SupportLang::TypeScript,
        Language::Tsx => SupportLang::Tsx,
        Language::JavaScript => SupportLang::JavaScript,
        Language::Rust => SupportLang::Rust,
        Language::Python => SupportLang::Python,
        Language::Go => SupportLang::Go,
    }
}

fn language_of(language: SupportLang) -> Option<Language> {
    Language::ALL.into_iter().find(|l| support_lang(*l) == language)
}

/// The `files` and `ignores` of a rule.
#[derive(Default)]
struct Globs {
    files: Option<GlobSet>,
    ignores: Option<GlobSet>,
}

impl Globs {
    fn new(config: &RuleConfig<SupportLang>) -> Globs {
        let set = |globs: serde_json::Result<serde_json::Value>| {
            let mut set = GlobSetBuilder::new();
            for glob in globs.ok().and_then(|v| v.as_array().cloned()).into_iter().flatten() {
                let pattern = glob.as_str().or_else(|| glob["glob"].as_str()).unwrap_or_default();
                let insensitive = glob["caseInsensitive"].as_bool().unwrap_or_default();
                if let Ok(glob) = GlobBuilder::new(pattern).case_insensitive(insensitive).build() {
                    set.add(glob);
                }
            }
            set.build().ok().filter(|set| !set.is_empty())
        };
        Globs {
            files: set(serde_json::to_value(&config.files)),
            ignores: set(serde_json::to_value(&config.ignores)),
        }
    }

    fn allow(&self, path: &str) -> bool {
        self.files.as_ref().is_none_or(|set| set.is_match(path))
            && !self.ignores.as_ref().is_some_and(|set| set.is_match(path))
    }
}
