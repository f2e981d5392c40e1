//! Reads a project's `sgconfig.yml`: the folders of its ast-grep rules, and settings that have no effect here.

use serde::Deserialize;

use crate::finding::RuleProblem;

/// The folders of ast-grep rules in a project's `sgconfig.yml`, relative to that file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SgConfig {
    /// Folders of rule files
    pub rule_dirs: Vec<String>,
    /// Folders of utility rules, which other rules name in `matches`
    pub util_dirs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    rule_dirs: Vec<String>,
    #[serde(default)]
    util_dirs: Option<Vec<String>>,
    #[serde(default)]
    language_globs: Option<serde_json::Value>,
    #[serde(default)]
    custom_languages: Option<serde_json::Value>,
}

impl SgConfig {
    /// Reads the text of an `sgconfig.yml`. Returns also a problem for each setting that has no effect here.
    ///
    /// # Errors
    /// If the text is not YAML or does not have ast-grep's format: then none of it is used.
    pub fn parse(file: &str, text: &str) -> Result<(SgConfig, Vec<RuleProblem>), RuleProblem> {
        let written: Written = ast_grep_config::from_str(text).map_err(|error| RuleProblem {
            file: file.to_string(),
            line: error.location().and_then(|at| u32::try_from(at.line()).ok()),
            message: plain(&error.to_string()),
            hint: "`ruleDirs` is a list of folders; see https://ast-grep.github.io/reference/sgconfig.html"
                .into(),
        })?;
        let without_effect = [
            ("languageGlobs", written.language_globs.is_some(), "files are linted by their extension"),
            (
                "customLanguages",
                written.custom_languages.is_some(),
                "rules for other languages run in ast-grep only",
            ),
        ];
        let problems = without_effect
            .into_iter()
            .filter(|(_, set, _)| *set)
            .map(|(key, _, hint)| RuleProblem {
                file: file.to_string(),
                line: line_of(text, key),
                message: format!("`{key}` has no effect"),
                hint: hint.to_string(),
            })
            .collect();
        let config =
            SgConfig { rule_dirs: written.rule_dirs, util_dirs: written.util_dirs.unwrap_or_default() };
        Ok((config, problems))
    }
}

/// The first line of a YAML reader's message, without the place, which is reported separately.
pub(crate) fn plain(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    match first.strip_prefix("error: line ").and_then(|rest| rest.split_once(": ")) {
        Some((_, message)) => message.to_string(),
        None => first.to_string(),
    }
}

/// The line (1-based) of a top-level key in a YAML text.
pub(crate) fn line_of(yaml: &str, key: &str) -> Option<u32> {
    let at = yaml
        .lines()
        .position(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':')));
    at.and_then(|at| u32::try_from(at + 1).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_read_and_the_rest_is_told() {
        let text = "ruleDirs:\n  - rules\n- x\n";
        let problem = SgConfig::parse("sgconfig.yml", text).unwrap_err();
        assert_eq!((problem.file.as_str(), problem.line), ("sgconfig.yml", Some(3)), "{problem}");
        let problem = SgConfig::parse("sgconfig.yml", "utilDirs: [u]\n").unwrap_err();
        assert!(problem.message.contains("ruleDirs"), "{problem}");

        let text = "ruleDirs: [rules, more/rules]\ntestConfigs:\n  - testDir: t\nutilDirs: [u]\nlanguageGlobs:\n  html: ['*.vue']\n";
        let (config, problems) = SgConfig::parse("sgconfig.yml", text).unwrap();
        assert_eq!((config.rule_dirs.len(), config.util_dirs.as_slice()), (2, ["u".to_string()].as_slice()));
        assert_eq!(problems.len(), 1);
        assert_eq!(
            (problems[0].line, problems[0].message.as_str()),
            (Some(5), "`languageGlobs` has no effect")
        );
    }
}
