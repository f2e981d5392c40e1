//! Which names a file binds and which it uses: enough to find a name that nothing binds.
//!
//! Scopes are ignored on purpose: a name counts as bound if the file binds it anywhere. So correct code
//! is never reported, and a name that no line of the file binds is certainly wrong.

mod ecmascript;
mod go;
mod known;
mod local;
mod python;
mod rust;
mod scopes;
mod set;

use syntax::Language;

use crate::code::file::File;

pub(crate) use ecmascript::binds as binds_in_ecmascript;
pub(crate) use go::import_names;
pub(crate) use known::{
    is_global, is_go_package, is_known, is_library_type, is_node_module, is_python_module, is_std_macro,
};
pub(crate) use local::out_of_scope;
pub(crate) use python::binds as binds_in_python;
pub(crate) use rust::in_item_macro as is_in_item_macro;
pub(crate) use scopes::lost;
pub(crate) use set::Names;

impl Names {
    pub(crate) fn of(file: &File) -> Names {
        let mut names = Names::default();
        match file.language {
            Some(Language::TypeScript | Language::Tsx | Language::JavaScript) => {
                ecmascript::read(file, &mut names)
            }
            Some(Language::Python) => python::read(file, &mut names),
            Some(Language::Rust) => rust::read(file, &mut names),
            Some(Language::Go) => go::read(file, &mut names),
            None => {}
        }
        names
    }
}

impl File {
    pub(crate) fn names(&self) -> &Names {
        self.fact(Names::of)
    }
}
