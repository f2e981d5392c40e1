//! The hits of a search: the best files, their best symbols, and the reasons for each file.
//!
//! `ranking` decides the order; `brief` and `engine::cli::search` show the hits. It opens no file and changes no
//! rank; it only adds words. A reason comes from the evidence: evidence without a score is never named.

use crate::budget::{clip, count, shown};
use crate::entry::{BODY, FileId, PATH, SYMBOL};
use crate::index::Index;
use crate::ranking::{Evidence, Part, Voice, found};
use serde::Serialize;
use syntax::SymbolKind;

/// The most symbols of a hit.
const MAX_SYMBOLS: usize = 5;
/// The most words that are named for one field.
const MAX_NAMED: usize = 4;
/// A part that gives less of a file's score than this is not named as a reason.
const WORTH_NAMING: f32 = 0.08;

/// A part that gives less of a file's score than this is not listed.
const LEAST: f32 = 0.005;

/// A file that may matter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// Relative to the root
    pub path: String,
    /// Only for comparing hits of one search
    pub score: f32,
    /// Number of lines; 0 if the file was not read
    pub lines: u32,
    /// The best symbols of the file, in its order
    pub symbols: Vec<SymbolHit>,
    /// How much each part of the ranking adds to the score, the most first
    pub parts: Vec<PartOfScore>,
    /// The reasons, in words
    pub why: String,
}

/// How much one part of the ranking adds to the score of a file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PartOfScore {
    pub part: Part,
    pub score: f32,
}

/// A symbol in a file of the hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SymbolHit {
    pub name: String,
    /// 1-based
    pub line: u32,
    pub kind: SymbolKind,
}

impl Index {
    /// The files that fit `query` best, at most `limit`. It needs no model, and the order is always the same.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        let evidence = self.evidence(query);
        if !evidence.is_asked() {
            return Vec::new();
        }
        let ranked = evidence.ranked(&evidence.weights, limit);
        ranked.iter().filter_map(|(file, score)| evidence.hit(*file, *score)).collect()
    }
}

