//! A file for the rules: text, tree, outline, names, each computed once and kept between edits. Reads nothing from
//! disk and judges nothing.

use std::sync::{Arc, OnceLock};

use syntax::{InputEdit, Language, Outline, Point, ProblemKind, Source, SyntaxProblem, Tree};

use crate::code::flat::Flat;
use crate::facts::Facts;
use crate::finding::Severity;

/// Reasons for which a finding that a change introduced is only a warning.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unless {
    /// The base already did so
    pub(crate) usual: bool,
    /// A comment above gives a reason
    pub(crate) explained: bool,
}

/// What a rule found in one file, before it is compared with the base.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) rule: Arc<str>,
    pub(crate) severity: Severity,
    /// Its severity if a change introduced it
    pub(crate) in_change: Severity,
    /// The reasons that lower this severity
    pub(crate) unless: Unless,
    pub(crate) path: Arc<str>,
    /// Where the finding begins: byte offset, and 1-based line and column
    pub(crate) start: usize,
    pub(crate) line: u32,
    /// 1-based line on which the finding ends
    pub(crate) last_line: u32,
    pub(crate) column: u32,
    pub(crate) message: String,
    pub(crate) note: Option<Arc<str>>,
    /// Two findings of a rule with the same key are the same one: the code with its whitespace evened out
    pub(crate) key: String,
}

impl Raw {
    pub(crate) fn new(
        file: &File,
        rule: Arc<str>,
        severity: Severity,
        start: usize,
        end: usize,
        message: String,
    ) -> Raw {
        let (line, column) = file.position(start);
        let key = even(file.slice(start, end));
        let last_line = to_u32(file.row(end.max(start)) + 1);
        Raw {
            rule,
            severity,
            in_change: severity,
            unless: Unless::default(),
            path: file.path.clone(),
            start,
            line,
            last_line,
            column,
            message,
            note: None,
            key,
        }
    }
}

/// A file for the rules. It owns all its data, so that it can be kept between edits.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: Arc<str>,
    pub(crate) text: Arc<str>,
    pub(crate) language: Option<Language>,
    pub(crate) problems: Vec<SyntaxProblem>,
    /// Findings of the pattern rules
    pub(crate) matched: Vec<Raw>,
    /// `None` if the rules cannot inspect the file
    tree: Option<Tree>,
    /// The tree was parsed from a text with masked parts
    masked: bool,
    /// A tool wrote the file: other files may use its names, but the rules do not judge it
    generated: bool,
    flat: OnceLock<Flat>,
    outline: OnceLock<Outline>,
    facts: Facts,
    line_starts: Vec<usize>,
}

impl File {
    /// Stores the findings of pattern rules, and the list of nodes if rules with logic inspect the file.
    pub(crate) fn set_matched(&mut self, matched: Vec<Raw>, flat: Flat, keep: bool) {
        if flat.depth > syntax::MAX_DEPTH {
            self.problems.push(not_checked(format!("code nested {} deep", flat.depth)));
            self.tree = None;
            return;
        }
        self.matched = matched;
        if keep {
            self.flat = OnceLock::from(flat);
        }
    }

    /// Reads a file that is only needed for its relations to other files.
    pub(crate) fn plain(path: &str, text: &str) -> File {
        File::plain_after(path, text, None)
    }

    /// `before` is the file before an edit: only the changed part is parsed again.
    pub(crate) fn plain_after(path: &str, text: &str, before: Option<&File>) -> File {
        let mut file = File {
            path: path.into(),
            text: text.into(),
            language: Language::of_path(path),
            problems: Vec::new(),
            matched: Vec::new(),
            tree: None,
            masked: false,
            generated: false,
            flat: OnceLock::new(),
            outline: OnceLock::new(),
            facts: Facts::default(),
            line_starts: std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect(),
        };
        let Some(language) = file.language else { return file };
        let old = before.and_then(|before| before.edited(&file));
        match Source::parse_with(language, text, old.as_ref()) {
            Err(why) => file.problems.push(not_checked(why.to_string())),
            Ok(source) => {
                file.problems = source.problems();
                file.masked = source.is_masked();
                file.generated = file.says_generated() || file.is_compiled();
                file.tree = (!file.is_minified()).then(|| source.tree().clone());
            }
        }
        file
    }

