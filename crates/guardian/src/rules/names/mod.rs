//! Names, members, modules and packages that do not exist.

mod after_except;
mod lost;
pub(super) mod missing_export;
pub(super) mod missing_fixture;
mod missing_item;
pub(super) mod missing_library_name;
pub(super) mod missing_member;
pub(super) mod missing_package_name;
mod missing_path;
mod missing_unlisted;
pub(super) mod name_of_another_scope;
pub(super) mod undeclared_dependency;
pub(super) mod undefined_name;
pub(super) mod unreached_module;
pub(super) mod unresolved_import;
