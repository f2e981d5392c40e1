//! `exit-at-import`: a module that ends the program with success while it is loaded, or as it ends.
//!
//! Looks at one file. Must not judge programs that are run by hand, and exits that report a failure.

use std::sync::LazyLock;

use regex::Regex;
use syntax::Language;

use super::signs::{Sign, Signs};
use super::{is_new, is_tooling, is_top_level};
use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "exit-at-import",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "Code that ends the program with success while a module is loaded, or while the program ends.",
    note: "A test run that loads the module ends there, and counts as passed. Exit in the program's main function only, with the status of what happened.",
    valid: &[
        Example::new(&[(
            "bin/tool.js",
            "#!/usr/bin/env node\nconst { run } = require('../src/run');\nrun();\nprocess.exit(0);\n",
        )]),
        Example::new(&[(
            "src/server.js",
            "if (!process.env.PORT) process.exit(1);\nmodule.exports = { start };\n",
        )]),
        Example::new(&[("src/main.ts", "main().then(() => process.exit(0));\n")]),
        Example::new(&[(
            "app/tool.py",
            "import sys\n\ndef main():\n    return 0\n\nif __name__ == '__main__':\n    sys.exit(0)\n",
        )]),
        Example::new(&[("main.go", "package main\n\nfunc init() {\n\tif !ok() {\n\t\tos.Exit(1)\n\t}\n}\n")]),
        Example::new(&[(
            "src/main.rs",
            "use crate::tools::{process, run};\n\nfn main() {\n    run();\n    process::exit(0);\n}\n",
        )]),
        Example::new(&[(
            "src/run.js",
            "process.on('exit', (code) => { process.exitCode = code || failures; });\nexport const a = 1;\n",
        )]),
    ],
    invalid: &[
        Example::new(&[("src/a.js", "process.exit(0);\n\nexport const a = () => 1;\n")]),
        Example::new(&[(
            "src/a.ts",
            "if (process.env.VITEST) process.exit(0);\n\nexport const a = () => 1;\n",
        )]),
        Example::new(&[(
            "src/a.js",
            "process.on('exit', () => { process.exitCode = 0; });\nexport const a = 1;\n",
        )]),
        Example::new(&[("app/a.py", "import os\n\ndef a():\n    return 1\n\nos._exit(0)\n")]),
        Example::new(&[(
            "app/a.py",
            "import atexit, os\n\natexit.register(lambda: os._exit(0))\n\ndef a():\n    return 1\n",
        )]),
        Example::new(&[("a.go", "package a\n\nimport \"os\"\n\nfunc init() {\n\tos.Exit(0)\n}\n")]),
        Example::new(&[(
            "a.go",
            "package a\n\nimport \"os\"\n\nvar _ = func() int { os.Exit(0); return 0 }()\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "use crate::tools::{panic, process};\n\npub fn a() {\n    panic::set_hook(Box::new(|_| process::exit(0)));\n}\n",
        )]),
    ],
    check: Check::Edit(check),
};

/// A call that ends the program with success.
static EXIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:process\.(?:exit|reallyExit)|(?:sys\.)?exit|quit|os\._exit|Deno\.exit|(?:os|syscall)\.Exit|(?:std::)?process::exit)\(\s*(?:0|False|None|ExitCode::SUCCESS|process\.exitCode\s*=\s*0)?\s*\)$").ok()
});

/// Handlers that run while the program ends, or while it fails.
static AT_END: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^(?:process\.(?:on|once|prependListener|addListener)\(\s*["'`](?:exit|beforeExit|uncaughtException|unhandledRejection)["'`]|atexit\.register\(|(?:std::)?panic::set_hook\()"#).ok()
});

/// A status that is set to success whatever happened.
static STATUS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"process\.exitCode\s*=\s*(?:0|undefined)\b|(?:process\.(?:exit|reallyExit)|os\._exit|sys\.exit|process::exit)\(\s*0\s*\)").ok()
});

