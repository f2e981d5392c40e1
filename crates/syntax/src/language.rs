//! The languages, their names and file extensions, and their grammars.
//!
//! A language follows from the path alone; nothing here reads a file. Other differences between languages are in
//! `languages`.

use serde::{Deserialize, Serialize};

/// A language that the engine can read. JSX is parsed with [`Language::JavaScript`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// `.ts`, `.mts`, `.cts`
    #[serde(rename = "typescript")]
    TypeScript,
    /// `.tsx`
    Tsx,
    /// `.js`, `.mjs`, `.cjs`, `.jsx`
    #[serde(rename = "javascript")]
    JavaScript,
    /// `.rs`
    Rust,
    /// `.py`, `.pyi`
    Python,
    /// `.go`
    Go,
}

impl Language {
    /// Every language, in a fixed order.
    pub const ALL: [Language; 6] = [
        Language::TypeScript,
        Language::Tsx,
        Language::JavaScript,
        Language::Rust,
        Language::Python,
        Language::Go,
    ];

    /// The language of a file by its extension; `None` if we do not support it.
    pub fn of_path(path: &str) -> Option<Language> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let (stem, extension) = name.rsplit_once('.')?;
        if stem.is_empty() {
            return None;
        }
        match extension.to_ascii_lowercase().as_str() {
            "ts" | "mts" | "cts" => Some(Language::TypeScript),
            "tsx" => Some(Language::Tsx),
            "js" | "mjs" | "cjs" | "jsx" => Some(Language::JavaScript),
            "rs" => Some(Language::Rust),
            "py" | "pyi" => Some(Language::Python),
            "go" => Some(Language::Go),
            _ => None,
        }
    }

    /// The usual name: `TypeScript`, `TSX`, `JavaScript`, `Rust`, `Python`, `Go`.
    pub fn name(self) -> &'static str {
        match self {
            Language::TypeScript => "TypeScript",
            Language::Tsx => "TSX",
            Language::JavaScript => "JavaScript",
            Language::Rust => "Rust",
            Language::Python => "Python",
            Language::Go => "Go",
        }
    }

    /// TypeScript, TSX and JavaScript share modules, names and most of their grammar.
    pub fn is_ecmascript(self) -> bool {
        matches!(self, Language::TypeScript | Language::Tsx | Language::JavaScript)
    }

    /// The tree-sitter grammar.
    pub fn grammar(self) -> tree_sitter::Language {
        match self {
            Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Language::Rust => tree_sitter_rust::LANGUAGE.into(),
            Language::Python => tree_sitter_python::LANGUAGE.into(),
            Language::Go => tree_sitter_go::LANGUAGE.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_by_extension() {
        let of = Language::of_path;
        assert_eq!(of("src/a.d.ts"), Some(Language::TypeScript));
        assert_eq!(of("src/A.TSX"), Some(Language::Tsx));
        assert_eq!(of("a.test.jsx"), Some(Language::JavaScript));
        assert_eq!(of("dir.rs/x"), None);
        assert_eq!(of(".py"), None);
        assert_eq!(of("pkg\\main.go"), Some(Language::Go));
    }
}
