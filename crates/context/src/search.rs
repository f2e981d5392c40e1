//! Ranking files for a question in words.
//!
//! BM25 over three fields (path, symbols, text), then one step along imports: a file beside good ones is
//! worth reading even if it uses other words.
//!
//! The weights were chosen by asking for the messages of real commits and looking for the files they changed.

use crate::budget::{count, shown};
use crate::entry::{BODY, Counts, FIELDS, FileId, PATH, SYMBOL};
use crate::file::Role;
use crate::index::Index;
use crate::mention::mentioned;
use crate::query::Query;
use serde::Serialize;
use std::collections::BTreeMap;
use syntax::SymbolKind;

/// What a word is worth by where it stands, and how much a long field takes from that.
const FIELD_WEIGHT: [f32; FIELDS] = [6.0, 3.0, 0.5];
const FIELD_LENGTH: [f32; FIELDS] = [0.3, 0.5, 0.6];
/// How fast repetition stops to count.
const SATURATION: f32 = 1.2;
/// What a file gets of the score of one that imports it, or that it imports.
const TO_IMPORTED: f32 = 0.7;
const TO_IMPORTER: f32 = 0.35;
/// Symbols named with a hit.
const MAX_SYMBOLS: usize = 5;

/// A file that may matter, best first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// Relative to the root
    pub path: String,
    /// For comparing hits of one search only
    pub score: f32,
    /// Lines of the file; 0 where it was not read
    pub lines: u32,
    /// The symbols in it that fit best, in the order of the file
    pub symbols: Vec<SymbolHit>,
    /// What speaks for the file, in words
    pub why: String,
}

/// A symbol in a file that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SymbolHit {
    pub name: String,
    /// 1-based
    pub line: u32,
    pub kind: SymbolKind,
}

/// A file's score and where it comes from.
#[derive(Debug, Clone, Default)]
struct Tally {
    score: f32,
    /// The words found, each with the best field it stands in
    found: Vec<(usize, usize)>,
    named: bool,
    via: Option<(FileId, Way)>,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    ImportedBy,
    Imports,
}

impl Index {
    /// The files that fit `query` best, at most `limit`. Needs no model; the order is always the same.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        let asked = Query::new(self, query);
        let mut tallies = self.direct(&asked);
        let top = tallies.values().map(|tally| tally.score).fold(0.0, f32::max).max(1.0);
        for id in mentioned(self, query) {
            let tally = tallies.entry(id).or_default();
            tally.score += top;
            tally.named = true;
        }
        self.spread_along_imports(&mut tallies);

