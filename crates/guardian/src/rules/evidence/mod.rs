//! For each rule: what proves its findings, its limits, and the languages that it does not inspect.
//!
//! An error needs proof, a suspicion is a warning. A rule that cannot see all places a name may come from reports
//! nothing, or warns. Each rule has a row here; a test compares the rows with the table of rules and with the examples.

pub(crate) mod row;

pub use row::Tool;
use row::row;
pub(crate) use row::{Evidence, Group};

const ALL_TOOLS: &[Tool] = &[Tool::TypeScript, Tool::Pyright, Tool::Mypy, Tool::Rust, Tool::Go];

/// The tools that decide what a rule reports.
pub fn decided_by(rule: &str) -> &'static [Tool] {
    of(rule).map_or(&[], |row| row.decided_by)
}

/// The row of a rule.
pub(crate) fn of(rule: &str) -> Option<&'static Evidence> {
    all().find(|row| row.rule == rule)
}

/// The rows of all rules.
fn all() -> impl Iterator<Item = &'static Evidence> {
    EVIDENCE.iter().chain(crate::rules::tricks::evidence::ROWS)
}

use Group::{EcmaScript, Go, Python, Rust};

const DATA: &[(Group, &str)] = &[
    (EcmaScript, "it reads data, not code"),
    (Python, "it reads data, not code"),
    (Rust, "it reads data, not code"),
    (Go, "it reads data, not code"),
];

