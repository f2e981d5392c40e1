//! Kinds of project with one file each: its `ROW` in `ECOSYSTEMS`, with the checks and the steps of the set-up.
//!
//! A file sees the project only through `Survey` and `Source`. It names commands and runs none; `discover/mod.rs`
//! makes names unique and applies the user's exclusions.

pub(super) mod cargo;
pub(super) mod dart;
pub(super) mod deno;
pub(super) mod dotnet;
pub(super) mod elixir;
pub(super) mod go;
pub(super) mod haskell;
pub(super) mod jvm;
pub(super) mod native;
pub(super) mod php;
pub(super) mod ruby;
pub(super) mod swift;
pub(super) mod targets;
pub(super) mod zig;