    /// The tree of this file, adjusted to the edit that leads to `new`; `None` if the tree does not help.
    fn edited(&self, new: &File) -> Option<Tree> {
        let mut tree = self.tree.clone().filter(|_| self.is_sound() && !self.masked)?;
        let (old, now) = (&self.text, &new.text);
        let (start, end) = alike(old, now);
        tree.edit(&InputEdit {
            start_byte: start,
            old_end_byte: old.len() - end,
            new_end_byte: now.len() - end,
            start_position: self.point(start),
            old_end_position: self.point(old.len() - end),
            new_end_position: new.point(now.len() - end),
        });
        Some(tree)
    }

    /// Whether the file was parsed without errors.
    pub(crate) fn is_sound(&self) -> bool {
        self.tree.as_ref().is_some_and(|tree| !tree.root_node().has_error())
    }

    /// The number of bytes between the first and the last difference between `text` and this file.
    pub(crate) fn differs_by(&self, text: &str) -> usize {
        let (start, end) = alike(&self.text, text);
        self.text.len().max(text.len()) - start - end
    }

    fn point(&self, byte: usize) -> Point {
        let row = self.row(byte);
        Point::new(row, byte - self.line_starts.get(row).copied().unwrap_or(0).min(byte))
    }

    /// Whether the rules inspect the file as code: a known language, parsed, written by hand.
    pub(crate) fn is_code(&self) -> bool {
        self.tree.is_some() && !self.generated
    }

    /// Whether the definitions of the file are known, even if a tool wrote it.
    pub(crate) fn is_indexed(&self) -> bool {
        self.tree.is_some()
    }