pub(crate) static EVIDENCE: &[Evidence] = &[
    row(
        "syntax-error",
        "The tree has an error that no known gap of the grammar explains.",
        "A warning where the base had errors as well and the brackets of the text balance, and in files that are wrong on purpose; nothing in declaration files whose brackets balance.",
        &[],
        &[],
    )
    .decided(ALL_TOOLS),
    row(
        "conflict-marker",
        "A line that begins with the first or the last mark of a conflict and a blank.",
        "Says nothing of `=======` alone, which underlines titles, and of marks that are indented.",
        &[EcmaScript, Rust, Go],
        &[],
    ),
    row(
        "undefined-name",
        "Every line of the file, and the files that its imports and globs lead to.",
        "Says nothing where a star import, a macro, an import for its effect, a reference, `include!`, or a configuration may bring the name; warns where only a type of a library may.",
        &[],
        &[],
    )
    .decided(ALL_TOOLS),
    row(
        "elided-code",
        "A comment in the wording of those who leave code out, alone on its line.",
        "Warns where the comment ends a sentence of the line above, among other comments, and in files of others.",
        &[],
        &[],
    ),
    row(
        "unresolved-import",
        "Every path of the tree.",
        "Says nothing of modules that a build, a framework or a bundler makes, of other roots (`rootDirs`), and of assets; warns of imports that may fail.",
        &[],
        &[],
    )
    .decided(ALL_TOOLS),
    row(
        "undeclared-dependency",
        "The manifests above the file, and what the project used before.",
        "Says nothing of modules that a declared framework provides, and where a manifest cannot be read; warns of imports that may fail, of those that many files have, and where another manifest of the project declares the package.",
        &[],
        &[],
    ),
    row(
        "missing-export",
        "The module that the import leads to, read whole, and what it passes on.",
        "Says nothing of modules that export what cannot be listed: stars from packages, `module.exports = x`, `__getattr__`, derives and attribute macros that are not well known, macros among items, loaders, vendored files; warns in Rust where the crate has an item of that name elsewhere.",
        &[],
        &[],
    )
    .decided(ALL_TOOLS),
    row(
        "missing-fixture",
        "The fixtures of the file, of every `conftest.py` above it, and of well-known plugins.",
        "Says nothing where plugins or stars may bring more.",
        &[],
        &[
            (EcmaScript, "fixtures by name are pytest's"),
            (Rust, "fixtures by name are pytest's"),
            (Go, "fixtures by name are pytest's"),
        ],
    ),
    row(
        "emptied-body",
        "The body of the same function before and after.",
        "Warns where a comment retires the function, and where all that it worked on is gone from the file.",
        &[],
        &[],
    ),
    row(
        "unwritten-body",
        "A comment or a type that promises a value, and a body that gives none.",
        "Says nothing of hooks, abstract methods, empty methods of traits, and errors that say what is not supported.",
        &[],
        &[(Go, "a function of Go without a body does not compile where it promises a value")],
    ),
    row(
        "test-removed",
        "Every test of the change, before and after, by name and by content.",
        "Says nothing where what a test used is gone; warns where another test stands in its place, where no code says any more what it was about, and where the change works on code and the test is not seen to call only code that stays as it was.",
        &[],
        &[],
    ),
    row(
        "test-weakened",
        "The assertions of the same test before and after.",
        "Warns where something that may assert is called in their place, and where the change took out of the code what the assertion is about; says nothing where an assertion asked nothing before, or for the opposite.",
        &[],
        &[],
    ),
    row(
        "commented-out-code",
        "A line that was code of the base, and is a comment of the head.",
        "Says nothing of comments that only look like code.",
        &[Rust, Go],
        &[],
    ),
    row(
        "duplicate-definition",
        "Two definitions of a name in one scope.",
        "Says nothing of overloads, decorated functions, branches, and items under an attribute.",
        &[],
        &[],
    ),
    row(
        "empty-branch",
        "An `if` from which nothing follows: it is empty, or it leaves where the function ends anyway.",
        "Says nothing of tests, of an `if` with an `else`, and where a comment stands in or beside it.",
        &[],
        &[(Rust, "an arm without code is common and often right"), (Go, "vet of Go finds it")],
    ),
    row(
        "hidden-error",
        "The same place before and after: an error was told and is not any more.",
        "Says nothing where a comment gives the reason; warns where one explains a fixed value, where the caught statement calls nothing or is new beside the old one, and of new code of Go that drops an error of its own file.",
        &[],
        &[],
    ),
    row(
        "missing-value",
        "The return type that the function itself states.",
        "Says nothing of aliases and type parameters, which may allow nothing.",
        &[],
        &[(Rust, "the compiler refuses it"), (Go, "the compiler refuses it")],
    ),
    row(
        "secret-in-code",
        "The form of a key that its issuer documents.",
        "Says nothing of examples and of values that say they are none.",
        &[Rust],
        &[],
    ),
    row(
        "truncated-file",
        "The lines at the end of the base, and that nothing is in their place.",
        "Says nothing of a file that was only formatted; warns where the change took the same names out of other files, moved the tests, or rewrote the beginning as well.",
        &[Rust, Go],
        &[],
    ),
    row(
        "unreachable-code",
        "A statement that always leaves, right before in the same block.",
        "Says nothing of declarations that are known before they are reached.",
        &[],
        &[],
    ),
    row(
        "arity-mismatch",
        "The one definition that a call leads to.",
        "Says nothing of rest parameters, keywords, decorators, overloads and names that are bound twice.",
        &[],
        &[],
    )
    .decided(ALL_TOOLS),
    row(
        "unreached-module",
        "Every import and manifest of the tree that could name the file.",
        "Always a warning: tools find files by patterns that nobody can list.",
        &[],
        &[(Python, "modules are found by name at run time"), (Go, "all files of a folder are one package")],
    ),
    row(
        "hard-coded-result",
        "A constant returned for exactly the input that a test of the change uses.",
        "Says nothing where the code works on the input as well.",
        &[Go],
        &[],
    ),
    row(
        "house-style",
        "What nearly all lines of the file do.",
        "Always a warning.",
        &[],
        &[(Rust, "rustfmt decides")],
    ),
    row(
        "constant-result",
        "A new function with a comment, a name or a type that promises, and a body that uses no parameter.",
        "Says nothing of null objects, defaults of interfaces and functions that say the answer is always the same.",
        &[],
        &[],
    ),
    row(
        "pretended-work",
        "Words of the code about itself, in a function that does nothing else; a branch that worked before and only refuses now.",
        "Warns where the words may be of something else.",
        &[],
        &[],
    ),
    row(
        "broken-data",
        "The parser of the format refuses the text.",
        "Says nothing of dialects with comments; warns of JSON with comments under another name.",
        &[],
        DATA,
    ),
    row(
        "weaker-configuration",
        "The value of the same setting before and after.",
        "Says nothing of settings that it does not know.",
        &[],
        &[
            (Python, "settings of its tools lie in data files"),
            (Rust, "settings of its tools lie in data files"),
            (Go, "settings of its tools lie in data files"),
        ],
    ),
    row(
        "failure-passed-over",
        "The handler of the same place before and after.",
        "Says nothing where callers hear of the failure in another way; warns where the caught statement is new beside the old one.",
        &[],
        &[],
    ),
    row(
        "test-switched-off",
        "A test that is there before and after, and what stands before its first assertion.",
        "Warns where the condition may be one of the platform.",
        &[EcmaScript],
        &[],
    ),
    row(
        "hollow-test",
        "All that a new test calls, as far as the file shows it.",
        "Says nothing where a helper may assert.",
        &[],
        &[],
    ),
    row(
        "test-case-removed",
        "The table of the same test before and after.",
        "Says nothing where cases were renamed or moved; warns where the table lost a column, or what the cases are about is gone too.",
        &[Go],
        &[],
    ),
    row(
        "name-of-another-scope",
        "Every scope of the file.",
        "Says nothing where a star import, a macro or the global object may bring the name.",
        &[],
        &[],
    )
    .decided(ALL_TOOLS),
    row(
        "not-accepted",
        "What the language's own compiler refuses, told by the tree alone.",
        "Says nothing in files that do not parse.",
        &[],
        &[
            (Rust, "what only types decide is the compiler's"),
            (Go, "unused and repeated names are told by `undefined-name`"),
        ],
    )
    .decided(ALL_TOOLS),
    row(
        "damaged-file",
        "All lines of the file before and after.",
        "Says nothing where other lines changed as well; warns of line ends, indentation and licences.",
        &[Rust],
        &[],
    ),
    row(
        "left-over-file",
        "The new file's name, its twin beside it, and that nothing uses it.",
        "Always a warning where the file may be meant.",
        &[Rust, Go],
        &[],
    ),
    row(
        "unused-code",
        "Every word of the file, and of the package where it can be used from other files.",
        "Says nothing of imports for an effect, passed on, or named in a comment of types; a warning at most.",
        &[],
        &[],
    ),
    row(
        "commented-alternative",
        "Lines that parse as code, in a comment that the change adds.",
        "Always a warning; says nothing of examples in documentation.",
        &[Rust],
        &[],
    ),
    row(
        "sql-from-values",
        "A text that begins as SQL does, and the value that becomes part of it.",
        "Says nothing of constants, parameters and tagged templates.",
        &[],
        &[],
    ),
    row(
        "unsafe-setting",
        "The setting itself, by the name that its library documents.",
        "Says nothing of values that it cannot read; warns where the value may be safe.",
        &[],
        &[],
    ),
    row(
        "weaker-security",
        "Both sides of the change: what protected before, and what stands there now.",
        "Says nothing of new code, and of what is only renamed; warns where a guard may stand in another place.",
        &[Rust],
        &[],
    ),
    row(
        "not-compiled",
        "Every file of the package, and every scope of the function.",
        "Says nothing where files are built under conditions, where a macro may use the name, and of fields where the module asks for a newer Go than is known.",
        &[],
        &[(EcmaScript, "such code runs"), (Python, "such code runs")],
    )
    .decided(&[Tool::Rust, Tool::Go]),
    row(
        "not-awaited",
        "The one definition that a call leads to, which is asynchronous; for a method of a variable, the class that the file states for it.",
        "Says nothing where the result is kept, passed on, or dropped on purpose (`void`); warns of callbacks of `forEach`, and of a dropped result of a variable's method.",
        &[],
        &[(Rust, "the compiler warns of it"), (Go, "Go has no such functions")],
    ),
    row(
        "missing-return",
        "The type that a function states, and every way to its end.",
        "Says nothing of ends that cannot be reached, generators, and types that allow nothing.",
        &[],
        &[(Rust, "the compiler refuses it")],
    ),
    row(
        "wrong-arguments",
        "The one definition that a call leads to.",
        "Says nothing of rest parameters, decorators, overloads, and names that are bound twice.",
        &[],
        &[],
    )
    .decided(ALL_TOOLS),
    row(
        "missing-member",
        "The class or type, and all that it inherits, embeds or is extended by in the project; a class of an installed package by its file of types. Of a variable, the class that it is made of or stated to be.",
        "Says nothing where a base cannot be read, of types that answer for any name (`__getattr__`, index signatures, macros), of variables that are bound twice or narrowed, and of methods of `self` where an import or a trait of another crate may bring them.",
        &[],
        &[],
    )
    .decided(ALL_TOOLS),
    row(
        "missing-library-name",
        "The public names of the standard library's modules, in every version that the tables know.",
        "Says nothing of modules without a table, of names that something else in the file has, and where a failure is caught.",
        &[],
        &[],
    )
    .decided(ALL_TOOLS),
    row(
        "missing-package-name",
        "The installed package's own files of types, with all that they pass on.",
        "Says nothing where a package is not installed, has no types, or is declared again in the project.",
        &[],
        &[
            (Python, "what a module of an installed package has is decided while it runs"),
            (Rust, "macros and features of a crate decide what it has"),
            (Go, "packages are not installed inside the project"),
        ],
    )
    .decided(&[Tool::TypeScript]),
];