        let mut order: Vec<(FileId, Tally)> =
            tallies.into_iter().filter(|(_, tally)| tally.score > 0.0).collect();
        // Ids follow paths, so equal scores are in the order of paths.
        order.sort_by(|a, b| b.1.score.total_cmp(&a.1.score).then_with(|| a.0.cmp(&b.0)));
        order.truncate(limit);
        order.iter().filter_map(|(id, tally)| self.hit(*id, tally, &asked)).collect()
    }

    fn direct(&self, asked: &Query) -> BTreeMap<FileId, Tally> {
        let mut tallies: BTreeMap<FileId, Tally> = BTreeMap::new();
        for (n, word) in asked.words.iter().enumerate() {
            // Of several stand-ins in one file the best counts, not their sum.
            let mut best: BTreeMap<FileId, (f32, usize)> = BTreeMap::new();
            for (term, worth) in &word.terms {
                for posting in self.postings.get(*term as usize).into_iter().flatten() {
                    let (strength, field) = self.strength(posting.file, posting.counts);
                    let strength = strength * worth;
                    let own = best.entry(posting.file).or_insert((strength, field));
                    if strength > own.0 {
                        *own = (strength, field);
                    }
                }
            }
            for (file, (strength, field)) in best {
                let tally = tallies.entry(file).or_default();
                tally.score += word.weight * strength * (SATURATION + 1.0) / (SATURATION + strength);
                tally.found.push((n, field));
            }
        }
        let all: f32 = asked.words.iter().map(|word| word.weight).sum();
        for (file, tally) in &mut tallies {
            let covered: f32 = tally.found.iter().map(|(n, _)| asked.words[*n].weight).sum();
            let role = self.entry(*file).map_or(Role::Data, |entry| entry.role);
            tally.score *= (0.5 + 0.5 * covered / all.max(f32::MIN_POSITIVE)) * role_factor(role, asked);
        }
        tallies
    }

    /// How much of a word is in a file, by field, and the field that gives most of it.
    fn strength(&self, file: FileId, counts: Counts) -> (f32, usize) {
        let lengths = self.lengths.get(file as usize).copied().unwrap_or(self.mean);
        let mut sum = 0.0;
        let mut best = (0.0, BODY);
        for field in [PATH, SYMBOL, BODY] {
            let long = 1.0 - FIELD_LENGTH[field] + FIELD_LENGTH[field] * lengths[field] / self.mean[field];
            let part = FIELD_WEIGHT[field] * f32::from(counts[field]) / long;
            sum += part;
            if part > 0.0 && (field != BODY || best.0 == 0.0) && part >= best.0 {
                best = (part, field);
            }
        }
        (sum, best.1)
    }

    fn spread_along_imports(&self, tallies: &mut BTreeMap<FileId, Tally>) {
        let mut gained: BTreeMap<FileId, (f32, FileId, Way)> = BTreeMap::new();
        for (&file, tally) in tallies.iter() {
            let mut give = |to: &[FileId], share: f32, way: Way| {
                let each = tally.score * share / (to.len().max(1) as f32).sqrt();
                for &to in to {
                    let own = gained.entry(to).or_insert((0.0, file, way));
                    // The best neighbour counts alone: a file that everything imports is no better for that.
                    if each > own.0 {
                        *own = (each, file, way);
                    }
                }
            };
            give(self.graph.imports(file), TO_IMPORTED, Way::ImportedBy);
            give(self.graph.importers(file), TO_IMPORTER, Way::Imports);
        }
        for (file, (score, from, way)) in gained {
            let tally = tallies.entry(file).or_default();
            tally.score += score;
            tally.via = Some((from, way));
        }
    }

    fn hit(&self, id: FileId, tally: &Tally, asked: &Query) -> Option<Hit> {
        let entry = self.entry(id)?;
        let mut symbols: Vec<(f32, &syntax::Symbol)> = entry
            .symbols
            .iter()
            .map(|symbol| (asked.fit(&symbol.name), symbol))
            .filter(|(fit, _)| *fit > 0.0)
            .collect();
        symbols.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.line.cmp(&b.1.line)));
        symbols.truncate(MAX_SYMBOLS);
        symbols.sort_by_key(|(_, symbol)| symbol.line);
        let symbols = symbols
            .into_iter()
            .map(|(_, symbol)| SymbolHit { name: symbol.name.clone(), line: symbol.line, kind: symbol.kind })
            .collect();
        let score = (tally.score * 100.0).round() / 100.0;
        Some(Hit {
            path: entry.path.clone(),
            score,
            lines: entry.lines,
            symbols,
            why: self.why(tally, asked),
        })
    }

    fn why(&self, tally: &Tally, asked: &Query) -> String {
        let mut reasons = Vec::new();
        let mut told: Vec<&str> = Vec::new();
        if tally.named {
            reasons.push("named in the question".to_owned());
        }
        for (field, place) in [(PATH, "in its path"), (SYMBOL, "in its symbols"), (BODY, "in its text")] {
            let here = tally.found.iter().filter(|(_, own)| *own == field);
            let mut names: Vec<&str> = Vec::new();
            for (n, _) in here {
                let name = asked.words[*n].asked.as_str();
                if names.len() < 4 && !told.contains(&name) {
                    names.push(name);
                    told.push(name);
                }
            }
            if !names.is_empty() {
                reasons.push(format!("{} {place}", names.join(", ")));
            }
        }
        if let Some((from, way)) = tally.via
            && (tally.found.len() < 2 || tally.named)
            && let Some(entry) = self.entry(from)
        {
            let way = match way {
                Way::ImportedBy => "imported by",
                Way::Imports => "imports",
            };
            reasons.push(format!("{way} {}", shown(&entry.path)));
        }
        reasons.join("; ")
    }
}

fn role_factor(role: Role, asked: &Query) -> f32 {
    match role {
        Role::Code => 1.0,
        Role::Test if asked.about_tests => 1.2,
        Role::Test => 0.4,
        Role::Docs if asked.about_docs => 1.2,
        Role::Docs => 0.35,
        Role::Data => 0.4,
        Role::Opaque => 0.3,
    }
}

/// Hits as text for people and for prompts: a line for the file, one for its symbols.
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
