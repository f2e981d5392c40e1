//! Utility rules of ast-grep that other rules name in `matches`.
//!
//! `patterns` gives it the project's texts. It matches nothing. A faulty utility is reported and must not disable the
//! others.

use ast_grep_config::{DeserializeEnv, GlobalRules, SerializableGlobalRule};
use ast_grep_language::SupportLang;

use super::documents::{documents, with_causes};
use super::sgconfig::{line_of, plain};
use crate::finding::RuleProblem;

/// The most utility rules that are compiled; finding the faulty one among more would take too long.
const MAX_UTILITIES: usize = 200;

struct Utility<'a> {
    file: &'a str,
    line: u32,
    rule: SerializableGlobalRule<SupportLang>,
}

/// The utility rules of a project, compiled together because they may name each other; faulty ones are reported, the
/// others are kept.
pub(crate) fn utilities(files: &[(String, String)], problems: &mut Vec<RuleProblem>) -> GlobalRules {
    let mut utilities = Vec::new();
    for (file, yaml) in files {
        for (first_line, document) in documents(yaml) {
            match ast_grep_config::from_str::<SerializableGlobalRule<SupportLang>>(document) {
                Ok(rule) => {
                    let line = first_line + line_of(document, "rule").unwrap_or(1);
                    utilities.push(Utility { file, line, rule });
                }
                Err(error) => {
                    let line = error.location().and_then(|at| u32::try_from(at.line()).ok());
                    problems.push(problem(
                        file,
                        Some(first_line + line.unwrap_or(1)),
                        plain(&error.to_string()),
                    ));
                }
            }
        }
    }
    if utilities.len() > MAX_UTILITIES {
        let message = format!("{} utility rules; the first {MAX_UTILITIES} are used", utilities.len());
        problems.push(problem("utilDirs", None, message));
        utilities.truncate(MAX_UTILITIES);
    }
    loop {
        let (error, culprit) = match compile(&utilities, None) {
            Ok(rules) => return rules,
            Err(error) => (error, (0..utilities.len()).find(|at| compile(&utilities, Some(*at)).is_ok())),
        };
        let Some(culprit) = culprit else {
            // Several are faulty: those that do not compile alone are removed
            let alone = |utility: &Utility<'_>| compile(std::slice::from_ref(utility), None);
            let (kept, faulty): (Vec<_>, Vec<_>) = utilities.into_iter().partition(|one| alone(one).is_ok());
            for one in faulty {
                let message = alone(&one).err().unwrap_or_else(|| error.clone());
                problems.push(problem(one.file, Some(one.line), message));
            }
            return compile(&kept, None).unwrap_or_default();
        };
        let utility = utilities.remove(culprit);
        problems.push(problem(utility.file, Some(utility.line), error));
    }
}

fn compile(utilities: &[Utility<'_>], without: Option<usize>) -> Result<GlobalRules, String> {
    let rules = utilities.iter().enumerate().filter(|(at, _)| Some(*at) != without);
    DeserializeEnv::parse_global_utils(rules.map(|(_, utility)| utility.rule.clone()).collect())
        .map_err(|error| with_causes(&error))
}

fn problem(file: &str, line: Option<u32>, message: String) -> RuleProblem {
    let hint = "see https://ast-grep.github.io/guide/rule-config/utility-rule.html for what one may hold"
        .to_string();
    RuleProblem { file: file.to_string(), line, message, hint }
}
