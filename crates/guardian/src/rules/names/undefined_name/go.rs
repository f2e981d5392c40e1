//! Part of `undefined-name`: imports of Go that are missing or unused.
//!
//! It opens no package, so it guesses a package's name from its path: an import counts as unused only if the name is
//! known. Unused variables are for `not_compiled`.

use std::collections::BTreeSet;

use crate::code::file::File;
use crate::rules::Found;

/// Go rejects files that use a package without an import, and files with an unused import.
pub(super) fn in_go(head: &File, base: Option<&File>, found: &mut Found) {
    let names = head.names();
    let old: BTreeSet<&str> = base.map_or_else(BTreeSet::new, |base| {
        base.outline().imports.iter().map(|i| i.module.as_str()).collect()
    });
    let kept: BTreeSet<&str> = head.outline().imports.iter().map(|i| i.module.as_str()).collect();
    for gone in old.difference(&kept) {
        let candidates: Vec<String> = crate::names::import_names(gone).collect();
        for (name, index) in names.unbound().filter(|(name, _)| candidates.iter().any(|c| c == name)) {
            let node = head.flat().node(index);
            if head.flat().kind(node.parent) == "selector_expression" || node.kind == "package_identifier" {
                found.node(
                    head,
                    index,
                    format!("`{name}` is used here, but the import of `{gone}` was removed"),
                );
            }
        }
    }
    for import in &head.outline().imports {
        if import.alias.as_deref().is_some_and(|alias| alias == "_" || alias == ".") || import.module == "C" {
            continue;
        }
        let mut locals = import.alias.clone().map_or_else(
            || crate::names::import_names(&import.module).collect::<Vec<_>>(),
            |alias| vec![alias],
        );
        locals.dedup();
        let used = locals.iter().any(|local| names.used.contains_key(local));
        let used_before =
            base.is_some_and(|base| locals.iter().any(|local| base.names().used.contains_key(local)));
        // The name of a package may differ from its path: only a name that is certain counts
        let sure = used_before || import.alias.is_some() || crate::names::is_go_package(&import.module);
        if !used && sure {
            let start = head.start_of_line(import.line);
            let end = start + head.line(import.line as usize - 1).len();
            found.at(
                head,
                start,
                end,
                format!("`{}` is imported and not used, which Go refuses", import.module),
            );
        }
    }
}
