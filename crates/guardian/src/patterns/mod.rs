//! Rules that are data: compiles the built-in YAML files and the project's, and matches them against a tree.
//!
//! A project rule that cannot be compiled is reported as a problem; it is never dropped silently.

mod documents;
pub(crate) mod doubt;
mod handed;
pub(crate) mod sgconfig;
pub(crate) mod stand_in;
pub(crate) mod usual;
mod utilities;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use ast_grep_config::{
    GlobalRules, RuleConfig, RuleConfigError, SerializableRuleConfig, Severity as AstSeverity,
};
use ast_grep_core::AstGrep;
use ast_grep_core::matcher::MatcherExt;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_language::SupportLang;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use syntax::{Language, Source};

use self::documents::{documents, with_causes};
use self::sgconfig::{line_of, plain};
use self::usual::silenced;
use self::utilities::utilities;
use crate::code::file::{File, Raw, Unless};
use crate::code::flat::Flat;
use crate::finding::{RuleProblem, Severity};

include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// The most matches of one rule in one file; a rule that matches everything is faulty.
const MAX_MATCHES: usize = 2_000;

/// The rules that are ast-grep patterns, compiled.
#[derive(Default)]
pub(crate) struct Patterns {
    /// The project's own rules
    own: [Set; Language::ALL.len()],
    /// Ids of the disabled rules
    off: BTreeSet<String>,
}

#[derive(Default)]
struct Set {
    rules: Vec<Pattern>,
    /// Rules by the kinds of nodes that they can match
    by_kind: Vec<Vec<u16>>,
}

struct Pattern {
    id: Arc<str>,
    severity: Severity,
    /// `metadata.in_change`: the severity of a finding that a change introduced
    in_change: Severity,
    /// `metadata.unless`: `usual`, `explained`
    unless: Unless,
    note: Option<Arc<str>>,
    config: RuleConfig<SupportLang>,
    paths: Globs,
    /// `metadata.needs`: a text without any of these cannot match
    needs: Vec<String>,
}

impl Pattern {
    fn may_match(&self, path: &str, text: &str) -> bool {
        (self.needs.is_empty() || self.needs.iter().any(|word| text.contains(word.as_str())))
            && self.paths.allow(path)
    }
}

/// The built-in rules for a language. They are compiled when the first file of the language is read, because this takes
/// longer than linting many a file.
fn built_in(language: Language) -> &'static Set {
    static SETS: [OnceLock<Set>; Language::ALL.len()] = [const { OnceLock::new() }; Language::ALL.len()];
    SETS[slot(language)].get_or_init(|| {
        let mut set = Set::default();
        let none = GlobalRules::default();
        for (folder, _, yaml) in BUILT_IN {
            if languages_of_folder(folder).contains(&language) {
                // A test checks that each of them compiles
                for document in documents(yaml).into_iter().map(|(_, document)| document) {
                    let configs = compile(document, &[language], &none).into_iter().flatten();
                    configs.for_each(|(_, config)| set.insert(config));
                }
            }
        }
        set
    })
}

/// The ids of the built-in rules, which are their file names.
fn built_in_ids() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(_, file, _)| file.strip_suffix(".yml").unwrap_or(file))
}

/// The line, the fault, and a hint.
type Fault = (Option<u32>, String, String);

/// Compiles a rule for these languages, or for the language that it names.
fn compile(
    yaml: &str,
    languages: &[Language],
    globals: &GlobalRules,
) -> Result<Vec<(Language, RuleConfig<SupportLang>)>, Fault> {
    let rule: Option<SerializableRuleConfig<SupportLang>> = ast_grep_config::from_str(yaml).map_err(|e| {
        let line = e.location().and_then(|l| u32::try_from(l.line()).ok());
        let hint = "see https://ast-grep.github.io/reference/yaml.html for what a rule may hold".to_string();
        (line, plain(&e.to_string()), hint)
    })?;
    let Some(rule) = rule else { return Ok(Vec::new()) };
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
    let for_language = |language| {
        let mut rule = rule.clone();
        rule.language = support_lang(language);
        RuleConfig::try_from(rule, globals).map(|config| (language, config)).map_err(|e| explain(&e))
    };
    languages.into_iter().map(for_language).collect()
}

