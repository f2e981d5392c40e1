//! Where the class of a name is defined. For the languages whose classes are imported by name: it knows none of them, and
//! is told which nodes are classes.

use std::sync::Arc;

use crate::code::file::File;
use crate::project::ecmascript::package_class;
use crate::project::{Target, Tree};

/// Where a class is defined: in the file, or in the one that is given, from which it is imported, be it the file of types
/// of an installed package. `None` where that is not
/// known, or where there are several of the name.
pub(super) fn class_of(
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
