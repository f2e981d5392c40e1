//! Excerpts of a file for a question, with line numbers and a note about each gap.
//!
//! `task` and `brief` request them, `budget` sets their length. It gets texts and opens no file.

use crate::budget::clip;
use crate::query::Query;
use std::collections::HashSet;
use syntax::{Language, Symbol, SymbolKind};

/// Longer lines are cut, because they are data inside of code.
pub(crate) const MAX_LINE: usize = 400;
/// Without symbols, or inside of a longer one, a file is cut into pieces of this many lines.
const PIECE: usize = 40;
/// The first lines of a file, its imports, are always shown if possible.
const HEAD: usize = 12;
/// The longest first line of a symbol that is shown, in bytes.
const MAX_SIGNATURE: usize = 160;
/// The most lines of an outline.
const MAX_OUTLINE: usize = 100;
/// How often a selection that is too long is repeated.
const ROUNDS: usize = 12;
/// The most symbols that are named for a gap.
const MAX_NAMED: usize = 12;
/// The share of a symbol's name that counts for a piece of its body that is not the first.
const REST: f32 = 0.7;
/// A longer symbol says nothing about the pieces of its body.
const MAX_BODY: usize = 300;
/// Lines behind a symbol that belong to its last piece.
const MAX_TAIL: usize = 3;
/// The most lines of a comment that belong to the symbol below it. Without a limit, a file in which each line is both a
/// symbol and a comment would be read once for each of its lines.
const MAX_ATTACHED: usize = 200;
/// How many symbols before a piece are looked at for the one that contains it.
const MAX_AROUND: usize = 50;
/// In a folded file, a block that fits less than this share of the best one is not worth its tokens.
const WEAK: f32 = 0.15;
/// The share of a folded file's room that signatures may take.
const SIGNATURES: usize = 2;

/// What stands in the place of lines that are not shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// Names of the symbols that begin there.
    Named,
    /// The first line of each of them.
    Signed,
}

/// Lines `from..to`, 0-based.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// The parts of `text` that fit `query` best, in at most `limit` bytes; empty if not even a line fits.
pub(crate) fn excerpt(path: &str, text: &str, query: &Query, limit: usize) -> String {
    shortened(text, &symbols_of(path, text), query, limit, Gap::Named)
}

/// The whole file, folded: the bodies that fit `query`, and only the first line of each other symbol. Where the first
/// lines alone take too much room, the symbols are named.
pub(crate) fn folded(path: &str, text: &str, query: &Query, limit: usize) -> String {
    let symbols = symbols_of(path, text);
    let signed = signed(symbols.iter(), &text.lines().collect::<Vec<_>>()).len();
    let gap = if signed <= limit / SIGNATURES { Gap::Signed } else { Gap::Named };
    shortened(text, &symbols, query, limit, gap)
}

fn symbols_of(path: &str, text: &str) -> Vec<Symbol> {
    Language::of_path(path).map(|language| syntax::outline(language, text).symbols).unwrap_or_default()
}

