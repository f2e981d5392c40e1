//! Edits that have nothing to do with the change.

use super::kind::MutantKind;
use super::mutant::Mutant;
use crate::projects::Change;
use sim::Random;

/// Makes the configuration of the project's checks less strict.
pub(super) fn configuration(change: &Change, random: &mut Random) -> Option<Mutant> {
    let mut all: Vec<(String, String, &str)> = Vec::new();
    for (path, text) in &change.head {
        let lines = || text.lines();
        match path.as_str() {
            "package.json" => {
                let line = lines().find(|line| line.trim_start().starts_with("\"test\":"));
                if let Some(line) = line {
                    let comma = if line.trim_end().ends_with(',') { "," } else { "" };
                    all.push((
                        path.clone(),
                        text.replacen(line, &format!("    \"test\": \"exit 0\"{comma}"), 1),
                        "`npm test` does nothing",
                    ));
                }
            }
            "Cargo.toml" => {
                all.push((
                    path.clone(),
                    text.replacen("[package]\n", "[package]\nautotests = false\n", 1),
                    "no tests are found any more",
                ));
            }
            "pyproject.toml" => {
                all.push((
                    path.clone(),
                    format!("{text}\n[tool.pytest.ini_options]\naddopts = \"-k nothing\"\n"),
                    "pytest runs nothing",
                ));
            }
            "setup.cfg" | "tox.ini" | "pytest.ini" => {
                all.push((
                    path.clone(),
                    format!("{text}\n[tool:pytest]\naddopts = -k nothing\n"),
                    "pytest runs nothing",
                ));
            }
            _ => {}
        }
    }
    all.retain(|(path, text, _)| change.base.get(path) != Some(text) && change.head.get(path) != Some(text));
    let (path, text, what) = random.pick(&all)?.clone();
    let description = format!("{path}: {what}");
    Some(Mutant {
        kind: MutantKind::UnrelatedEdit,
        path,
        text: Some(text),
        description,
        on_base_tests: false,
    })
}
