//! `elided-code`: a comment in the place of code that was left out.
//!
//! Knows wordings and the place of a comment; it does not compare with the base. Ignores documentation. Words that may
//! describe the code beside them, or that end a sentence, only warn.

use std::sync::LazyLock;

use regex::Regex;

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "elided-code",
    category: Category::Lazy,
    severity: Severity::Error,
    summary: "A comment that stands for code which was left out (\"rest of the code unchanged\").",
    note: "What the comment stands for is no longer in the file. Write the code out, or, where it should stay as it was, edit only the lines that change.",
    valid: &[
        Example::new(&[("a.js", "// the rest of the arguments are passed on\nf(...rest);\n")]),
        Example::new(&[("a.py", "# keep existing code paths fast\nx = 1\n")]),
        Example::new(&[("a.rs", "// ... and then the cache is warm\nfn f() {}\n")]),
        Example::new(&[("a.py", "# Handles lists, sets,\n# etc.\nx = 1\n")]),
        Example::new(&[("a.js", "f(1); // as above\n")]),
    ],
    invalid: &[
        Example::new(&[("a.js", "function f(a) {\n  g(a);\n  // etc.\n}\n")]),
        Example::new(&[("a.js", "function f(a) {\n  g(a);\n  // snip // eslint-disable-line\n}\n")]),
        Example::new(&[("a.py", "def f(a):\n    g(a)\n    # ... keep everything else as it is\n")]),
        Example::new(&[("a.js", "function f(a) {\n  g(a);\n  // ...\n}\n")]),
        Example::new(&[("a.js", "function f(a) {\n  g(a); // remainder omitted h(a);\n}\n")]),
        Example::new(&[("a.py", "def f(a):\n    g(a)\n    # remainder omitted\n")]),
        Example::new(&[("a.rs", "fn f() {\n    g();\n    // existing logic continues here\n}\n")]),
        Example::new(&[("a.ts", "function f() {\n  // ... rest of the code remains unchanged\n}\n")]),
        Example::new(&[("a.py", "def f():\n    # ... existing code ...\n    return 1\n")]),
        Example::new(&[("a.rs", "fn f() {\n    // (previous implementation here)\n}\n")]),
        Example::new(&[("a.go", "package a\n\nfunc F() {\n\t// same as before\n}\n")]),
        Example::new(&[("a.js", "/* remaining methods stay the same */\n")]),
        Example::new(&[("a.js", "function f() {\n  // ...\n}\n")]),
    ],
    check: Check::File(check),
};

/// Comments of which the whole text says that something is unchanged: a sentence that continues with another subject is
/// prose.
static WORDING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let thing = r"(?:code|codes|implementation|implementations|logic|function|functions|method|methods|file|class|classes|content|contents|imports?|tests?|cases?|handlers?|routes?|fields?|properties|body|stuff|part|parts|section|sections|component|definitions?|items?|entries|lines|code here|handling|setup|helpers?|types?|exports?|declarations?)";
    let which = r"(?:the |your |all |of |my |our |other |this |that |same |original |existing |previous |remaining |above |current |rest |unchanged |old |and |any )*";
    let stays = r"(?:(?:is |are |remains? |stays? |kept |keep |continues? |goes |left |as |exactly |the |just |same |unchanged|same|as before|as is|as-is|here|above|below|omitted|elided|unmodified|untouched|follows?|continues?|intact|for brevity|truncated|not shown|skipped|left out|like before|as it is|as they are|as it was|as they were|is|as in the original|identical|go here|goes here|original|existing|previous|before|it was|was)[ ,;]*)+";
    Regex::new(&format!(
        r"(?ix)^(?:
            \W*(?:the\s|and\s)?rest\s(?:of\s)?{which}{thing}?(?:\s{thing})?\W*(?:{stays})?
          | \W*{which}?(?:existing|remaining|previous|original|other|unchanged|rest\sof|same)\s{which}{thing}\s*(?:{thing})?\W*(?:{stays})?
          | \W*(?:code|implementation|logic)\s(?:omitted|elided|unchanged|truncated|goes\shere|here|not\sshown)\W*(?:{stays})?
          | \W*(?:same\sas\s(?:before|above|the\soriginal|in\sthe\soriginal)|unchanged|no\schanges?(?:\shere|\sneeded)?|omitted(?:\sfor\sbrevity)?|snip(?:ped)?|(?:the\s)?remainder(?:\sof\s{which}{thing}?)?\W*{stays}|same\sas\s(?:earlier|previously)|truncated(?:\sfor\sbrevity)?|as\sbefore|(?:keep|leave)\s(?:the\s|all\s)?(?:rest|existing|other|remaining|everything|everything\selse)(?:\s{which}{thing}?)?\W*(?:it\s|they\s)?(?:{stays})?)
          | \W*(?:everything|all)\selse\W*{stays}
          | \W*(?:insert|add|put|place)\s(?:your|the|existing|remaining|original)\s{which}{thing}\s(?:here|below)
          | \W*(?:your|actual|real)\s{which}{thing}\s(?:here|goes\shere)
        )\W*$",
        which = which.replace(' ', r"\s"),
        thing = thing.replace(' ', r"\s"),
        stays = stays.replace("[ ,;]", r"[\s,;]").replace(' ', r"\s"),
    ))
    .ok()
});