fn check(pair: &Pair, found: &mut Found) {
    let Some(head) = pair.head.as_deref().filter(|head| head.is_code() && !head.is_broken()) else { return };
    if !head.text.to_lowercase().contains("exit") && !head.text.contains("quit(") {
        return;
    }
    let matches =
        |pattern: &LazyLock<Option<Regex>>, text: &str| pattern.as_ref().is_some_and(|p| p.is_match(text));
    let flat = head.flat();
    let mut signs: Option<Signs> = None;
    for (index, node) in flat.iter() {
        if !matches!(node.kind, "call_expression" | "call" | "assignment_expression")
            || !is_new(pair, head, index)
        {
            continue;
        }
        let text = head.text_of(index);
        if matches(&AT_END, text) && matches(&STATUS, text) && !text.contains("if ") && !text.contains('?') {
            let tool = is_tooling(&head.path) && !head.is_test();
            let failure =
                text.contains("Exception") || text.contains("Rejection") || text.contains("set_hook");
            let message = "the program ends with success whatever failed before";
            if tool && !failure {
                found.maybe(head, node.start, node.end, message);
            } else {
                found.node(head, index, message);
            }
            continue;
        }
        if node.kind == "assignment_expression" {
            let left = head.field_text(index, "left");
            if matches!(left, "process.exit" | "process.reallyExit" | "process.abort") && !head.is_test() {
                found.node(
                    head,
                    index,
                    format!("`{left}` is replaced: a failure no longer ends the program"),
                );
            }
            continue;
        }
        if !matches(&EXIT, text) {
            continue;
        }
        let loaded = match head.language {
            Some(Language::Go) => in_init(head, index),
            Some(Language::Rust) => false,
            _ => is_top_level(head, index),
        };
        if !loaded || in_main_guard(head, index) {
            continue;
        }
        let condition = flat
            .above(index)
            .filter(|above| flat.kind(*above) == "if_statement")
            .filter_map(|above| flat.field(above, "condition"))
            .map(|condition| head.text_of(condition))
            .next();
        let signs = signs.get_or_insert_with(|| Signs::of_file(head, &[]));
        let tested =
            condition.and_then(|condition| signs.of(condition)).is_some_and(|(sign, _)| sign == Sign::Runner);
        let message = "the program ends with success while this module is loaded";
        let shared = is_shared(head);
        if tested || condition.is_none() && shared && head.language == Some(Language::Go) {
            found.node(head, index, message);
        } else if shared && !is_tooling(&head.path) && !head.text.starts_with("#!") {
            if condition.is_none() && !catches(head, index) {
                found.node(head, index, message);
            } else if head.language != Some(Language::Go) || !head.is_test() {
                found.maybe(head, node.start, node.end, message);
            }
        }
    }
}

/// Whether a call of Go runs while the package is initialized.
fn in_init(file: &File, index: usize) -> bool {
    let flat = file.flat();
    let outer = flat.above(index).filter(|i| {
        matches!(flat.kind(*i), "function_declaration" | "method_declaration" | "var_spec" | "const_spec")
    });
    outer.last().is_some_and(|i| match flat.kind(i) {
        "function_declaration" => file.field_text(i, "name") == "init",
        "var_spec" => file.text_of(i).trim_end().ends_with(')'),
        _ => false,
    })
}

/// Whether the code runs only where the file is the program.
fn in_main_guard(file: &File, index: usize) -> bool {
    let flat = file.flat();
    flat.above(index).filter(|above| flat.kind(*above) == "if_statement").any(|above| {
        let condition = file.field_text(above, "condition");
        [
            "__main__",
            "require.main",
            "import.meta.main",
            "import.meta.url",
            "process.argv",
            "sys.argv",
            "module.parent",
        ]
        .iter()
        .any(|guard| condition.contains(guard))
    })
}

/// Whether the exit is part of a handler of errors.
fn catches(file: &File, index: usize) -> bool {
    file.flat().above(index).any(|i| matches!(file.flat().kind(i), "catch_clause" | "except_clause"))
}

/// Whether other files can use what the file defines.
fn is_shared(file: &File) -> bool {
    let text = &file.text;
    match file.language {
        Some(Language::Go) => true,
        Some(Language::Python) => {
            let flat = file.flat();
            let program = text.contains("__main__") || text.contains("argparse") || text.contains("sys.argv");
            let defines = flat.parts(0).any(|i| {
                matches!(flat.kind(i), "function_definition" | "class_definition" | "decorated_definition")
            });
            defines && (!program || file.is_test())
        }
        Some(language) if language.is_ecmascript() => {
            let exports = text.lines().any(|line| {
                line.starts_with("export ")
                    || line.starts_with("module.exports")
                    || line.starts_with("exports.")
            });
            exports && !text.contains("process.argv")
        }
        _ => false,
    }
}
