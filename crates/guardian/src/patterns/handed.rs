//! Where a command or code is built from what comes from outside: a parameter of the function around it, or a request.
//!
//! Scripts and tools build commands from what they know; only what stands here is proof. It judges one call.

use crate::code::file::File;

/// Names of parameters that are a command themselves: a function that runs what it is given.
const COMMANDS: &[&str] = &[
    "cmd",
    "command",
    "commands",
    "script",
    "code",
    "source",
    "src",
    "line",
    "shell",
    "expression",
    "expr",
    "program",
    "args",
    "argv",
    "self",
    "cls",
    "this",
];
/// Parts of paths where commands are the work.
const TOOLS: &[&str] = &[
    "script",
    "tool",
    "build",
    "bin",
    "ci",
    "cli",
    "bench",
    "dev",
    "setup",
    "tasks",
    "release",
    "e2e",
    "example",
    "hack",
    "deploy",
    "infra",
    "docs",
    "fixture",
    "makefile",
    "gulp",
    "grunt",
    "cmd",
    "installer",
    "sandbox",
    "plugin",
];

/// Whether the call at a byte takes in a parameter of its function, or a part of a request.
pub(super) fn is_from_outside(file: &File, start: usize) -> bool {
    let path = file.path.to_lowercase();
    let of_tools = path.split(|c: char| !c.is_alphanumeric()).any(|part| {
        TOOLS.iter().any(|tool| part.strip_prefix(tool).is_some_and(|rest| matches!(rest, "" | "s")))
    });
    if of_tools || file.is_test() || crate::project::is_specimen(&file.path) {
        return false;
    }
    let flat = file.flat();
    let call = flat.iter().find(|(_, node)| {
        node.start == start && matches!(node.kind, "call" | "call_expression" | "new_expression")
    });
    let Some((call, _)) = call else { return false };
    let Some(arguments) = flat.field(call, "arguments") else { return false };
    let text = file.text_of(arguments);
    if [
        "req.query",
        "req.body",
        "req.params",
        "request.args",
        "request.form",
        "request.GET",
        "request.POST",
        "request.json",
        "request.data",
        "request.query",
        "r.URL.",
        "r.FormValue",
    ]
    .iter()
    .any(|part| text.contains(part))
    {
        return true;
    }
    let mut given: Vec<&str> = Vec::new();
    for function in flat.above(call) {
        let list = ["parameters", "parameter"].iter().find_map(|field| flat.field(function, field));
        let Some(list) = list.filter(|_| flat.kind(function) != "class_definition") else { continue };
        given.extend(std::iter::once(list).chain(flat.below(list)).filter_map(|i| {
            let node = flat.node(i);
            (node.kind == "identifier" && !matches!(node.field, "type" | "value")).then(|| file.text_of(i))
        }));
    }
    flat.below(arguments).any(|i| {
        let name = file.text_of(i);
        flat.kind(i) == "identifier"
            && given.contains(&name)
            && !COMMANDS.contains(&name)
            && is_built_in(file, i)
    })
}

/// Whether a name is put into a text, and is no argument of another call.
fn is_built_in(file: &File, index: usize) -> bool {
    let flat = file.flat();
    let above = flat.above(index).find(|i| {
        matches!(
            flat.kind(*i),
            "template_substitution"
                | "interpolation"
                | "binary_expression"
                | "binary_operator"
                | "call"
                | "call_expression"
                | "arguments"
                | "argument_list"
        )
    });
    above.is_some_and(|i| match flat.kind(i) {
        "argument_list" | "arguments" => {
            let call = flat.node(i).parent;
            let callee = file.field_text(call, "function");
            callee.ends_with(".Sprintf") || callee.ends_with(".format") || callee == "eval"
        }
        kind => kind != "call" && kind != "call_expression",
    })
}
