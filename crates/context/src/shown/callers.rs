//! Where a file that imports another one uses what it defines: the lines that a change there may break.
//!
//! By names, as they stand in the text. `task` shows them; which files import is for the graph to say.

use crate::budget::clip;
use std::collections::BTreeSet;

/// Lines shown of one file, and bytes of one line.
const MAX_LINES: usize = 6;
const MAX_LINE: usize = 160;
/// Shorter names stand in every file.
const SHORTEST: usize = 3;

/// Lines of `text` that use one of `names`, with their numbers, those that differ in the names they use first.
pub(crate) fn lines_that_use(text: &str, names: &BTreeSet<String>) -> String {
    let mut used: Vec<(BTreeSet<&str>, usize, &str)> = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
        let found: BTreeSet<&str> =
            words.filter(|word| word.len() >= SHORTEST && names.contains(*word)).collect();
        let is_import =
            ["import ", "from ", "use ", "require", "#include", "package ", "export {", "export *"]
                .iter()
                .any(|start| line.trim_start().starts_with(start))
                || line.contains("= require(");
        if !found.is_empty() && !is_import {
            used.push((found, n + 1, line));
        }
    }
    // One line for each name before a second one of any
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let (first, more): (Vec<_>, Vec<_>) = used.into_iter().partition(|(found, ..)| {
        let new = found.iter().any(|name| !told.contains(name));
        told.extend(found);
        new
    });
    let mut chosen: Vec<(usize, &str)> =
        first.into_iter().chain(more).take(MAX_LINES).map(|(_, n, line)| (n, line)).collect();
    chosen.sort_unstable();
    chosen.into_iter().map(|(n, line)| format!("{n:>5}  {}\n", clip(line.trim_end(), MAX_LINE))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_shown_imports_are_not_and_each_name_comes_once_first() {
        let names: BTreeSet<String> = ["parse".to_string(), "render".to_string()].into();
        let text = format!(
            "import {{ parse }} from './a'\nconst parse = require('./a')\n{}render(tree)\nparser()\n",
            "parse(x)\n".repeat(9)
        );
        let shown = lines_that_use(&text, &names);
        assert_eq!(shown.lines().count(), MAX_LINES);
        assert!(
            shown.contains("   12  render(tree)\n") && !shown.contains("'./a'") && !shown.contains("parser"),
            "{shown}"
        );
    }
}
