//! Hooks of a runner that take every test out: of pytest, unittest, Go's `TestMain`, mocha and vitest.
//!
//! It looks at one file. A hook that asks something first is none of these.

use syntax::Language;

use crate::code::file::File;
use crate::rules::{Found, Pair};

/// Hooks of the runner that disable every test.
pub(super) fn check(pair: &Pair, head: &File, found: &mut Found) {
    let flat = head.flat();
    let name_of_file = head.path.rsplit('/').next().unwrap_or_default();
    match head.language {
        Some(Language::Python) if name_of_file == "conftest.py" || head.is_test() => {
            in_python(pair, head, found);
        }
        Some(Language::Go) if head.path.ends_with("_test.go") => {
            let main = flat.iter().find(|(i, node)| {
                node.kind == "function_declaration" && head.field_text(*i, "name") == "TestMain"
            });
            if let Some((index, node)) = main
                && !head.text_of(index).contains(".Run()")
                && head.text_of(index).contains("testing.M")
                && pair.wrote_in(node.start, node.end)
            {
                found.node(head, index, "`TestMain` runs no test");
            }
        }
        Some(language) if language.is_ecmascript() => {
            for (index, node) in flat.iter() {
                let off = match node.kind {
                    "call_expression" => {
                        let callee = head.field_text(index, "function");
                        matches!(callee, "beforeEach" | "before" | "beforeAll") && {
                            let text = head.text_of(index);
                            (text.contains("this.skip()") || text.contains(".skip()"))
                                && !text.contains("if ")
                                && !text.contains("if(")
                                && !text.contains('?')
                        }
                    }
                    "assignment_expression" => {
                        let (left, right) = (head.field_text(index, "left"), head.field_text(index, "right"));
                        matches!(
                            left,
                            "globalThis.it"
                                | "globalThis.test"
                                | "global.it"
                                | "global.test"
                                | "globalThis.describe"
                                | "global.describe"
                        ) && right.ends_with(".skip")
                    }
                    _ => false,
                };
                if off && pair.wrote_in(node.start, node.end) {
                    found.node(head, index, "every test that this reaches is skipped");
                }
            }
        }
        _ => {}
    }
}

fn in_python(pair: &Pair, head: &File, found: &mut Found) {
    let flat = head.flat();
    for (index, node) in flat.iter() {
        match node.kind {
            "function_definition" if pair.wrote_in(node.start, node.end) => {
                let name = head.field_text(index, "name");
                let Some(body) = flat.field(index, "body") else { continue };
                let text = head.text_of(body);
                let asks = flat.below(body).any(|i| {
                    matches!(
                        flat.kind(i),
                        "if_statement" | "conditional_expression" | "match_statement" | "if_clause"
                    )
                });
                let skips = match name {
                    "pytest_collection_modifyitems" => {
                        text.contains("mark.skip")
                            || text.contains("mark.xfail")
                            || text.contains("items.clear()")
                            || text.contains("items[:] = []")
                    }
                    "pytest_runtest_setup" | "pytest_runtest_call" => {
                        text.contains("pytest.skip(") || text.contains("pytest.xfail(")
                    }
                    "pytest_ignore_collect" => text.trim() == "return True",
                    "setUp" | "setUpClass" | "setup_method" | "setup_module" | "setUpModule" => {
                        [
                            "SkipTest(",
                            "self.skipTest(",
                            "pytest.skip(",
                            "raise SkipTest",
                            "raise unittest.SkipTest",
                        ]
                        .iter()
                        .any(|form| {
                            text.trim_start().starts_with(form) || text.contains(&format!("raise {form}"))
                        }) && !text.contains("except")
                    }
                    _ => false,
                };
                if skips && !asks {
                    found.node(head, index, format!("`{name}` takes every test out"));
                }
            }
            "assignment"
                if matches!(head.field_text(index, "left"), "collect_ignore" | "collect_ignore_glob")
                    && flat.node(node.parent).parent == 0
                    && pair.wrote_in(node.start, node.end) =>
            {
                let was = pair.base.as_deref().map_or("", |base| &base.text);
                let out = flat.below(index).filter(|i| flat.kind(*i) == "string").find(|i| {
                    let entry = head.text_of(*i).trim_matches(['"', '\'']);
                    shared::test_files::is_test(entry) && !was.contains(entry)
                });
                if let Some(entry) = out {
                    let text = head.text_of(entry);
                    found.node(head, index, format!("pytest does not look at {text} any more"));
                }
            }
            "call"
                if flat.kind(node.parent) == "expression_statement" && flat.node(node.parent).parent == 0 =>
            {
                let text = head.text_of(index);
                if text.starts_with("pytest.skip(")
                    && text.contains("allow_module_level=True")
                    && pair.wrote_at(node.start)
                {
                    found.node(head, index, "the whole file is skipped");
                }
            }
            _ => {}
        }
    }
}
