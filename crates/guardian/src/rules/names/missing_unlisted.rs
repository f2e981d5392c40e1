//! Part of `missing-export`: modules whose names cannot all be listed.
//!
//! Reports only names that the module itself defined in the base, if no text, member or star may still provide them.
//! Rust is for `missing_item`.

use syntax::{ImportKind, Language};

use super::lost::line_of;
use crate::code::file::File;
use crate::project::rust::has_word;
use crate::project::{Target, Tree, is_specimen};
use crate::rules::{Change, Found};

/// Reports names of modules with an incomplete list of names, if the module's text no longer contains the name.
pub(super) fn report(change: &Change<'_>, file: &File, found: &mut Found) {
    if is_specimen(&file.path) || file.language == Some(Language::Rust) {
        return;
    }
    for import in
        file.outline().imports.iter().filter(|i| i.kind != ImportKind::Dynamic && !i.names.is_empty())
    {
        let Target::File(path) = change.head.resolve(file, import) else { continue };
        let Some(pair) = change.pairs.iter().find(|pair| *pair.path == *path) else { continue };
        let Some((base, head)) = pair.both() else { continue };
        if change.head.exports(&path).is_some() || head.is_broken() {
            continue;
        }
        let stars = |file: &File| {
            file.outline().imports.iter().flat_map(|i| &i.names).filter(|n| n.name == "*").count()
        };
        for name in &import.names {
            let had = base.outline().symbols.iter().any(|s| s.container.is_none() && s.name == name.name);
            let quoted = is_quoted(head, &name.name);
            let bound = head.names().bound.contains(&name.name)
                || quoted
                || is_set_as_a_member(head, &name.name)
                || may_be_passed_on(&change.head, head, &name.name);
            if had && !bound && stars(head) <= stars(base) {
                let (start, end) = line_of(file, name.line);
                found.at(file, start, end, format!("`{}` has no `{}`", import.module, name.name));
            }
        }
    }
}

/// Whether a string of a file equals the name, so that code may create the name from it; lists of exports and types do
/// not count.
fn is_quoted(file: &File, name: &str) -> bool {
    let is = |text: &str| text.trim_matches(['"', '\'', '`']) == name;
    if file.language != Some(Language::Python) {
        return ['"', '\''].iter().any(|q| file.text.contains(&format!("{q}{name}{q}")));
    }
    let flat = file.flat();
    let idle = |index: usize| {
        flat.above(index).take_while(|i| flat.kind(*i) != "module").any(|i| {
            matches!(flat.kind(i), "type")
                || flat.kind(i) == "assignment" && file.field_text(i, "left") == "__all__"
        })
    };
    flat.iter().any(|(index, node)| node.kind == "string" && is(file.text_of(index)) && !idle(index))
}

/// Whether an ECMAScript file sets a member of that name: `exports.name = …`, `module.exports = { name: … }`.
fn is_set_as_a_member(file: &File, name: &str) -> bool {
    file.flat().iter().any(|(index, node)| {
        let sets = match (file.flat().kind(node.parent), node.field) {
            ("member_expression", "property") => {
                let member = file.flat().node(node.parent);
                member.field == "left" && file.flat().kind(member.parent) == "assignment_expression"
            }
            ("pair", "key") | ("method_definition", "name") => true,
            _ => node.kind == "shorthand_property_identifier",
        };
        sets && file.text_of(index) == name
    })
}

/// Whether a `*` import of a module may bring the name: its source contains the name, or cannot be read.
fn may_be_passed_on(tree: &Tree<'_>, file: &File, name: &str) -> bool {
    let mut all = file.outline().imports.iter().filter(|i| i.names.iter().any(|n| n.name == "*"));
    all.any(|import| match tree.resolve(file, import) {
        Target::File(path) => tree.read(&path).is_none_or(|text| has_word(&text, name)),
        Target::Known => !import.module.starts_with('.'),
        Target::Missing(_) => false,
        Target::Package(_) => true,
    })
}
