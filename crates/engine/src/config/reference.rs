//! Keeps `docs/CONFIGURATION.md` equal to the schema: this file generates the text between its markers.
//! `UPDATE_EXPECT=1` writes it again. Tests only. It describes no key itself: the meanings come from the
//! schema, the order of keys from `example.toml`.

use std::fmt::Write;

use serde_json::Value as Json;

use super::describe::{describe, properties, resolve};
use super::layer::{Layer, Node, Value};
use super::problem::Source;

const EXAMPLE: &str = include_str!("example.toml");

#[test]
fn the_manual_names_every_key() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/CONFIGURATION.md");
    let manual = std::fs::read_to_string(path).unwrap();
    let manual = put_between(&manual, "example", &format!("```toml\n{EXAMPLE}```\n"));
    let manual = put_between(&manual, "keys", &reference());
    expect_test::expect_file![path].assert_eq(&manual);
}

#[test]
fn the_example_has_every_key() {
    let (schema, example) = (&*super::schema::TREE, example());
    let mut missing = Vec::new();
    for group in groups(schema) {
        let of_group = |section: &&String| find(&example, section).is_some();
        let Some(section) = group.sections.iter().find(of_group) else {
            missing.push(group.sections.join(", "));
            continue;
        };
        let keys = properties(group.schema).map(|(key, _)| key);
        let shown = find(&example, section).unwrap();
        missing.extend(keys.filter(|key| shown.get(key).is_none()).map(|key| format!("{section}.{key}")));
    }
    // The example shows one role for all
    missing.retain(|section| !(section.starts_with("roles.") && section.contains(", ")));
    assert_eq!(missing, Vec::<String>::new());
}

fn put_between(manual: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let (before, rest) = manual.split_once(&begin).unwrap_or_else(|| panic!("the manual has no `{begin}`"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("the manual has no `{end}`"));
    format!("{before}{begin}{text}{end}{after}")
}

/// Sections that have the same keys.
struct Group<'a> {
    sections: Vec<String>,
    schema: &'a Json,
}

/// A table for each group of sections, in the order of the example.
fn reference() -> String {
    let (schema, example) = (&*super::schema::TREE, example());
    let mut text = String::new();
    for group in groups(schema) {
        let headings: Vec<_> = group.sections.iter().map(|section| heading(schema, section)).collect();
        writeln!(text, "\n### {}\n", headings.join(" ")).unwrap();
        text.push_str("| key | value | default | a repository may | |\n|---|---|---|---|---|\n");
        let places = group.sections.iter().find_map(|section| find(&example, section));
        let mut keys: Vec<_> = properties(group.schema).filter(|(_, key)| !is_section(schema, key)).collect();
        // Roles share their keys, and the example shows one role for all.
        let anywhere = |key: &str| EXAMPLE.find(&format!("\n{key} =")).unwrap_or(usize::MAX);
        keys.sort_by_key(|(key, _)| {
            places.and_then(|node| node.get(key)).map_or_else(|| anywhere(key), |node| node.at)
        });
        for (key, of) in keys {
            let required = group.schema["required"].as_array().is_some_and(|keys| keys.contains(&key.into()));
            let unset = if required { "required" } else { "" };
            let default = of.get("default").map_or(unset.to_owned(), |default| format!("`{default}`"));
            let value = describe(schema, of);
            let (may, means) = (tightens(of), meaning(schema, of));
            writeln!(text, "| `{key}` | {value} | {default} | {may} | {means} |").unwrap();
        }
    }
    text.push('\n');
    text
}

/// What a repository's own settings may do with a key before the user trusts them.
fn tightens(of: &Json) -> String {
    match (of["x-tightens"].as_str(), of["x-tightens"].as_array()) {
        (Some("lower"), _) => "lower it".to_owned(),
        (Some("higher"), _) => "raise it".to_owned(),
        (Some("fewer"), _) => "take items out".to_owned(),
        (Some("more"), _) => "add items".to_owned(),
        (_, Some(words)) => {
            let words: Vec<_> =
                words.iter().filter_map(Json::as_str).map(|word| format!("`{word}`")).collect();
            format!("move left: {}", words.join(", "))
        }
        _ => "nothing".to_owned(),
    }
}

/// The text of a key, and of each word that it may be set to.
fn meaning(schema: &Json, of: &Json) -> String {
    let own = of["description"].as_str().unwrap_or_default();
    let words = resolve(schema, of)["oneOf"].as_array().into_iter().flatten();
    let words = words.filter_map(|word| {
        // It continues a sentence here, and begins one in the schema.
        let mut meaning = word["description"].as_str()?.to_owned();
        meaning.get_mut(..1)?.make_ascii_lowercase();
        Some(format!("`{}`: {meaning}", word["const"].as_str()?))
    });
    let words: Vec<_> = words.collect();
    if words.is_empty() { own.to_owned() } else { format!("{own} {}.", words.join("; ")) }
}

fn heading(schema: &Json, section: &str) -> String {
    let list = section.split('.').try_fold(schema, |node, key| resolve(schema, node)["properties"].get(key));
    let list = list.is_some_and(|node| resolve(schema, node)["type"] == "array");
    if list { format!("`[[{section}]]`") } else { format!("`[{section}]`") }
}

fn groups(schema: &Json) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    collect(schema, schema, "", &mut groups);
    let example = example();
    let place = |group: &Group<'_>| {
        group.sections.iter().filter_map(|section| find(&example, section)).map(|node| node.at).min()
    };
    groups.sort_by_key(|group| {
        place(group).unwrap_or_else(|| find(&example, "roles").map_or(0, |roles| roles.at))
    });
    groups
}

fn collect<'a>(schema: &'a Json, node: &'a Json, path: &str, groups: &mut Vec<Group<'a>>) {
    for (key, of) in properties(resolve(schema, node)).filter(|(_, of)| is_section(schema, of)) {
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let table = resolve(schema, of).get("items").unwrap_or(of);
        let table = resolve(schema, table);
        let has_keys = properties(table).any(|(_, of)| !is_section(schema, of));
        match groups.iter_mut().find(|group| std::ptr::eq(group.schema, table)) {
            Some(group) => group.sections.push(path.clone()),
            None if has_keys => groups.push(Group { sections: vec![path.clone()], schema: table }),
            None => {}
        }
        collect(schema, table, &path, groups);
    }
}

/// Whether it is a table with its own keys, or a list of such tables.
fn is_section(schema: &Json, of: &Json) -> bool {
    let of = resolve(schema, of);
    let table = of.get("items").map_or(of, |items| resolve(schema, items));
    table.get("properties").is_some()
}

fn example() -> Node {
    let source = Source { name: "example.toml".to_owned(), text: EXAMPLE.to_owned() };
    Layer::from_toml(source).unwrap_or_else(|problems| panic!("{}", problems[0])).root
}

/// The table of a section; of a list, its first.
fn find<'a>(root: &'a Node, section: &str) -> Option<&'a Node> {
    section.split('.').try_fold(root, |node, key| {
        let node = node.get(key)?;
        Some(if let Value::List(items) = &node.value { items.first()? } else { node })
    })
}