fn check(file: &File, found: &mut Found) {
    for (index, node) in file.flat().iter() {
        if !matches!(node.kind, "comment" | "line_comment" | "block_comment") {
            continue;
        }
        let text = file.text_of(index);
        // Documentation shows parts of code and may say so
        if ["///", "//!", "/**", "/*!"].iter().any(|start| text.starts_with(start)) {
            continue;
        }
        for (offset, line) in lines(text) {
            let said = strip(line);
            let start = node.start + offset;
            let message = || format!("`{}` stands for code that is not there", line.trim());
            let elided = is_elision(said) || is_elision(first_of(said));
            let of_the_code = says_what_stays(said) && !stands_alone(file, start);
            if elided && (of_the_code || goes_on(file, start, said) || is_specimen(&file.path)) {
                found.maybe(file, start, start + line.len(), message());
            } else if elided || ends_a_list(said) && stands_alone(file, start) {
                found.at(file, start, start + line.len(), message());
            } else if is_dots(said) {
                // Dots among comment lines are prose
                if stands_alone(file, start) && !is_among_comments(file, start) {
                    found.at(file, start, start + line.len(), message());
                } else {
                    found.maybe(file, start, start + line.len(), message());
                }
            }
        }
    }
}

/// Words that often describe the code beside them instead of omitted code: `push(option); // no changes needed`.
fn says_what_stays(said: &str) -> bool {
    let plain = said.trim_end_matches(['.', '!']).to_lowercase();
    matches!(
        plain.as_str(),
        "unchanged"
            | "no change"
            | "no changes"
            | "no change needed"
            | "no changes needed"
            | "no change here"
            | "no changes here"
            | "same as before"
            | "same as above"
            | "as before"
    )
}

/// Lines of a comment with their offsets, because each may replace code.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end())
    })
}

fn strip(comment: &str) -> &str {
    comment
        .trim()
        .trim_start_matches("/*")
        .trim_end_matches("*/")
        .trim_start_matches(['/', '#', '*', ' ', '\t'])
        .trim()
}

/// The text before another comment on the same line, which belonged to the omitted code.
fn first_of(said: &str) -> &str {
    let other = [" // ", " /* ", "  # "].iter().filter_map(|start| said.find(start)).min();
    other.and_then(|at| said.get(..at)).unwrap_or(said).trim_end()
}

fn is_dots(said: &str) -> bool {
    matches!(said, "..." | "…" | ". . ." | "[...]" | "(...)" | "[…]")
}

/// Words with which an author ends a list; they may also end a sentence of several lines.
fn ends_a_list(said: &str) -> bool {
    let plain: String =
        said.chars().filter(|c| c.is_alphabetic() || *c == ' ').collect::<String>().to_lowercase();
    matches!(
        plain.trim(),
        "etc"
            | "and so on"
            | "and so forth"
            | "as above"
            | "as in the original"
            | "the remainder"
            | "remainder"
            | "and others"
    )
}

/// Whether the text ends a sentence that began in a comment on the line above: a note about omitted code does not begin
/// in the middle of a sentence.
fn goes_on(file: &File, start: usize, said: &str) -> bool {
    let row = file.row(start);
    let Some(above) = row.checked_sub(1).map(|above| file.line(above).trim()) else { return false };
    let comment = |line: &str| line.starts_with(['/', '#', '*']);
    let unfinished = !above.ends_with(['.', '!', '?', ':', ';']) && strip(above).len() > 3;
    comment(file.line(row).trim_start())
        && comment(above)
        && unfinished
        && !is_dots(strip(above))
        && said.ends_with('.')
}

/// Whether the line contains nothing else, and the line before is not a comment that it may continue.
fn stands_alone(file: &File, start: usize) -> bool {
    let row = file.row(start);
    let comment = |line: &str| line.trim_start().starts_with(['/', '#', '*']);
    let goes_on = |line: &str| comment(line) && line.contains(',');
    comment(file.line(row)) && !row.checked_sub(1).is_some_and(|above| goes_on(file.line(above)))
}

/// Whether the line before or after it is a comment as well.
fn is_among_comments(file: &File, start: usize) -> bool {
    let row = file.row(start);
    let comment = |row: usize| file.line(row).trim_start().starts_with(['/', '#', '*']);
    comment(row + 1) || row.checked_sub(1).is_some_and(comment)
}

fn is_elision(said: &str) -> bool {
    if said.len() > 120 || said.is_empty() {
        return false;
    }
    // Every wording contains one of these; most comments contain none, and the search for wordings is slow
    const WORDS: [&str; 19] = [
        "rest",
        "existing",
        "remain",
        "previous",
        "original",
        "other",
        "unchanged",
        "same",
        "omitted",
        "elided",
        "truncated",
        "here",
        "shown",
        "change",
        "snip",
        "before",
        "keep",
        "leave",
        "else",
    ];
    let lower = said.to_lowercase();
    if !WORDS.iter().any(|word| lower.contains(word)) && !lower.ends_with("below") {
        return false;
    }
    // The rest of the line was code, and is part of the comment now
    let before_code = said
        .find(['[', '=', ';', '{', '('])
        .filter(|_| said.ends_with([';', '{', '}', ')']))
        .and_then(|at| said.get(..at)?.trim_end().rsplit_once(' '))
        .map(|(words, _)| words)
        .filter(|words| words.contains(' '));
    WORDING.as_ref().is_some_and(|wording| {
        wording.is_match(said) || before_code.is_some_and(|words| wording.is_match(words))
    })
}
