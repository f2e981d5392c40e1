//! The public face of a file: what it defines, what it imports, what it exports. How each language says so is read by
//! the file of that language in `languages`.
//!
//! No import is resolved: `guardian` and `context` do that. A text with a syntax error is `open`, as names may be
//! hidden.

#[cfg(test)]
mod tests;

use crate::language::Language;
use crate::languages::{ecmascript, go, python, rust};
use crate::source::Source;
use crate::symbols::Outline;

/// The outline of a text; empty and `open` where it was not parsed.
pub fn outline(language: Language, text: &str) -> Outline {
    match Source::parse(language, text) {
        Ok(source) => source.outline(),
        Err(_) => Outline { open: true, ..Outline::default() },
    }
}

impl Source<'_> {
    /// The outline of this source.
    pub fn outline(&self) -> Outline {
        let mut outline = match self.language() {
            Language::TypeScript | Language::Tsx | Language::JavaScript => ecmascript::outline::outline(self),
            Language::Rust => rust::outline::outline(self),
            Language::Python => python::outline::outline(self),
            Language::Go => go::outline::outline(self),
        };
        outline.open |= self.root().has_error();
        outline
    }
}