    /// The source for pattern rules; `None` if they do not judge the file.
    pub(crate) fn judged_source(&self) -> Option<Source<'_>> {
        self.source().filter(|_| !self.generated)
    }

    fn source(&self) -> Option<Source<'_>> {
        Some(Source::with_tree(self.language?, &self.text, self.tree.clone()?))
    }

    /// The nodes of the file; empty if it is not code, or nested too deeply.
    pub(crate) fn flat(&self) -> &Flat {
        self.flat.get_or_init(|| self.source().map_or_else(Flat::default, |source| Flat::new(&source)))
    }

    /// Whether brackets, strings and comments are complete, even if the grammar reports an error.
    pub(crate) fn is_balanced(&self) -> bool {
        self.language.is_none_or(|language| syntax::is_balanced(language, &self.text))
    }

    pub(crate) fn is_broken(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Minified text: rules about style and unfinished code do not apply.
    fn is_minified(&self) -> bool {
        let longest = self.line_starts.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(self.text.len());
        (longest > 5_000 && self.text.len() / self.line_starts.len().max(1) > 200)
            || (self.path.contains(".min.") && self.language.is_some())
    }

    /// Whether a comment at the top says that a tool wrote the file.
    fn says_generated(&self) -> bool {
        const SIGNS: [&str; 9] = [
            "@generated",
            "do not edit",
            "do not modify",
            "code generated by",
            "automatically generated",
            "auto-generated",
            "autogenerated",
            "file is generated",
            "file was generated",
        ];
        let head = self.text.get(..self.text.floor_char_boundary(1_000)).unwrap_or_default();
        let comment = |line: &&str| line.trim_start().starts_with(['/', '#', '*', '"', '\'', '<']);
        head.lines().filter(comment).any(|line| {
            let line = line.to_lowercase();
            SIGNS.iter().any(|sign| line.contains(sign))
        })
    }

    /// Whether a compiler or a bundler of JavaScript wrote the file: it has their helpers, or the names of its parts.
    fn is_compiled(&self) -> bool {
        const HELPERS: [&str; 6] = [
            "function _interopRequireDefault(",
            "function _classCallCheck(",
            "var __importDefault = (this && this.__importDefault)",
            "var __createBinding = (this && this.__createBinding)",
            "__webpack_require__(",
            "var __commonJS = (",
        ];
        const PARTS: usize = 5;
        if self.language != Some(Language::JavaScript) {
            return false;
        }
        let part = |line: &&str| {
            line.strip_prefix("// ").is_some_and(|path| {
                let code = [".js", ".mjs", ".cjs", ".ts", ".tsx"].iter().any(|end| path.ends_with(end));
                code && path.contains('/') && !path.contains(' ')
            })
        };
        HELPERS.iter().any(|helper| self.text.contains(helper))
            || self.text.contains("\n// ") && self.text.lines().filter(part).take(PARTS).count() == PARTS
    }

    pub(crate) fn outline(&self) -> &Outline {
        self.outline.get_or_init(|| match self.source() {
            Some(source) => source.outline(),
            None => Outline { open: true, ..Outline::default() },
        })
    }

    /// An answer about the file that is computed on first use and kept, one for each type.
    pub(crate) fn fact<T: Send + Sync + 'static>(&self, find: impl FnOnce(&File) -> T) -> &T {
        self.facts.get(|| find(self))
    }

    /// The text of a node.
    pub(crate) fn text_of(&self, index: usize) -> &str {
        let node = self.flat().node(index);
        self.slice(node.start, node.end)
    }

    /// The attributes directly above an item of Rust; comments may stand between them.
    pub(crate) fn attributes(&self, item: usize) -> Vec<&str> {
        let flat = self.flat();
        let mut attributes = Vec::new();
        for sibling in flat.children(flat.node(item).parent).take_while(|sibling| *sibling < item) {
            match flat.kind(sibling) {
                "attribute_item" => attributes.push(self.text_of(sibling)),
                _ if flat.node(sibling).extra => {}
                _ => attributes.clear(),
            }
        }
        attributes
    }

    pub(crate) fn slice(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The text of a field of a node, or "".
    pub(crate) fn field_text(&self, index: usize, field: &str) -> &str {
        self.flat().field(index, field).map_or("", |child| self.text_of(child))
    }

    /// 1-based line and column (in characters) of a byte offset.
    pub(crate) fn position(&self, byte: usize) -> (u32, u32) {
        let row = self.row(byte);
        let start = self.line_starts.get(row).copied().unwrap_or(0);
        let column = self.text.get(start..byte).map_or(0, |before| before.chars().count());
        (to_u32(row + 1), to_u32(column + 1))
    }

    /// 0-based line of a byte offset.
    pub(crate) fn row(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= byte).saturating_sub(1)
    }

    /// A line (0-based) without its end.
    pub(crate) fn line(&self, row: usize) -> &str {
        let start = self.line_starts.get(row).copied().unwrap_or(self.text.len());
        let end = self.line_starts.get(row + 1).copied().unwrap_or(self.text.len());
        self.slice(start, end).trim_end_matches(['\n', '\r'])
    }

    /// Where a line (1-based) begins.
    pub(crate) fn start_of_line(&self, line: u32) -> usize {
        self.line_starts.get((line as usize).saturating_sub(1)).copied().unwrap_or(self.text.len())
    }

    pub(crate) fn lines(&self) -> usize {
        self.line_starts.len()
    }

    pub(crate) fn is_test(&self) -> bool {
        shared::test_files::is_test(&self.path)
    }
}

/// How many bytes two texts have in common at their start, and after that at their end.
fn alike(one: &str, other: &str) -> (usize, usize) {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let start = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let most = one.len().min(other.len()) - start;
    let end = one.iter().rev().zip(other.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    (start, end)
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn not_checked(message: String) -> SyntaxProblem {
    SyntaxProblem {
        line: 1,
        column: 1,
        message: format!("not checked: {message}"),
        kind: ProblemKind::NotChecked,
    }
}

/// Code with its whitespace evened out, so that re-indented code is equal.
pub(crate) fn even(code: &str) -> String {
    let mut out = String::with_capacity(code.len().min(400));
    for word in code.split_whitespace() {
        if out.len() > 300 {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}
