//! `docs/MESSAGES.md` lists every text that a user or a model may read, so that it can be reviewed in one place:
//! errors, answers, pauses, findings, progress and `--help`.
//!
//! The list is made from the sources: every text that reads as a sentence, and every `#[error("…")]`, in the product's
//! Rust and JavaScript. Texts only for logs, tests or developers are left out. A test fails when the page is stale.

use syntax::{Language, Source, VisitStep};

use crate::files::{File, production_code, root, texts};

const PAGE: &str = "docs/MESSAGES.md";
const RENEW: &str = "UPDATE_EXPECT=1 cargo test -p engine --test architecture messages";

/// Crates whose texts no user reads.
const OF_DEVELOPERS: [&str; 2] = ["sim", "bench"];
/// Files whose texts another page lists.
const ON_ANOTHER_PAGE: [&str; 2] =
    ["crates/guardian/src/rules/evidence/", "crates/guardian/src/rules/tricks/evidence.rs"];
/// JavaScript that users run.
const JAVASCRIPT: [&str; 4] = ["bin/", "plugin/", "index.js", "tui.js"];

/// Macros whose texts only developers read.
const UNSEEN: [&str; 9] =
    ["debug", "info", "warn", "error", "trace", "assert", "debug_assert", "debug_assert_eq", "unreachable"];

/// Words that are common in sentences and rare in commands or lists of names.
const OF_SENTENCES: &str = "a an and are as at be been but by can cannot could did do does else for from had has have here how if in \
     into is it its may more must no none not nothing of on only or so than that the their them there this to too under until was \
     were what when where which who why will with without yet you your";

#[test]
fn the_list_of_messages_is_in_step() {
    let now = page();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(root().join(PAGE), &now).expect("the page is written");
    }
    let written = std::fs::read_to_string(root().join(PAGE)).unwrap_or_default();
    let first = now.lines().zip(written.lines().chain(std::iter::repeat(""))).find(|(now, old)| now != old);
    assert!(
        now == written,
        "{PAGE} is stale, first at `{}`\nhint: {RENEW}",
        first.map_or("its end", |(now, _)| now)
    );
}

