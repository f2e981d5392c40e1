//! Which symbols of a file a change adds, removes or rewrites. `behaviour` compares candidates by them.
//!
//! Pure: texts in, names out. `form` says whether two rewritten bodies differ only in style.

use std::collections::{BTreeMap, BTreeSet};

use syntax::{Language, Symbol, outline};

/// One line for each symbol: `+ src/a.js area`. A file that is not parsed counts as one symbol.
pub(crate) fn changed(path: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> BTreeSet<String> {
    let whole = |mark: char| BTreeSet::from([format!("{mark} {path}")]);
    let (Some(language), true) = (Language::of_path(path), text(before).is_some() && text(after).is_some())
    else {
        return match (before, after) {
            (None, Some(_)) => whole('+'),
            (Some(_), None) => whole('-'),
            (before, after) if before == after => BTreeSet::new(),
            _ => whole('~'),
        };
    };
    let (before, after) = (text(before).unwrap_or_default(), text(after).unwrap_or_default());
    let (old, new) = (symbols(language, before), symbols(language, after));
    let mut changed = BTreeSet::new();
    for (name, body) in &new {
        match old.get(name) {
            None => drop(changed.insert(format!("+ {path} {name}"))),
            Some(was) if was != body => drop(changed.insert(format!("~ {path} {name}"))),
            Some(_) => {}
        }
    }
    changed.extend(old.keys().filter(|name| !new.contains_key(*name)).map(|name| format!("- {path} {name}")));
    if changed.is_empty() && before != after {
        return whole('~');
    }
    changed
}

/// The text of a file; a missing file is empty, and `None` means no UTF-8.
fn text(bytes: Option<&[u8]>) -> Option<&str> {
    bytes.map_or(Some(""), |bytes| std::str::from_utf8(bytes).ok())
}

/// The lines of each symbol without indentation, by container, name and number of arguments.
fn symbols(language: Language, text: &str) -> BTreeMap<String, Vec<&str>> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let body = |symbol: &Symbol| {
        let (from, to) = (symbol.line.saturating_sub(1) as usize, symbol.end_line as usize);
        lines.get(from..to.min(lines.len())).unwrap_or_default().to_vec()
    };
    let mut symbols: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for symbol in outline(language, text).symbols {
        let within = symbol.container.as_deref().map(|of| format!("{of}.")).unwrap_or_default();
        let takes = symbol.arity.map(|arity| format!("/{}", arity.required)).unwrap_or_default();
        symbols.entry(format!("{within}{}{takes}", symbol.name)).or_default().extend(body(&symbol));
    }
    symbols
}

#[cfg(test)]
mod tests {
    use super::changed;

    fn check(path: &str, before: Option<&str>, after: Option<&str>, expected: &[&str]) {
        let said = changed(path, before.map(str::as_bytes), after.map(str::as_bytes));
        assert_eq!(said.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_change_is_told_by_its_symbols() {
        let before = "export function area(a, b) {\n  return a * b;\n}\nexport const ONE = 1;\n";
        let other = before.replace("a * b", "b * a");
        check("a.js", Some(before), Some(&other), &["~ a.js area/2"]);
        let more = format!("{before}export const TWO = 2;\n");
        check("a.js", Some(before), Some(&more), &["+ a.js TWO"]);
        check("a.js", Some(before), Some("export const ONE = 1;\n"), &["- a.js area/2"]);
        check("a.js", Some(before), Some(&before.replace("  return", "    return")), &["~ a.js"]);
        check("a.js", Some(before), Some(before), &[]);
    }

    #[test]
    fn a_file_is_told_as_a_whole_where_nothing_else_can_be() {
        check("a.css", Some("a {}"), Some("b {}"), &["~ a.css"]);
        check("a.css", None, Some("b {}"), &["+ a.css"]);
        check("a.css", Some("a {}"), None, &["- a.css"]);
        check("a.js", None, Some("export const A = 1;\n"), &["+ a.js A"]);
    }
}
