//! A file as the rules see it: text, tree, outline, names, each read once. Kept between edits. Reads nothing from
//! disk, and judges nothing.

use std::sync::{Arc, OnceLock};

use syntax::{InputEdit, Language, Outline, Point, ProblemKind, Source, SyntaxProblem, Tree};

use crate::code::flat::Flat;
use crate::facts::Facts;
use crate::finding::Severity;

/// What makes a finding that a change brought in no worse than one that was there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unless {
    /// The project did so before
    pub(crate) usual: bool,
    /// A comment above says why
    pub(crate) explained: bool,
}

/// What a rule found in one file, before it is compared with the base.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) rule: Arc<str>,
    pub(crate) severity: Severity,
    /// How bad it is where a change brought it in
    pub(crate) in_change: Severity,
    /// What keeps it from being as bad as that
    pub(crate) unless: Unless,
    pub(crate) path: Arc<str>,
    /// Where it begins: byte offset, and 1-based line and column
    pub(crate) start: usize,
    pub(crate) line: u32,
    /// 1-based line on which it ends
    pub(crate) last_line: u32,
    pub(crate) column: u32,
    pub(crate) message: String,
    pub(crate) note: Option<Arc<str>>,
    /// What makes two findings of a rule the same one: the code, blanks evened out
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

/// A file as the rules see it. Owns everything, so that it can be kept between edits.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: Arc<str>,
    pub(crate) text: Arc<str>,
    pub(crate) language: Option<Language>,
    pub(crate) problems: Vec<SyntaxProblem>,
    /// What rules written as patterns matched
    pub(crate) matched: Vec<Raw>,
    /// `None` where the rules have nothing to look at
    tree: Option<Tree>,
    /// The tree is of a text in which something was masked
    masked: bool,
    /// A tool wrote it: other files may use what it has, the rules do not judge it
    generated: bool,
    flat: OnceLock<Flat>,
    outline: OnceLock<Outline>,
    facts: Facts,
    line_starts: Vec<usize>,
}

impl File {
    /// Takes what rules written as patterns matched, and the list of its nodes where rules with logic will look at it.
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

    /// Reads a file that is only looked at for what it has to do with others.
    pub(crate) fn plain(path: &str, text: &str) -> File {
        File::plain_after(path, text, None)
    }

    /// `before` is the file as it was before an edit, of which only what changed is parsed again.
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
                file.generated = file.says_generated();
                file.tree = (!file.is_minified()).then(|| source.tree().clone());
            }
        }
        file
    }

    /// The tree of this file, told of the edit that makes it another; `None` where it is no help.
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

    /// Whether it was parsed, and without errors.
    pub(crate) fn is_sound(&self) -> bool {
        self.tree.as_ref().is_some_and(|tree| !tree.root_node().has_error())
    }

    /// Bytes between the first and the last at which a text differs from this one.
    pub(crate) fn differs_by(&self, text: &str) -> usize {
        let (start, end) = alike(&self.text, text);
        self.text.len().max(text.len()) - start - end
    }

    fn point(&self, byte: usize) -> Point {
        let row = self.row(byte);
        Point::new(row, byte - self.line_starts.get(row).copied().unwrap_or(0).min(byte))
    }

    /// Whether the rules can look at code: a known language, parsed, written by hand.
    pub(crate) fn is_code(&self) -> bool {
        self.tree.is_some() && !self.generated
    }

    /// Whether what it defines can be known, independent of who wrote it.
    pub(crate) fn is_indexed(&self) -> bool {
        self.tree.is_some()
    }

    /// The source that rules written as patterns look at; `None` where they do not judge it.
    pub(crate) fn judged_source(&self) -> Option<Source<'_>> {
        self.source().filter(|_| !self.generated)
    }

    fn source(&self) -> Option<Source<'_>> {
        Some(Source::with_tree(self.language?, &self.text, self.tree.clone()?))
    }

    /// Its nodes; none where it is no code, or nested too deep.
    pub(crate) fn flat(&self) -> &Flat {
        self.flat.get_or_init(|| self.source().map_or_else(Flat::default, |source| Flat::new(&source)))
    }

    /// Whether its brackets, strings and comments are whole, whatever its grammar says.
    pub(crate) fn is_balanced(&self) -> bool {
        self.language.is_none_or(|language| syntax::is_balanced(language, &self.text))
    }

    pub(crate) fn is_broken(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Minified text: nobody's style and nobody's laziness.
    fn is_minified(&self) -> bool {
        let longest = self.line_starts.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(self.text.len());
        (longest > 5_000 && self.text.len() / self.line_starts.len().max(1) > 200)
            || (self.path.contains(".min.") && self.language.is_some())
    }

    /// A comment at the top says that a tool wrote the file.
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

    pub(crate) fn outline(&self) -> &Outline {
        self.outline.get_or_init(|| match self.source() {
            Some(source) => source.outline(),
            None => Outline { open: true, ..Outline::default() },
        })
    }

    /// What is asked of a file more than once, found the first time; one answer of each type.
    pub(crate) fn fact<T: Send + Sync + 'static>(&self, find: impl FnOnce(&File) -> T) -> &T {
        self.facts.get(|| find(self))
    }

    /// The text of a node.
    pub(crate) fn text_of(&self, index: usize) -> &str {
        let node = self.flat().node(index);
        self.slice(node.start, node.end)
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

/// Code with its blanks evened out: re-indented code is the same code.
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
