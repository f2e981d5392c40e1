//! Selects lines instead of whole files: the functions and ranges of the best files that fit a question, within a
//! budget of tokens.
//!
//! Each file is cut at its symbols. The score of a piece begins with that of its file. It rises with words of the
//! question in the piece, and falls with the length of the file, in which a single line seldom matters.

use crate::budget::bytes_of;
use crate::entry::{Entry, FileId};
use crate::excerpt::{Block, MAX_LINE, blocks, inside, name_fit};
use crate::file::{Role, read_text};
use crate::index::Index;
use crate::ranking::{Evidence, Weights};
use serde::Serialize;
use shared::lockfiles::is_lockfile;

/// The most files whose lines are scored.
const MAX_FILES: usize = 40;
/// The cost of a line beside its text: its number.
const NUMBER: usize = 8;
/// The cost of a file beside its lines: its name and a frame.
const FRAME: usize = 30;
/// Pieces with at most this many lines between them become one passage.
const GAP: usize = 3;
/// The power of a file's score, relative to the best file, in the score of its lines.
const FILE_POWER: f32 = 1.5;
/// How much the length of a file, and of a piece, reduces the score of a line.
const FILE_LENGTH: f32 = 0.5;
const PIECE_LENGTH: f32 = 0.5;
/// The share of the score that a piece has without any word of the question.
const SILENT: f32 = 0.25;
/// Lines of a longer symbol, or between symbols, that are one piece.
const PIECE: usize = 20;
/// How sharply a piece that must be asked for is judged, and the share of the budget for all of these.
const ASKED: i32 = 4;
const ASKED_SHARE: usize = 6;
/// The least share of the score of a piece where files of its kind change.
const USUAL: f32 = 0.6;
/// The names of lists of changes, without their endings, and the lines at the top that change.
const LOGS: [&str; 6] = ["changelog", "changes", "history", "news", "release-notes", "releases"];
const LOG_TOP: usize = 24;
/// A word in the name of a symbol counts as many times as one in the text.
const NAME: f32 = 3.0;

/// Adjacent lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Passage {
    /// Relative to the root
    pub path: String,
    /// 1-based, both included
    pub from: u32,
    pub to: u32,
    /// The symbols that begin in it
    pub symbols: Vec<String>,
}

/// A piece of a file during the selection.
struct Piece {
    rank: usize,
    block: Block,
    bytes: usize,
    worth: f32,
    place: Place,
}

/// How changes are spread over a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    /// New tests are appended.
    Test,
    /// A list of changes grows at its top.
    Log,
    /// A package manager changes the lines of one package.
    Lock,
    Opaque,
}

impl Kind {
    fn of(entry: &Entry) -> Self {
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
        match entry.role {
            Role::Opaque if is_lockfile(&entry.path) => Self::Lock,
            Role::Opaque => Self::Opaque,
            Role::Test => Self::Test,
            Role::Docs if LOGS.contains(&stem.as_str()) => Self::Log,
            Role::Code | Role::Docs | Role::Data => Self::Code,
        }
    }
}

/// What the place of a piece in its file says about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Any,
    /// Files of this kind change here.
    Usual,
    /// They change here only if the question has words of it.
    OnlyIfAsked,
}

impl Place {
    fn of(kind: Kind, block: Block, lines: usize) -> Self {
        match kind {
            Kind::Log if block.from < LOG_TOP => Self::Usual,
            Kind::Test if block.to == lines && lines > 0 => Self::Usual,
            Kind::Log | Kind::Lock => Self::OnlyIfAsked,
            Kind::Code | Kind::Test | Kind::Opaque => Self::Any,
        }
    }
}

impl Index {
    /// The lines that fit `query` best: [`Evidence::passages`] with the usual weights.
    pub fn lines_for(&self, query: &str, budget_tokens: usize) -> Vec<Passage> {
        let evidence = self.evidence(query);
        if evidence.is_asked() { evidence.passages(&evidence.weights, budget_tokens) } else { Vec::new() }
    }
}

