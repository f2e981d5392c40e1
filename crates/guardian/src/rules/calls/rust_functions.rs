//! Finds the inherent function of a type of the crate: what it takes and what it returns.
//!
//! For `wrong-arguments`. It expands no macro. It must return nothing for a function that is defined twice,
//! has an attribute that may change it, or may be made by a macro.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::code::file::File;
use crate::project::rust::package_files;
use crate::project::{Memo, Tree};

/// A function in an `impl` of a type.
#[derive(Clone, Debug)]
pub(super) struct Inherent {
    pub(super) takes_self: bool,
    /// The number of parameters, without `self`
    pub(super) parameters: u32,
    /// Its return type as it is written
    pub(super) gives: String,
}

/// The function of that name of a type, if the file means the crate's only type of this name.
pub(super) fn rust_inherent(tree: &Tree<'_>, file: &File, of: &str, name: &str) -> Option<Inherent> {
    let elsewhere = file.outline().imports.iter().any(|import| {
        let first = import.module.split("::").next().unwrap_or_default();
        let own = matches!(first, "crate" | "self" | "super")
            || file.outline().imports.iter().any(|i| i.kind == syntax::ImportKind::Mod && i.module == first);
        import.names.iter().any(|n| n.local() == of && (n.name != of || !own))
    });
    if elsewhere || of.len() < 2 {
        return None;
    }
    #[derive(Default)]
    struct Known(Memo<(String, String), Option<Arc<All>>>);
    let manifest = tree.nearest(&file.path, "Cargo.toml")?;
    let key = (manifest.clone(), of.to_string());
    let all = tree.fact(Known::default).0.get(key, || find(tree, &manifest, of).map(Arc::new))?;
    all.get(name).cloned().flatten()
}

/// The inherent functions of a type by name; `None` for one that is not certain.
type All = BTreeMap<String, Option<Inherent>>;

/// Finds all of them in one pass; `None` if the type itself is not certain.
fn find(tree: &Tree<'_>, manifest: &str, of: &str) -> Option<All> {
    let (mut found, mut definitions) = (All::new(), 0);
    for path in package_files(tree, manifest) {
        let Some(text) = tree.read(path).filter(|text| text.contains(of)) else { continue };
        if ["fn $", "paste!", "include!("].iter().any(|form| text.contains(form)) {
            return None;
        }
        let file = tree.file(path).filter(|file| file.is_code() && !file.is_broken())?;
        let flat = file.flat();
        for (index, node) in flat.iter() {
            match node.kind {
                "struct_item" | "enum_item" if file.field_text(index, "name") == of => definitions += 1,
                // A trait or an alias of the same name is another type
                "union_item" | "trait_item" | "type_item" | "type_parameter"
                    if file.field_text(index, "name") == of =>
                {
                    return None;
                }
                "impl_item" if flat.field(index, "trait").is_none() => {
                    let text = file.field_text(index, "type");
                    let Some(body) = flat.field(index, "body").filter(|_| text.split('<').next() == Some(of))
                    else {
                        continue;
                    };
                    let attributed = |item: usize| file.attributes(item).iter().any(|a| !is_harmless(a));
                    let whole = attributed(index);
                    for function in flat.parts(body).filter(|i| flat.kind(*i) == "function_item") {
                        let known = inherent(&file, function).filter(|_| !whole && !attributed(function));
                        let name = file.field_text(function, "name").to_string();
                        // A function that is defined twice is not certain
                        found.entry(name).and_modify(|other| *other = None).or_insert(known);
                    }
                }
                _ => {}
            }
        }
    }
    (definitions == 1).then_some(found)
}

fn is_harmless(attribute: &str) -> bool {
    const KNOWN: [&str; 8] =
        ["must_use", "inline", "allow", "doc", "cold", "deprecated", "expect", "track_caller"];
    let name: String = attribute
        .trim_start_matches(['#', '[', ' '])
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    KNOWN.contains(&name.as_str())
}

fn inherent(file: &File, function: usize) -> Option<Inherent> {
    let flat = file.flat();
    let kinds: Vec<&str> =
        flat.parts(flat.field(function, "parameters")?).map(|part| flat.kind(part)).collect();
    let known: BTreeSet<&str> = ["self_parameter", "parameter"].into();
    if kinds.iter().any(|kind| !known.contains(kind)) {
        return None;
    }
    let first_is_self = flat.parts(flat.field(function, "parameters")?).next().is_some_and(|first| {
        flat.kind(first) == "self_parameter" || file.text_of(first).starts_with("self:")
    });
    let all = u32::try_from(kinds.len()).ok()?;
    let gives = file.field_text(function, "return_type").to_string();
    Some(Inherent { takes_self: first_is_self, parameters: all - u32::from(first_is_self), gives })
}
