//! Files that a test command leaves out of what it compiles, because nothing in the command asks for them: modules of Rust
//! behind a feature that is off, files of Go behind a build tag. Only plain conditions are read; any other counts as met.

use super::Written;
use crate::discover::source::{Source, join};

/// How many modules above a file are looked at.
const MAX_DEPTH: usize = 16;
/// The most features that are followed from one.
const MAX_FEATURES: usize = 500;
/// Tags that Go sets itself, beside systems and processors: code for another one is not left out by the project.
const TAGS: [&str; 2] = ["cgo", "race"];

/// `folder` is that of the file's own manifest, `words` are those of the command.
pub(super) fn is_left_out(
    source: &Source,
    folder: &str,
    path: &str,
    written: Written,
    words: &[&str],
) -> bool {
    match written {
        Written::Rust => behind_feature(source, folder, path)
            .is_some_and(|feature| !is_on(source, folder, &feature, words)),
        Written::Go => {
            source.read("", path).as_deref().and_then(tag_of).is_some_and(|tag| !asks_for(words, &tag))
        }
        _ => false,
    }
}

/// Whether the command names a feature or a tag.
fn asks_for(words: &[&str], name: &str) -> bool {
    let named = |word: &&str| word.split([',', ' ', '=', '/']).any(|part| part == name);
    words.iter().any(|word| named(word) || *word == "--all-features")
}

/// The feature without which a file of Rust is not compiled.
fn behind_feature(source: &Source, folder: &str, path: &str) -> Option<String> {
    let mut file = path.to_owned();
    for _ in 0..MAX_DEPTH {
        let (above, name) = file.rsplit_once('/')?;
        // `a/mod.rs` is the module `a` of the folder above
        let (above, module) = match name.strip_suffix(".rs")? {
            "mod" => above.rsplit_once('/')?,
            "lib" | "main" => return None,
            stem => (above, stem),
        };
        let beside = ["mod.rs", "lib.rs", "main.rs"].map(|name| join(above, name));
        let declared = |parent: String| {
            let text = source.read("", &parent)?;
            declaration(&text, module).map(|feature| (parent, feature))
        };
        let mut parents = beside.into_iter().chain([format!("{above}.rs")]);
        let (parent, feature) = parents.find_map(declared)?;
        if feature.is_some() {
            return feature;
        }
        if !super::is_inside(&parent, folder) {
            return None;
        }
        file = parent;
    }
    None
}

/// The line that declares a module, with the feature of its condition; `None` if there is no such line.
fn declaration(text: &str, module: &str) -> Option<Option<String>> {
    let mut feature = None;
    for line in text.lines().map(str::trim) {
        if let Some(condition) = line.strip_prefix("#[cfg(feature") {
            let named = condition.trim_start_matches([' ', '=']).strip_prefix('"');
            feature = named.and_then(|rest| rest.strip_suffix("\")]")).map(str::to_owned);
            continue;
        }
        if line.is_empty() || line.starts_with("//") || line.starts_with("#[") {
            continue;
        }
        let words: Vec<&str> = line.trim_end_matches(';').split_whitespace().collect();
        if line.ends_with(';') && words.ends_with(&["mod", module]) {
            return Some(feature);
        }
        feature = None;
    }
    None
}

/// Whether a command compiles a package with a feature. A feature that another manifest may ask for counts as on.
fn is_on(source: &Source, folder: &str, feature: &str, words: &[&str]) -> bool {
    if asks_for(words, feature) {
        return true;
    }
    let manifest = join(folder, "Cargo.toml");
    let quoted = format!("\"{feature}\"");
    let mut others = source.below("").filter(|path| path.ends_with("Cargo.toml") && **path != manifest);
    if others.any(|other| source.read("", other).is_some_and(|text| text.contains(&quoted))) {
        return true;
    }
    let Some(table) = super::table(source, folder) else { return true };
    let features = table.get("features").and_then(toml::Value::as_table);
    if !features.is_some_and(|features| features.contains_key(feature)) {
        // An optional package, or a feature that is not declared
        return true;
    }
    // A package may ask for features of itself in its tests
    let own = table.get("dev-dependencies").is_some_and(|all| all.to_string().contains(&quoted));
    if own {
        return true;
    }
    if words.contains(&"--no-default-features") {
        return false;
    }
    let (mut open, mut seen) = (vec!["default"], Vec::new());
    while let Some(name) = open.pop() {
        if seen.contains(&name) || seen.len() >= MAX_FEATURES {
            continue;
        }
        seen.push(name);
        let asked = features.and_then(|all| all.get(name)).and_then(toml::Value::as_array);
        open.extend(asked.into_iter().flatten().filter_map(toml::Value::as_str));
    }
    seen.contains(&feature)
}

/// The tag of the project's own without which Go does not compile a file.
fn tag_of(text: &str) -> Option<String> {
    let mut head = text.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with("//"));
    let tag = head.find_map(|line| line.strip_prefix("//go:build "))?.trim();
    let plain = !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (plain && !TAGS.contains(&tag) && !shared::GO_PLATFORMS.contains(&tag) && !tag.starts_with("go1"))
        .then(|| tag.to_owned())
}