fn shortened(text: &str, symbols: &[Symbol], query: &Query, limit: usize, gap: Gap) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let blocks = blocks(&lines, symbols, PIECE);
    let mut ranked: Vec<(f32, usize)> = blocks
        .iter()
        .enumerate()
        .map(|(n, block)| {
            let name = name_fit(symbols, *block, query);
            let words: f32 = lines[block.from..block.to].iter().map(|line| query.fit(line)).sum();
            let size = (block.to - block.from).max(4) as f32;
            let head = if block.from == 0 { f32::MAX } else { 0.0 };
            (head.max(3.0 * name + words / size.sqrt()), n)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    // If any block fits the question, blocks that do not fit are left out; the reader can ask for them.
    let best = ranked.iter().filter(|(_, n)| blocks[*n].from > 0).map(|(fit, _)| *fit).fold(0.0, f32::max);
    if best > 0.0 {
        let least = if gap == Gap::Signed { WEAK * best } else { 0.0 };
        ranked.retain(|(fit, _)| *fit > 0.0 && *fit >= least);
    }

    // Notes about gaps take room too, and their length is known only after drawing. So it selects, draws, and if the
    // result is too long, selects again with more bytes reserved.
    let mut kept_back = 0;
    for _ in 0..ROUNDS {
        let room = limit.saturating_sub(kept_back);
        let chosen = choose(&lines, &blocks, &ranked, room);
        let drawn = draw(&lines, symbols, &blocks, &chosen, gap);
        if drawn.len() <= limit {
            return if chosen.contains(&true) { drawn } else { String::new() };
        }
        kept_back = (kept_back * 3 / 2).max(kept_back + drawn.len() - limit);
    }
    String::new()
}

/// The best blocks that fit into `room` bytes.
fn choose(lines: &[&str], blocks: &[Block], ranked: &[(f32, usize)], room: usize) -> Vec<bool> {
    let mut chosen = vec![false; blocks.len()];
    let mut spent = 0;
    for &(_, n) in ranked {
        let size: usize =
            lines[blocks[n].from..blocks[n].to].iter().map(|line| line.len().min(MAX_LINE) + 8).sum();
        if spent + size <= room {
            chosen[n] = true;
            spent += size;
        }
    }
    chosen
}

/// The outline of a file: its exported symbols that are `wanted`, as they are written, one line each, in at most `limit`
/// bytes.
pub(crate) fn outline(
    text: &str,
    symbols: &[Symbol],
    wanted: &dyn Fn(&Symbol) -> bool,
    limit: usize,
) -> String {
    let exported: HashSet<&str> =
        symbols.iter().filter(|symbol| symbol.exported).map(|symbol| &*symbol.name).collect();
    let reachable = |symbol: &Symbol| {
        let within = |container: &String| exported.contains(container.as_str());
        symbol.exported
            || (symbol.kind == SymbolKind::Method && symbol.container.as_ref().is_some_and(within))
    };
    let shown = symbols.iter().filter(|symbol| reachable(symbol) && wanted(symbol));
    listed(text, shown.take(MAX_OUTLINE), limit)
}

fn listed<'a>(text: &str, symbols: impl Iterator<Item = &'a Symbol>, limit: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = crate::budget::Limited::new(limit);
    for line in signed(symbols, &lines).split_inclusive('\n') {
        if !out.push(line) {
            break;
        }
    }
    out.finish()
}

/// The first line of each symbol, with its number.
fn signed<'a>(symbols: impl Iterator<Item = &'a Symbol>, lines: &[&str]) -> String {
    let mut text = String::new();
    let mut last = 0;
    for symbol in symbols {
        let Some(line) = lines.get((symbol.line as usize).saturating_sub(1)) else { continue };
        if symbol.line != last {
            let line = clip(line.trim_end().trim_end_matches('{').trim_end(), MAX_SIGNATURE);
            text += &format!("{:>5}  {line}\n", symbol.line);
        }
        last = symbol.line;
    }
    text
}

/// A whole file for a prompt, with long lines cut.
pub(crate) fn whole(text: &str) -> String {
    if text.lines().all(|line| line.len() <= MAX_LINE) {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return format!("{text}{end}");
    }
    text.lines().map(|line| clip(line, MAX_LINE) + "\n").collect()
}

/// Cuts a file at its symbols: each innermost short symbol is a block, and so are the lines between. Longer ones are cut
/// into blocks of `piece` lines.
pub(crate) fn blocks(lines: &[&str], symbols: &[Symbol], piece: usize) -> Vec<Block> {
    let mut cuts = vec![0, lines.len(), HEAD.min(lines.len())];
    for symbol in symbols {
        let from = (symbol.line as usize).saturating_sub(1);
        // The comment and the attributes right above a symbol belong to it.
        let above = lines[..from.min(lines.len())].iter().rev().take(MAX_ATTACHED);
        let above = above.take_while(|line| is_attached(line)).count();
        cuts.push(from - above.min(from));
        cuts.push((symbol.end_line as usize).min(lines.len()));
    }
    cuts.retain(|cut| *cut <= lines.len());
    cuts.sort_unstable();
    cuts.dedup();
    let mut blocks: Vec<Block> = Vec::new();
    for pair in cuts.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        // Empty lines between two symbols are not a separate block.
        if let Some(last) = blocks.last_mut()
            && lines[from..to].iter().all(|line| line.trim().is_empty())
        {
            last.to = to;
            continue;
        }
        while to - from > piece + piece / 2 {
            blocks.push(Block { from, to: from + piece });
            from += piece;
        }
        blocks.push(Block { from, to });
    }
    blocks
}

