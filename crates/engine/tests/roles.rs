//! `mission::Role` is the table of roles. Places that cannot read it (the plugin's agents, the prompts, the
//! configuration) are compared with it here, so that the tests name every place that a new role still needs.

use std::path::{Path, PathBuf};

use mission::Role;
use mission::mailbox::TOOLS;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// The words in quotes of the text between `from` and `to`.
fn quoted(text: &str, from: &str, to: &str) -> Vec<String> {
    let inside =
        text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map_or("", |(inside, _)| inside);
    inside.split('"').skip(1).step_by(2).map(str::to_string).collect()
}

#[test]
fn the_plugin_knows_the_roles() {
    let names = quoted(&read("plugin/names.js"), "ROLES = ", ")");
    assert_eq!(names, Role::ALL.map(Role::name), "plugin/names.js: ROLES");
}

#[test]
fn the_plugin_gives_each_role_its_tools() {
    let text = read("plugin/roles.js");
    let (reading, writing) = (quoted(&text, "const READ = [", "]"), quoted(&text, "const WRITE = [", "]"));
    let both: Vec<String> = reading.iter().chain(&writing).cloned().collect();
    let table = text
        .split_once("const TOOLS = {")
        .and_then(|(_, rest)| rest.split_once("\n}"))
        .map_or("", |(t, _)| t);
    for role in Role::ALL {
        let row =
            table.lines().find_map(|line| line.trim().strip_prefix(&format!("{role}: "))).unwrap_or_default();
        let given = match row.trim_end_matches(',') {
            "READ" => reading.clone(),
            "[...READ, ...WRITE]" => both.clone(),
            "[]" => Vec::new(),
            other => panic!("plugin/roles.js: TOOLS has `{other}` for the {role}"),
        };
        assert_eq!(given, role.row().host_tools, "plugin/roles.js: TOOLS of the {role}");
    }
}

/// The keys that the schema has for a role, sorted.
fn keys(schema: &serde_json::Value, role: Role) -> Vec<String> {
    let resolved = |node: &serde_json::Value| {
        let name = node.get("$ref").or_else(|| node.pointer("/allOf/0/$ref")).and_then(|to| to.as_str());
        name.and_then(|to| schema.pointer(to.trim_start_matches('#'))).unwrap_or(node).clone()
    };
    let roles = resolved(&schema["properties"]["roles"]);
    let settings = resolved(&roles["properties"][role.name()]);
    let properties = settings["properties"].as_object();
    let mut keys: Vec<String> = properties.into_iter().flat_map(|map| map.keys().cloned()).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn each_role_has_a_prompt_a_mailbox_and_settings() {
    let schema = serde_json::from_str(&engine::config::schema()).expect("the schema is JSON");
    for role in Role::ALL {
        let row = role.row();
        assert_eq!(
            row.prompt,
            format!("prompts/{role}.md"),
            "plugin/config.js reads the prompt by the role's name"
        );
        assert!(read(row.prompt).contains(row.mailbox), "{} must name `{}`", row.prompt, row.mailbox);
        for tool in row.tools.iter().chain([&row.mailbox]) {
            assert!(
                TOOLS.iter().any(|known| known.name == *tool),
                "mission::mailbox::TOOLS lacks `{tool}` of the {role}"
            );
        }
        let mut wanted = row.settings.to_vec();
        wanted.sort_unstable();
        let section = format!("crates/engine/src/config/sections/roles.rs: the settings of `[roles.{role}]`");
        assert_eq!(keys(&schema, role), wanted, "{section}");
    }
}
