//! Kinds of project with one file each.

pub(super) mod autotools;
pub(super) mod cargo;
pub(super) mod cmake;
pub(super) mod dart;
pub(super) mod deno;
pub(super) mod dotnet;
pub(super) mod elixir;
pub(super) mod go;
pub(super) mod gradle;
pub(super) mod haskell;
pub(super) mod maven;
pub(super) mod meson;
pub(super) mod php;
pub(super) mod ruby;
pub(super) mod sbt;
pub(super) mod swift;
pub(super) mod targets;
pub(super) mod zig;