fn is_attached(line: &str) -> bool {
    let line = line.trim_start();
    ["//", "#[", "/*", "* ", "*/", "@", "# "].iter().any(|start| line.starts_with(start)) || line == "*"
}

fn draw(lines: &[&str], symbols: &[Symbol], blocks: &[Block], chosen: &[bool], how: Gap) -> String {
    let mut text = String::new();
    let mut gap: Option<Block> = None;
    for (block, chosen) in blocks.iter().zip(chosen) {
        if !chosen {
            gap = Some(Block { from: gap.map_or(block.from, |gap| gap.from), to: block.to });
            continue;
        }
        if let Some(gap) = gap.take() {
            text += &describe(gap, lines, symbols, how);
        }
        for (n, line) in lines[block.from..block.to].iter().enumerate() {
            text += &format!("{:>5}  {}\n", block.from + n + 1, clip(line, MAX_LINE));
        }
    }
    if let Some(gap) = gap {
        text += &describe(gap, lines, symbols, how);
    }
    text
}

/// A note about a gap, so that the reader knows what to ask for.
fn describe(gap: Block, lines: &[&str], symbols: &[Symbol], how: Gap) -> String {
    if lines[gap.from..gap.to].iter().all(|line| line.trim().is_empty()) {
        return String::new();
    }
    let inside = inside(symbols, gap);
    if how == Gap::Signed && !inside.is_empty() {
        let signed = signed(inside.iter(), lines);
        return format!("    …  lines {}-{}, in outline:\n{signed}", gap.from + 1, gap.to);
    }
    let names: Vec<String> = inside
        .iter()
        .take(MAX_NAMED)
        .map(|symbol| format!("{}:{}", clip(&symbol.name, 60), symbol.line))
        .collect();
    let more = inside.len().saturating_sub(MAX_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let what = if names.is_empty() { String::new() } else { format!(": {}{more}", names.join(", ")) };
    format!("    …  lines {}-{} not shown{what}\n", gap.from + 1, gap.to)
}

/// How well the names of a block's symbols fit: of those that begin in it, and of the one of which it is a part.
pub(crate) fn name_fit(symbols: &[Symbol], block: Block, query: &Query) -> f32 {
    let begun = inside(symbols, block).iter().map(|symbol| query.fit(&symbol.name)).fold(0.0, f32::max);
    let (from, to) = (block.from + 1, block.to);
    let is_part = |symbol: &&Symbol| {
        let (first, last) = (symbol.line as usize, symbol.end_line as usize);
        first < from && last >= from && last + MAX_TAIL >= to && last - first < MAX_BODY
    };
    let around = symbols[..symbols.partition_point(|symbol| (symbol.line as usize) < from)].iter().rev();
    let part = around.take(MAX_AROUND).find(is_part).map_or(0.0, |symbol| query.fit(&symbol.name));
    begun.max(REST * part)
}

/// The symbols that begin in a block; `symbols` is in the order of lines.
pub(crate) fn inside(symbols: &[Symbol], block: Block) -> &[Symbol] {
    let before = |end: usize| symbols.partition_point(|symbol| (symbol.line as usize) <= end);
    &symbols[before(block.from)..before(block.to)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_belongs_to_the_symbol_below_it_up_to_a_limit() {
        let text = format!("let a = 1;\n{}function f() {{}}\n", "// A comment.\n".repeat(300));
        let lines: Vec<&str> = text.lines().collect();
        let symbols = syntax::outline(Language::JavaScript, &text).symbols;
        let cuts = |lines: &[&str], symbols: &[Symbol]| -> Vec<usize> {
            blocks(lines, symbols, 1_000).iter().map(|block| block.from).collect()
        };
        assert!(symbols.iter().any(|symbol| symbol.name == "f" && symbol.line == 302));
        assert!(cuts(&lines, &symbols).contains(&(301 - MAX_ATTACHED)));
    }
}
