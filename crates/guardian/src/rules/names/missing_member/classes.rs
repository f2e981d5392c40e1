//! Finds the definition of a class by name, for languages that import classes by name. It knows none of these
//! languages: the caller says which nodes are classes.

use std::sync::Arc;

use crate::code::file::File;
use crate::project::ecmascript::package_class;
use crate::project::{Target, Tree};

/// The definition of a class: in this file, or in the returned file from which it is imported, which may be the type
/// file of an installed package. `None` if it is unknown, or if several classes have the name.
pub(in crate::rules) fn class_of(
    tree: &Tree<'_>,
    file: &File,
    name: &str,
    is_class: impl Fn(&str) -> bool,
) -> Option<(Option<Arc<File>>, usize)> {
    let find = |file: &File, name: &str| {
        let flat = file.flat();
        let mut all = flat
            .iter()
            .filter(|(i, node)| node.named && is_class(node.kind) && file.field_text(*i, "name") == name);
        let first = all.next().map(|(i, _)| i);
        first.filter(|_| all.next().is_none())
    };
    if let Some(class) = find(file, name) {
        return Some((None, class));
    }
    let (import, original) = file.outline().imports.iter().find_map(|import| {
        let taken = import.names.iter().find(|taken| taken.local() == name)?;
        Some((import, taken.name.as_str()))
    })?;
    let other = match tree.resolve(file, import) {
        Target::File(path) => tree.file(&path).filter(|other| other.is_code() && !other.is_broken())?,
        Target::Package(_) if original != "default" => {
            package_class(tree, &file.path, &import.module, original)?
        }
        _ => return None,
    };
    // The default export of a module may have any name
    let wanted = if original == "default" { name } else { original };
    let class = find(&other, wanted)?;
    Some((Some(other), class))
}