impl Evidence<'_> {
    fn hit(&self, file: FileId, score: f32) -> Option<Hit> {
        let entry = self.index.entry(file)?;
        let defined = entry.symbols();
        let mut symbols: Vec<(f32, &syntax::Symbol)> = defined
            .iter()
            .map(|symbol| (self.asked.fit(&symbol.name), symbol))
            .filter(|(fit, _)| *fit > 0.0)
            .collect();
        symbols.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.line.cmp(&b.1.line)));
        symbols.truncate(MAX_SYMBOLS);
        symbols.sort_by_key(|(_, symbol)| symbol.line);
        let symbols = symbols
            .into_iter()
            .map(|(_, symbol)| SymbolHit { name: symbol.name.clone(), line: symbol.line, kind: symbol.kind })
            .collect();
        let voices = self.voices(file);
        let mut parts: Vec<PartOfScore> = Part::ALL
            .into_iter()
            .map(|part| {
                let own = part.voices().iter().map(|voice| *voice as usize);
                let score = own.map(|n| voices[n] * self.weights.0[n]).sum();
                PartOfScore { part, score }
            })
            .filter(|own: &PartOfScore| own.score > LEAST * score)
            .collect();
        parts.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.part.cmp(&b.part)));
        let mut reasons = Vec::new();
        let worth = parts.iter().filter(|own| own.score >= WORTH_NAMING * score).map(|own| own.part);
        let (named, others): (Vec<Part>, Vec<Part>) = worth.partition(|part| *part == Part::Named);
        for part in named.into_iter().chain(others) {
            self.reasons(part, file, &mut reasons);
        }
        for own in &mut parts {
            own.score = rounded(own.score);
        }
        Some(Hit {
            path: entry.path.to_string(),
            score: rounded(score),
            lines: entry.lines,
            symbols,
            parts,
            why: reasons.join("; "),
        })
    }

    /// The reasons of a part for a file, in words.
    fn reasons(&self, part: Part, file: FileId, reasons: &mut Vec<String>) {
        let other = |of: Option<&FileId>| Some(shown(&self.index.entry(*of?)?.path).into_owned());
        match part {
            Part::Text => self.words(file, reasons),
            Part::Named => reasons.push("named in the question".to_owned()),
            Part::History => reasons.extend(self.past(file)),
            Part::CoChange => {
                reasons.extend(other(self.together.get(&file)).map(|path| format!("changes with {path}")));
            }
            Part::Recency => {
                let commits = self.index.history.of(file).len();
                reasons.push(format!("changed in {} before", count(commits, "commit")));
            }
            Part::Graph => {
                reasons.extend(self.connected.get(&file).and_then(|from| self.edge(*from, file)));
            }
            Part::Meaning => {
                let similar = self.meaning.and_then(|meaning| meaning.similarity(file));
                reasons.extend(similar.map(|similar| format!("similar in meaning ({similar:.2})")));
            }
            Part::Neighbours => {
                let folder = self.voices(file)[Voice::Folder as usize] > 0.0;
                match other(self.beside.get(&file)) {
                    Some(path) => reasons.push(format!("beside {path}")),
                    None if folder && reasons.is_empty() => {
                        reasons.push("in a folder of good files".to_owned())
                    }
                    None => {}
                }
            }
        }
    }

    fn edge(&self, from: FileId, to: FileId) -> Option<String> {
        let path = shown(&self.index.entry(from)?.path).into_owned();
        let how = if self.index.graph.imports(from).contains(&to) {
            "imported by"
        } else if self.index.graph.importers(from).contains(&to) {
            "imports"
        } else {
            "shares names with"
        };
        Some(format!("{how} {path}"))
    }

    /// The most similar of the commits that changed a file.
    fn past(&self, file: FileId) -> Option<String> {
        let commits =
            self.voters.iter().filter_map(|voter| self.index.history.commits.get(voter.commit as usize));
        let mut own = commits.filter(|commit| commit.files.contains(&file));
        let subject = clip(&own.next()?.subject, 60);
        let more = own.count();
        let more = if more > 0 { format!(" and {more} more like it") } else { String::new() };
        Some(format!("changed by {subject:?}{more}"))
    }

    fn words(&self, file: FileId, reasons: &mut Vec<String>) {
        let found = found(self.index, file, &self.asked);
        let mut told: Vec<&str> = Vec::new();
        for (field, place) in [(PATH, "in its path"), (SYMBOL, "in its symbols"), (BODY, "in its text")] {
            let mut names: Vec<&str> = Vec::new();
            for own in found.iter().filter(|own| own.field == field) {
                let Some(word) = self.asked.words.get(own.word) else { continue };
                if names.len() < MAX_NAMED && !told.contains(&word.asked.as_str()) {
                    names.push(&word.asked);
                    told.push(&word.asked);
                }
            }
            if !names.is_empty() {
                reasons.push(format!("{} {place}", names.join(", ")));
            }
        }
    }
}

fn rounded(score: f32) -> f32 {
    (score * 1_000.0).round() / 1_000.0
}

/// Hits as text for people and for prompts: one line for the file, one for its symbols.
pub fn render(hits: &[Hit]) -> String {
    if hits.is_empty() {
        return "nothing found\nhint: use words that names in the code would contain\n".to_owned();
    }
    hits.iter().map(render_one).collect()
}

pub(crate) fn render_one(hit: &Hit) -> String {
    let mut text = format!("{} ({}): {}\n", shown(&hit.path), count(hit.lines as usize, "line"), hit.why);
    if !hit.symbols.is_empty() {
        let names: Vec<String> = hit
            .symbols
            .iter()
            .map(|symbol| format!("{} {}:{}", kind_name(symbol.kind), symbol.name, symbol.line))
            .collect();
        text += &format!("    {}\n", names.join(", "));
    }
    text
}

fn kind_name(kind: SymbolKind) -> &'static str {
    match kind {
        SymbolKind::Function => "function",
        SymbolKind::Method => "method",
        SymbolKind::Class => "class",
        SymbolKind::Struct => "struct",
        SymbolKind::Enum => "enum",
        SymbolKind::Trait => "trait",
        SymbolKind::Interface => "interface",
        SymbolKind::Type => "type",
        SymbolKind::Constant => "constant",
        SymbolKind::Variable => "variable",
        SymbolKind::Module => "module",
        SymbolKind::Macro => "macro",
    }
}