impl Patterns {
    /// Compiles a project's own rules; faulty rules are reported, the others are kept.
    pub(crate) fn new(
        project: &[(String, String)],
        utils: &[(String, String)],
    ) -> (Patterns, Vec<RuleProblem>) {
        let mut patterns = Patterns::default();
        let mut problems = Vec::new();
        let globals = utilities(utils, &mut problems);
        for (file, yaml) in project {
            patterns.add(file, yaml, &globals, &mut problems);
        }
        (patterns, problems)
    }

    /// Adds the rules of a file.
    fn add(&mut self, file: &str, yaml: &str, globals: &GlobalRules, problems: &mut Vec<RuleProblem>) {
        for (first_line, document) in documents(yaml) {
            match compile(document, &[], globals) {
                Ok(configs) => {
                    for (language, config) in configs {
                        self.own[slot(language)].insert(config);
                    }
                }
                Err((line, message, hint)) => {
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
    }

    /// Whether a rule of this id exists.
    pub(crate) fn has(&self, id: &str) -> bool {
        built_in_ids().any(|known| known == id) || self.own_rules().any(|rule| &*rule.id == id)
    }

    pub(crate) fn ids(&self) -> BTreeSet<Arc<str>> {
        built_in_ids().map(Arc::from).chain(self.own_rules().map(|rule| rule.id.clone())).collect()
    }

    fn own_rules(&self) -> impl Iterator<Item = &Pattern> {
        self.own.iter().flat_map(|set| &set.rules)
    }

    /// Removes the disabled rules.
    pub(crate) fn leave_out(&mut self, off: impl Fn(&str) -> bool) {
        self.off = self.ids().iter().filter(|id| off(id)).map(|id| id.to_string()).collect();
    }

    fn sets(&self, language: Language) -> [&Set; 2] {
        [built_in(language), &self.own[slot(language)]]
    }

    fn may(&self, rule: &Pattern, path: &str, text: &str) -> bool {
        !self.off.contains(&*rule.id) && rule.may_match(path, text)
    }

    /// Whether any rule can match in a text, decided without parsing it.
    pub(crate) fn may_match(&self, path: &str, text: &str) -> bool {
        let sets = Language::of_path(path).map(|language| self.sets(language));
        sets.into_iter().flatten().any(|set| set.rules.iter().any(|rule| self.may(rule, path, text)))
    }

    /// Reads a file: parses it and matches the patterns. `before` is the file before an edit. `keep`: rules with logic
    /// will inspect the file.
    pub(crate) fn read(&self, path: &str, text: &str, keep: bool, before: Option<&File>) -> File {
        let mut file = File::plain_after(path, text, before);
        let found = file.judged_source().map(|source| self.matches(&file, &source, keep));
        if let Some((matched, flat)) = found {
            file.set_matched(matched, flat, keep);
        }
        file
    }

    /// The matches in a file, and its nodes, collected on the same walk; without `keep`, only their depth. If they are
    /// nested too deeply, nothing is matched.
    fn matches(&self, file: &File, source: &Source<'_>, keep: bool) -> (Vec<Raw>, Flat) {
        let language = source.language();
        let mut due: Vec<Due<'_>> = self
            .sets(language)
            .into_iter()
            .map(|set| Due::new(set, |rule| self.may(rule, &file.path, &file.text)))
            .filter(|due| due.active.contains(&true))
            .collect();
        if due.is_empty() {
            return (Vec::new(), Flat::walk(language, source.root(), keep, |_| {}));
        }
        let doc = StrDoc {
            src: source.text().to_string(),
            lang: support_lang(language),
            tree: source.tree().clone(),
        };
        let grep = AstGrep::doc(doc);
        let mut nodes = Vec::new();
        let flat = Flat::walk(language, grep.root().get_inner_node(), keep, |node| {
            if due.iter().any(|due| due.wants(node.kind_id())) {
                nodes.push(*node);
            }
        });
        if flat.depth > syntax::MAX_DEPTH {
            return (Vec::new(), flat);
        }
        let mut found = Vec::new();
        for node in nodes {
            for due in &mut due {
                due.match_node(file, &grep.adopt(node), &mut found);
            }
        }
        (found, flat)
    }
}

impl Set {
    fn insert(&mut self, config: RuleConfig<SupportLang>) {
        let severity = match config.severity {
            AstSeverity::Off => return,
            AstSeverity::Error => Severity::Error,
            AstSeverity::Hint | AstSeverity::Info | AstSeverity::Warning => Severity::Warning,
        };
        let Ok(index) = u16::try_from(self.rules.len()) else { return };
        use ast_grep_core::Matcher as _;
        for kind in
            config.matcher.potential_kinds().into_iter().flat_map(|kinds| kinds.iter().collect::<Vec<_>>())
        {
            if self.by_kind.len() <= kind {
                self.by_kind.resize_with(kind + 1, Vec::new);
            }
            self.by_kind[kind].push(index);
        }
        let metadata = serde_json::to_value(&config.metadata).unwrap_or_default();
        let unless = |word: &str| {
            let words = metadata.get("unless").and_then(serde_json::Value::as_array);
            words.is_some_and(|words| words.iter().any(|known| known == word))
        };
        self.rules.push(Pattern {
            id: config.id.as_str().into(),
            severity,
            in_change: metadata
                .get("in_change")
                .and_then(|severity| serde_json::from_value(severity.clone()).ok())
                .unwrap_or(severity),
            unless: Unless { usual: unless("usual"), explained: unless("explained") },
            note: config.note.as_deref().map(|note| note.trim().into()),
            paths: Globs::new(&config),
            needs: metadata
                .get("needs")
                .and_then(|needs| serde_json::from_value(needs.clone()).ok())
                .unwrap_or_default(),
            config,
        });
    }
}

/// The rules of a set that may match in one file.
struct Due<'a> {
    set: &'a Set,
    /// By rule: whether it may match
    active: Vec<bool>,
    /// By kind of node: whether a rule wants it
    wanted: Vec<bool>,
    /// By rule: its matches so far
    counts: Vec<usize>,
}

impl<'a> Due<'a> {
    fn new(set: &'a Set, may: impl Fn(&Pattern) -> bool) -> Due<'a> {
        let active: Vec<bool> = set.rules.iter().map(may).collect();
        let is_active = |index: &u16| active.get(usize::from(*index)).copied().unwrap_or_default();
        let wanted = set.by_kind.iter().map(|rules| rules.iter().any(is_active)).collect();
        Due { set, wanted, counts: vec![0; active.len()], active }
    }

    fn wants(&self, kind: u16) -> bool {
        self.wanted.get(usize::from(kind)).copied().unwrap_or_default()
    }

    fn match_node(
        &mut self,
        file: &File,
        node: &ast_grep_core::Node<'_, StrDoc<SupportLang>>,
        found: &mut Vec<Raw>,
    ) {
        let candidates = self.set.by_kind.get(usize::from(node.kind_id())).map_or(&[][..], Vec::as_slice);
        for index in candidates.iter().map(|index| usize::from(*index)) {
            if !self.active[index] || self.counts[index] >= MAX_MATCHES {
                continue;
            }
            let rule = &self.set.rules[index];
            let Some(matched) = rule.config.matcher.match_node(node.clone()) else { continue };
            self.counts[index] += 1;
            let range = matched.range();
            let message = message(&rule.config.message, |name| {
                matched.get_env().get_match(name).map(|n| n.text().into_owned())
            });
            let message = if message.is_empty() { rule.id.to_string() } else { message };
            let mut raw = Raw::new(file, rule.id.clone(), rule.severity, range.start, range.end, message);
            if rule.id.ends_with("suppression") {
                raw.key = silenced(file, &raw);
            }
            raw.in_change = rule.in_change;
            raw.unless = rule.unless;
            raw.note = rule.note.clone();
            found.push(raw);
        }
    }
}

/// A message with its `$VARIABLES` replaced by the matched texts.
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

/// The languages of a rule folder: rules for JavaScript also apply to TypeScript.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_folder_of_patterns() {
        let folders: Vec<&str> = BUILT_IN.iter().map(|(folder, ..)| *folder).collect();
        for language in Language::ALL {
            let covered = folders.iter().any(|folder| languages_of_folder(folder).contains(&language));
            assert!(
                covered,
                "{}: no folder of rules/ is for it; add one, and its line in languages_of_folder",
                language.name()
            );
        }
    }

    #[test]
    fn every_built_in_rule_compiles_for_each_of_its_languages() {
        for (folder, file, yaml) in BUILT_IN {
            for (_, document) in documents(yaml) {
                let configs = compile(document, languages_of_folder(folder), &GlobalRules::default());
                let configs = configs.unwrap_or_else(|(line, message, _)| {
                    panic!("rules/{folder}/{file}, line {line:?}: {message}")
                });
                assert!(!configs.is_empty(), "rules/{folder}/{file} is for no language");
                for (_, config) in configs {
                    assert_eq!(format!("{}.yml", config.id), *file, "in rules/{folder}");
                }
            }
        }
    }
}