fn page() -> String {
    let mut page = format!(
        "# Messages\n\nEvery text that a user or a model may read, file by file, for review by a reader: errors, answers, pauses, \
         findings and progress. `{{…}}` stands for a value. Fix a text where it stands; this page is written by \
         `{RENEW}`.\n\nA message says what happened, where, and what to do, in the words of the [glossary](GLOSSARY.md). \
         What the Guardian's patterns say is in [rules/README.md](../rules/README.md), what roles are told first in \
         [prompts](../prompts).\n"
    );
    let rust = production_code().into_iter().filter(|file| {
        !OF_DEVELOPERS.contains(&file.krate())
            && !ON_ANOTHER_PAGE.iter().any(|place| file.path.starts_with(place))
    });
    let javascript = texts().into_iter().filter(|file| {
        file.path.ends_with(".js") && JAVASCRIPT.iter().any(|start| file.path.starts_with(start))
    });
    for file in rust.chain(javascript) {
        let messages = messages(&file);
        if !messages.is_empty() {
            page.push_str(&format!("\n## `{}`\n\n```text\n{}\n```\n", file.path, messages.join("\n")));
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
    page.push_str("\n## `--help` of the command line\n");
    runtime.block_on(help(&[], &mut page));
    page
}

/// The help of a command and of those below it, as a terminal shows it.
async fn help(command: &[String], page: &mut String) {
    let mut args = command.to_vec();
    args.push("--help".into());
    let asked = serde_json::json!({ "args": args, "cwd": "/", "env": {} });
    let answer = engine::cli::run(&asked.to_string()).await;
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("an answer is JSON");
    let text = answer["stdout"].as_str().unwrap_or_default();
    page.push_str(&format!(
        "\n### `{}`\n\n```text\n{}\n```\n",
        ["opencode-orchestrator"]
            .into_iter()
            .chain(command.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" "),
        text.trim_end()
    ));
    let commands =
        text.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = commands
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    for name in names.filter(|name| *name != "help") {
        let mut below = command.to_vec();
        below.push(name.into());
        Box::pin(help(&below, page)).await;
    }
}

/// The texts of a file for users and models, in the order of the file, each once.
fn messages(file: &File) -> Vec<String> {
    let (language, code) = match file.path.ends_with(".rs") {
        // Without its tests
        true => (Language::Rust, file.code().iter().map(|(_, line)| format!("{line}\n")).collect::<String>()),
        false => (Language::JavaScript, file.text.clone()),
    };
    let source = Source::parse(language, &code).expect("sources are short enough to be parsed");
    let mut found: Vec<String> = Vec::new();
    syntax::visit(source.root(), |node, _| {
        let text = &code[node.byte_range()];
        match node.kind() {
            "macro_invocation" => {
                let name = text.split('!').next().unwrap_or_default();
                let name = name.rsplit("::").next().unwrap_or(name);
                return if UNSEEN.contains(&name) { VisitStep::Over } else { VisitStep::Into };
            }
            // Examples of rules are code
            "call_expression" if text.starts_with("Example::") => return VisitStep::Over,
            "attribute_item" => {
                let seen = ["#[error(", "#[command(", "#[arg("].iter().any(|start| text.starts_with(start));
                return if seen { VisitStep::Into } else { VisitStep::Over };
            }
            "string_literal" | "raw_string_literal" | "string" | "template_string" => {}
            _ => return VisitStep::Into,
        }
        let message = plain(text);
        let error = node.parent().and_then(|up| up.parent()).is_some_and(|up| {
            code[up.byte_range()].starts_with("error(") || code[up.byte_range()].starts_with("#[error(")
        });
        if (error || is_sentence(&message)) && !found.contains(&message) {
            found.push(message);
        }
        VisitStep::Over
    });
    found
}

/// The text of a literal: without its quotes, on one line.
fn plain(literal: &str) -> String {
    let inside = literal.trim_start_matches(['r', '#']).trim_end_matches('#');
    let inside = inside.get(1..inside.len().saturating_sub(1)).unwrap_or_default();
    // A line that ends with `\` continues without the indent of the next one
    let mut joined = String::new();
    for line in inside.lines() {
        match joined.strip_suffix('\\') {
            Some(before) => joined = format!("{before}{}", line.trim_start()),
            None if joined.is_empty() => joined = line.to_owned(),
            None => joined = format!("{joined}\\n{}", line.trim_start()),
        }
    }
    let joined = joined.replace("\\\"", "\"").replace("\\'", "'").replace("\\`", "`");
    joined.trim_matches([' ', '\\']).trim_start_matches("n- ").to_owned()
}

/// Whether a text reads as a sentence, or a part of one: no path, command, pattern or list of names.
fn is_sentence(text: &str) -> bool {
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphabetic()))
        .filter(|word| !word.is_empty())
        .collect();
    let known = words.iter().filter(|word| OF_SENTENCES.split(' ').any(|known| known == **word)).count();
    let script = ["exec ", "$(", "; do", "done\\n", "=>", "^(", "\\b", "os.path", "process.", "function "]
        .iter()
        .any(|part| text.contains(part));
    words.len() >= 3 && known * 12 >= words.len() && !script
}

#[test]
fn sentences_are_found_and_nothing_else() {
    let of = |path: &str, text: &str| messages(&File { path: path.to_owned(), text: text.to_owned() });
    let rust = r##"
#[derive(Error)]
enum E {
    #[error("{0} broke")]
    A(String),
}
#[doc = "this is for the page"]
const LIST: &str = "alpha beta gamma delta";
fn f() -> String {
    tracing::debug!("this is for a log");
    say(&format!("`{a}` is not \"there\": \
        look {b}"));
    run("git log --format=%H");
    r#"a file that is raw"#.into()
}
#[cfg(test)]
mod tests {
    const T: &str = "this is a test";
}
"##;
    assert_eq!(of("a.rs", rust), ["{0} broke", "`{a}` is not \"there\": look {b}", "a file that is raw"]);
    let javascript = "// this is a comment\nsay(`${a} is not there`, 'what is the matter', \"use strict\")\n";
    assert_eq!(of("bin/a.js", javascript), ["${a} is not there", "what is the matter"]);
}
