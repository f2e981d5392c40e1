//! The public interface of a file: its definitions, imports and exports. The file of each language in `languages`
//! reads them.
//!
//! It resolves no import; `guardian` and `context` do that. A text with a syntax error is `open`, because names may
//! be hidden.

#[cfg(test)]
mod tests;

use crate::language::Language;
use crate::languages::{ecmascript, go, python, rust};
use crate::source::Source;
use crate::symbols::Outline;

/// The outline of a text; empty and `open` if the text was not parsed.
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
