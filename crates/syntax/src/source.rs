//! A text and its syntax tree, parsed within limits. `problems` finds what is wrong with it, `outline` its
//! definitions.
//!
//! It never fails because of a text's content, only because of its size or of the parser's work, which is counted,
//! not timed. It keeps no tree for the next text; its caller does that.

use std::ops::ControlFlow;

use tree_sitter::{Node, ParseOptions, Parser, Tree};

use crate::edit::edited;
use crate::gaps;
use crate::language::Language;
use crate::walk::{VisitStep, visit};

/// Files longer than this many bytes are not parsed.
pub const MAX_BYTES: usize = 5_000_000;

/// Trees deeper than this are parsed and checked for syntax, but not searched with rules whose cost grows with the
/// depth.
pub const MAX_DEPTH: usize = 1_000;

/// How often gaps of a grammar are searched: one may hide another.
const MAX_ROUNDS: usize = 3;

/// Why a file was not parsed. Nothing is known about its code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotParsed {
    /// The text is longer than [`MAX_BYTES`].
    #[error("file of {bytes} bytes is beyond the {MAX_BYTES} bytes that are parsed")]
    TooLong {
        /// Length of the text
        bytes: usize,
    },
    /// The parser was stopped: its work was far more than the length of the text explains.
    #[error("parsing needs far more work than the length of the file explains, and was stopped")]
    TooMuchWork,
    /// The grammar does not fit the parser: an error in the build of this program.
    #[error("the grammar for {0} could not be loaded")]
    Grammar(&'static str),
}

/// A text and its syntax tree.
#[derive(Clone, Debug)]
pub struct Source<'t> {
    language: Language,
    text: &'t str,
    tree: Tree,
    is_masked: bool,
}

impl<'t> Source<'t> {
    /// Parses a text. Broken code gives a tree with error nodes, not an error.
    pub fn parse(language: Language, text: &'t str) -> Result<Source<'t>, NotParsed> {
        Self::parse_with(language, text, None)
    }

    /// Parses a text that results from an edit of an earlier one, whose tree must know the edit (`Tree::edit`).
    /// Unchanged parts are not parsed again.
    pub fn parse_with(
        language: Language,
        text: &'t str,
        old: Option<&Tree>,
    ) -> Result<Source<'t>, NotParsed> {
        if text.len() > MAX_BYTES {
            return Err(NotParsed::TooLong { bytes: text.len() });
        }
        let mut parser = Parser::new();
        parser.set_language(&language.grammar()).map_err(|_| NotParsed::Grammar(language.name()))?;
        let mut masked = gaps::always(language, text);
        // For a masked text the edit is not known
        let old = old.filter(|_| masked.is_none());
        let mut tree = parse(&mut parser, masked.as_deref().unwrap_or(text), old)?;
        if old.is_some() && tree.root_node().has_error() {
            // The repair of errors depends on the earlier tree; parsing from scratch gives the same result for the
            // same text
            tree = parse(&mut parser, text, None)?;
        }
        for _ in 0..MAX_ROUNDS {
            if !tree.root_node().has_error() {
                break;
            }
            let now = masked.as_deref().unwrap_or(text);
            match without_gaps(&mut parser, language, now, &tree) {
                Some((better, other)) => {
                    masked = Some(better);
                    tree = other;
                }
                None => break,
            }
        }
        let is_masked = masked.is_some();
        Ok(Source { language, text, tree, is_masked })
    }

    /// A text with the tree of an earlier parse of it; nothing is parsed.
    pub fn with_tree(language: Language, text: &'t str, tree: Tree) -> Source<'t> {
        Source { language, text, tree, is_masked: false }
    }

    /// Whether the tree belongs to a masked text, because the grammar does not know some code. Such a tree does not
    /// help to parse the next version of the text.
    pub fn is_masked(&self) -> bool {
        self.is_masked
    }

    /// The language as which it was parsed.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The whole text.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The tree; its nodes borrow from this source.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The root node.
    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// The text of a node; empty if the node is not of this source.
    pub fn text_of(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// Whether the tree is deeper than [`MAX_DEPTH`].
    pub fn is_deep(&self) -> bool {
        let mut deep = false;
        visit(self.root(), |_, depth| {
            deep = deep || depth > MAX_DEPTH;
            if deep { VisitStep::Stop } else { VisitStep::Into }
        });
        deep
    }

    /// 1-based line and column (in characters) of a byte offset.
    pub fn position(&self, byte: usize) -> (u32, u32) {
        position(self.text, byte)
    }
}

fn parse(parser: &mut Parser, text: &str, old: Option<&Tree>) -> Result<Tree, NotParsed> {
    // The parser calls back every 100 operations; ordinary code needs one operation for every few hundred bytes.
    // Error recovery on hostile input can need thousands of times more. Only counting limits that without a clock.
    let mut budget = 20_000 + text.len() / 10;
    let mut progress = |_: &tree_sitter::ParseState| {
        budget = budget.saturating_sub(1);
        if budget == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
    let options = ParseOptions::new().progress_callback(&mut progress);
    parser.reset();
    parser
        .parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), old, Some(options))
        .ok_or(NotParsed::TooMuchWork)
}

/// The text with unknown code masked, and its tree, if that reduces the errors. It tries all kinds of gaps together,
/// and otherwise each kind by itself.
fn without_gaps(parser: &mut Parser, language: Language, text: &str, tree: &Tree) -> Option<(String, Tree)> {
    let kinds = gaps::edits(language, text, tree);
    let mut fewest = errors(tree);
    let mut attempt = |text: &str, edits: &[_]| {
        let masked = edited(text, edits)?;
        let tree = parse(parser, &masked, None).ok()?;
        let count = errors(&tree);
        (count < fewest).then(|| {
            fewest = count;
            (masked, tree)
        })
    };
    if let Some(better) = attempt(text, &kinds.concat()) {
        return Some(better);
    }
    let mut best: Option<(String, Tree)> = None;
    for edits in kinds.iter().filter(|_| kinds.len() > 1) {
        let now = best.as_ref().map_or(text, |(text, _)| text);
        if let Some(better) = attempt(now, edits) {
            best = Some(better);
        }
    }
    best
}

/// The number of errors in a tree.
fn errors(tree: &Tree) -> usize {
    let mut count = 0;
    visit(tree.root_node(), |node, _| {
        count += usize::from(node.is_error() || node.is_missing());
        if node.has_error() { VisitStep::Into } else { VisitStep::Over }
    });
    count
}

/// 1-based line and column (in characters) of a byte offset of a text; offsets after its end, or inside of a
/// character, are moved back.
fn position(text: &str, byte: usize) -> (u32, u32) {
    let mut end = byte.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = text.get(..end).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