impl Evidence<'_> {
    /// The lines that fit the question best, in at most `budget_tokens` together; by file, best first, then by line.
    pub fn passages(&self, weights: &Weights, budget_tokens: usize) -> Vec<Passage> {
        let ranked = self.ranked(weights, MAX_FILES);
        let files: Vec<&Entry> = ranked.iter().filter_map(|(file, _)| self.index.entry(*file)).collect();
        let mut pieces = self.pieces(&ranked, &files);
        pieces.sort_by(|a, b| {
            b.worth.total_cmp(&a.worth).then_with(|| (a.rank, a.block.from).cmp(&(b.rank, b.block.from)))
        });
        let mut left = bytes_of(budget_tokens);
        let (mut asked, of_asked) = (0, left / ASKED_SHARE);
        let mut shown = vec![false; files.len()];
        let mut chosen: Vec<(usize, Block)> = Vec::new();
        for piece in pieces {
            let path = files.get(piece.rank).map_or(0, |entry| entry.path.len());
            let frame = if shown[piece.rank] { 0 } else { FRAME + path };
            if piece.place == Place::OnlyIfAsked && asked + piece.bytes > of_asked {
                continue;
            }
            if let Some(rest) = left.checked_sub(piece.bytes + frame) {
                if piece.place == Place::OnlyIfAsked {
                    asked += piece.bytes;
                }
                left = rest;
                shown[piece.rank] = true;
                chosen.push((piece.rank, piece.block));
            }
        }
        chosen.sort_by_key(|(rank, block)| (*rank, block.from));
        joined(&files, &chosen)
    }

    fn pieces(&self, ranked: &[(FileId, f32)], files: &[&Entry]) -> Vec<Piece> {
        let best = ranked.first().map_or(1.0, |(_, score)| *score);
        let mut pieces = Vec::new();
        let mut fits: Vec<f32> = Vec::new();
        for (rank, entry) in files.iter().enumerate() {
            let kind = Kind::of(entry);
            if kind == Kind::Opaque {
                continue;
            }
            let Some(text) = read_text(self.index.root(), &entry.path) else { continue };
            let lines: Vec<&str> = text.lines().collect();
            let length = if kind == Kind::Log { lines.len().min(LOG_TOP) } else { lines.len() };
            let of_file = (ranked[rank].1 / best).powf(FILE_POWER) / (length.max(8) as f32).powf(FILE_LENGTH);
            let symbols = entry.symbols();
            for block in blocks(&lines, &symbols, PIECE) {
                let own = lines.get(block.from..block.to).unwrap_or_default();
                let words: f32 = own.iter().map(|line| self.asked.fit(line)).sum();
                let name = name_fit(&symbols, block, &self.asked);
                let size = own.len().max(4) as f32;
                let fit = (NAME * name + words) / size.powf(PIECE_LENGTH);
                let place = Place::of(kind, block, lines.len());
                fits.push(fit);
                let bytes = own.iter().map(|line| line.len().min(MAX_LINE) + NUMBER).sum();
                pieces.push(Piece { rank, block, bytes, worth: of_file, place });
            }
        }
        let most = fits.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        for (piece, fit) in pieces.iter_mut().zip(fits) {
            let fit = (fit / most).sqrt();
            piece.worth *= match piece.place {
                Place::Any => SILENT + (1.0 - SILENT) * fit,
                Place::Usual => fit.max(USUAL),
                Place::OnlyIfAsked => fit.powi(ASKED),
            };
        }
        pieces
    }
}

/// Joins pieces of one file that touch, or nearly touch, to passages.
fn joined(files: &[&Entry], chosen: &[(usize, Block)]) -> Vec<Passage> {
    let mut joined: Vec<(usize, Block)> = Vec::new();
    for &(rank, block) in chosen {
        match joined.last_mut() {
            Some((last, before)) if *last == rank && block.from <= before.to + GAP => before.to = block.to,
            _ => joined.push((rank, block)),
        }
    }
    joined
        .into_iter()
        .filter_map(|(rank, block)| {
            let entry = files.get(rank)?;
            let symbols = inside(&entry.symbols(), block).iter().map(|symbol| symbol.name.clone()).collect();
            Some(Passage {
                path: entry.path.to_string(),
                from: block.from as u32 + 1,
                to: block.to as u32,
                symbols,
            })
        })
        .collect()
}