#[cfg(test)]
mod tests {
    use syntax::Language;

    use super::{Group, all, of};
    use crate::Category;
    use crate::rules::{RULES, Rule};

    fn group(path: &str) -> Option<Group> {
        Some(match Language::of_path(path)? {
            Language::TypeScript | Language::Tsx | Language::JavaScript => Group::EcmaScript,
            Language::Python => Group::Python,
            Language::Rust => Group::Rust,
            Language::Go => Group::Go,
        })
    }

    fn shows(rule: &Rule, of: Group) -> bool {
        let files = rule.invalid.iter().flat_map(|example| example.head.iter().chain(example.base));
        files.filter_map(|(path, _)| group(path)).any(|group| group == of)
    }

    #[test]
    fn every_rule_states_what_it_knows_and_its_limits() {
        for rule in RULES {
            let row = of(rule.id);
            assert!(row.is_some(), "`{}` has no row in rules/evidence/", rule.id);
            let stated = row.is_some_and(|row| row.knows.len() > 20 && row.limits.len() > 15);
            assert!(stated, "the row of `{}` states nothing", rule.id);
        }
        for row in all() {
            let count = all().filter(|other| other.rule == row.rule).count();
            assert_eq!(count, 1, "`{}` has {count} rows", row.rule);
            assert!(RULES.iter().any(|rule| rule.id == row.rule), "there is no rule `{}`", row.rule);
        }
    }

