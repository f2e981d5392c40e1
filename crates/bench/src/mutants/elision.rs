//! Code left out, with a comment in its place that says so.
//!
//! `mutants` calls it. It has its own list of words and does not take them from the Guardian's rules, which would
//! then be measured with themselves. It must remove code: a comment alone is not wrong.

use super::code::{Code, Edit};
use sim::Random;

const WORDS: [&str; 24] = [
    "... rest of the code unchanged",
    "... existing code ...",
    "... (rest of the function remains the same)",
    "rest of the implementation stays the same",
    "same as before",
    "... other methods unchanged ...",
    "[previous code here]",
    "...",
    "(unchanged)",
    "keep the existing implementation",
    "code omitted for brevity",
    "... remaining code ...",
    "The rest of this file is unchanged.",
    "existing logic continues here",
    "… unchanged …",
    "snip",
    "other cases as before",
    "[rest of implementation]",
    "remainder omitted",
    "etc.",
    "... keep everything else as it is",
    "(same code as above)",
    "Rest of the original code here...",
    "your existing code goes here",
];

pub(super) fn edits(code: &Code<'_>, random: &mut Random) -> Vec<Edit> {
    let mut found = Vec::new();
    for function in code.functions() {
        let (Some(last), true) = (function.statements.last(), function.statements.len() >= 3) else {
            continue;
        };
        let keep = 1 + random.below(function.statements.len() - 2);
        let Some(first) = function.statements.get(keep) else { continue };
        let to_end = random.chance(0.6);
        let end = if to_end { last.end } else { function.statements.get(keep + 1).unwrap_or(first).end };
        found.push(replaced(code, first.start, end, random));
    }
    let items: Vec<_> = super::code::children(code.source.root());
    if items.len() >= 6 {
        let first = items.len() / 3 + random.below(items.len() / 3);
        if let (Some(first), Some(last)) = (items.get(first), items.last()) {
            found.push(replaced(code, first.start_byte(), last.end_byte(), random));
        }
    }
    found
}

fn replaced(code: &Code<'_>, start: usize, end: usize, random: &mut Random) -> Edit {
    let words = random.pick(&WORDS).copied().unwrap_or_default();
    let with = match (code.is_python(), random.chance(0.2)) {
        (false, true) => format!("/* {words} */"),
        _ => format!("{} {words}", code.comment()),
    };
    let lines = code.slice(&(start..end)).lines().count();
    code.edit(start..end, with.clone(), &format!("{lines} lines as `{with}`"))
}
