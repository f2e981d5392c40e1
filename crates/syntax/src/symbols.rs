//! The words in which an outline is told: symbols, imports, exports. The same for every language.

use serde::{Deserialize, Serialize};
use tree_sitter::Node;

/// What kind of thing a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum SymbolKind {
    Function,
    Method,
    Class,
    Struct,
    Enum,
    Trait,
    Interface,
    Type,
    Constant,
    Variable,
    Module,
    Macro,
}

/// How many arguments a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arity {
    /// no fewer than these
    pub required: u32,
    /// no more than these; `None` where there is no limit (rest parameters)
    pub max: Option<u32>,
}

/// Something that a file defines: at its top level, or one level below (methods, items of modules).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    /// its name in the source; `default` for an anonymous default export
    pub name: String,
    /// what it is
    pub kind: SymbolKind,
    /// first line, 1-based
    pub line: u32,
    /// last line, 1-based
    pub end_line: u32,
    /// whether other files can reach it by name: `export`, `pub` (not `pub(crate)`-only: any `pub`),
    /// a capital in Go, no leading underscore in Python
    pub exported: bool,
    /// arguments, for functions and methods; the receiver (`self`) is not counted
    pub arity: Option<Arity>,
    /// the class, impl, trait or module that holds it
    pub container: Option<String>,
}

/// How an import is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// `import`, `from … import`, `use`
    Static,
    /// TypeScript's `import type`, or an import under Python's `TYPE_CHECKING`
    TypeOnly,
    /// `import()` or `importlib`-like, when the module is a literal
    Dynamic,
    /// `require("…")`
    Require,
    /// Rust's `mod name;`
    Mod,
    /// Rust's `extern crate`
    ExternCrate,
    /// `export … from "…"`
    ReExport,
}

/// A name that an import brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedName {
    /// the name in the module: `default`, `*` for all of it
    pub name: String,
    /// the name in this file, where it is another
    pub alias: Option<String>,
    /// 1-based
    pub line: u32,
}

impl ImportedName {
    /// The name by which this file knows it.
    pub fn local(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// An import, as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// the module: `./a`, `react`, `crate::a::b`, `..pkg.mod`, `net/http`
    pub module: String,
    /// the names taken from it; empty where the module itself is imported
    pub names: Vec<ImportedName>,
    /// the name which the whole module has here (`import * as x`, `import a.b as x`, Go's `x "path"`)
    pub alias: Option<String>,
    /// 1-based
    pub line: u32,
    /// how it is written
    pub kind: ImportKind,
    /// inside a function, a condition or a `try`: it may be meant to fail
    pub conditional: bool,
}

/// A name that an ECMAScript module exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// the exported name; `default`; `*` for `export * from`
    pub name: String,
    /// the name in this file, or in the module that it comes from
    pub local: String,
    /// the module that it is passed on from
    pub from: Option<String>,
    /// 1-based
    pub line: u32,
}

/// The public face of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// definitions, in source order
    pub symbols: Vec<Symbol>,
    /// imports, in source order
    pub imports: Vec<Import>,
    /// ECMAScript's exports (other languages: see [`Symbol::exported`])
    pub exports: Vec<Export>,
    /// the file exports names in a way that cannot be listed (`module.exports = x`, `__getattr__`,
    /// `from x import *`, a syntax error): absence of a name proves nothing
    pub open: bool,
}

pub(crate) fn line(node: Node<'_>) -> u32 {
    u32::try_from(node.start_position().row).unwrap_or(u32::MAX).saturating_add(1)
}

pub(crate) fn end_line(node: Node<'_>) -> u32 {
    u32::try_from(node.end_position().row).unwrap_or(u32::MAX).saturating_add(1)
}

pub(crate) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