    /// A tool decides only what a compiler sees: whether a name, a member or a module exists, how many arguments a
    /// function takes, and whether the text is valid in its language.
    #[test]
    fn tools_decide_what_compilers_see_and_nothing_else() {
        let decided: Vec<&str> = all().filter(|row| !row.decided_by.is_empty()).map(|row| row.rule).collect();
        let expected = [
            "syntax-error",
            "undefined-name",
            "unresolved-import",
            "missing-export",
            "arity-mismatch",
            "name-of-another-scope",
            "not-accepted",
            "not-compiled",
            "missing-member",
            "missing-library-name",
            "wrong-arguments",
            "missing-package-name",
        ];
        let (mut decided, mut expected) = (decided, expected.to_vec());
        decided.sort_unstable();
        expected.sort_unstable();
        assert_eq!(decided, expected);
        for rule in RULES {
            // Compilers do not check tests, promises, secrets or settings
            let honest = matches!(rule.category, Category::Broken | Category::Inconsistent);
            assert!(honest || super::decided_by(rule.id).is_empty(), "`{}` is no compiler's matter", rule.id);
        }
    }

    /// Each language needs an example with a finding, the note that it works as in another language, or a reason.
    #[test]
    fn every_rule_covers_every_language_or_says_why_not() {
        for rule in RULES {
            let Some(row) = of(rule.id) else { continue };
            for group in Group::ALL {
                let ways = [
                    shows(rule, group),
                    row.alike.contains(&group),
                    row.silent.iter().any(|(silent, why)| *silent == group && why.len() > 10),
                ];
                let count = ways.iter().filter(|way| **way).count();
                let stated = count == 1 || rule.id == "weaker-configuration" || rule.id == "broken-data";
                assert!(
                    stated,
                    "`{}` and {}: an example, `alike` or `silent`, and only one of them: {ways:?}",
                    rule.id,
                    group.name()
                );
            }
        }
    }
}
