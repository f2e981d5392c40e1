//! The parts of an outline: symbols, imports, exports. They are the same for every language.
//!
//! `outline/` and `languages/` create them, `guardian` and `context` read them. They contain no nodes, so they
//! outlive the tree.

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
    /// At least so many
    pub required: u32,
    /// At most so many; `None` without a limit (rest parameters)
    pub max: Option<u32>,
}

/// A definition of a file: at its top level, or one level below (methods, items of modules).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    /// Its name in the source; `default` for an anonymous default export
    pub name: String,
    /// What it is
    pub kind: SymbolKind,
    /// First line, 1-based
    pub line: u32,
    /// Last line, 1-based
    pub end_line: u32,
    /// Whether other files can use its name: `export`, any `pub` (also `pub(crate)`), a capital letter in Go, no
    /// leading underscore in Python
    pub exported: bool,
    /// Arguments, for functions and methods; the receiver (`self`) is not counted
    pub arity: Option<Arity>,
    /// The class, impl, trait or module that holds it
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
    /// The name in the module: `default`, or `*` for everything
    pub name: String,
    /// The name in this file, if it differs
    pub alias: Option<String>,
    /// 1-based
    pub line: u32,
}

impl ImportedName {
    /// Its name in this file.
    pub fn local(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// An import, as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The module: `./a`, `react`, `crate::a::b`, `..pkg.mod`, `net/http`
    pub module: String,
    /// The names that are imported; empty if the module itself is imported
    pub names: Vec<ImportedName>,
    /// The name of the whole module in this file (`import * as x`, `import a.b as x`, Go's `x "path"`)
    pub alias: Option<String>,
    /// 1-based
    pub line: u32,
    /// How it is written
    pub kind: ImportKind,
    /// Inside of a function, a condition or a `try`, where an import may be allowed to fail
    pub conditional: bool,
}

/// A name that an ECMAScript module exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// The exported name; `default`; `*` for `export * from`
    pub name: String,
    /// The name in this file, or in the module from which it comes
    pub local: String,
    /// The module from which it is exported again
    pub from: Option<String>,
    /// 1-based
    pub line: u32,
}

/// The public interface of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// Definitions, in source order
    pub symbols: Vec<Symbol>,
    /// Imports, in source order
    pub imports: Vec<Import>,
    /// ECMAScript's exports (other languages: see [`Symbol::exported`])
    pub exports: Vec<Export>,
    /// The file exports names in a way that cannot be listed (`module.exports = x`, `__getattr__`, `from x import *`,
    /// a syntax error), so the absence of a name proves nothing
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
