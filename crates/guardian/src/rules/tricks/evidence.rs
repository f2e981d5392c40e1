//! The rows of `rules/evidence/` for the rules of this folder.

use crate::rules::evidence::row::Group::{EcmaScript, Go, Rust};
use crate::rules::evidence::row::{Evidence, row};

pub(crate) static ROWS: &[Evidence] = &[
    row(
        "result-under-test",
        "A condition that asks for a sign of a test run, what both sides give, and what the tests expect.",
        "An error where a test expects the value that only a test run gets; or where only a runner sets the sign and the value ignores the arguments. Warns of other values; says nothing of sides that skip work, of names and values of resources, of configuration, and, for CI and `NODE_ENV`, of tools.",
        &[],
        &[],
    ),
    row(
        "patched-assertion",
        "The library that the name is bound to, and the function that replaces one of its own.",
        "Says nothing of new names beside those of the library, of another function of such a library, and of spies that pass calls on; warns where the replacement may still fail.",
        &[],
        &[(Go, "no package of Go can replace what another one exports")],
    ),
    row(
        "always-equal",
        "Every way out of the comparison, and what the type holds.",
        "Says nothing in tests, of stand-ins for any value, and of types that hold nothing; warns of types of Rust that are new, and of those that are defined elsewhere.",
        &[],
        &[],
    ),
    row(
        "exit-at-import",
        "An exit with success that runs while the module is loaded, and that other files can load it.",
        "Says nothing of scripts, of programs behind a guard, and of statuses that report a failure; warns of exits under a condition.",
        &[],
        &[],
    ),
    row(
        "forged-verdict",
        "What a test prints, what `TestMain` ends with, and the hook that writes a report.",
        "Says nothing of such texts that are compared or written to a buffer; warns of `TestMain` that ends early under a condition of the program, and of plugins without hooks.",
        &[],
        &[
            (EcmaScript, "runners of JavaScript are asked for their reports by name"),
            (Rust, "results are read from the program that cargo starts, test by test"),
        ],
    ),
];
