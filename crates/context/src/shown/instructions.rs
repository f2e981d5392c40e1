//! A long file of instructions for agents, cut to the sections that concern some files.
//!
//! By headings and words; a long section is cut at its paragraphs and lines. What is left out is named by its heading, so that a
//! role can read on. It judges nothing that the file says.

use crate::budget::clip;
use std::collections::BTreeSet;

/// Headings that are named where their sections are left out, and bytes of one.
const MAX_NAMED: usize = 12;
const MAX_HEADING: usize = 60;
/// Shorter words stand in every section.
const SHORTEST: usize = 4;
/// A section that takes more than this share of the room is cut into pieces: a file may have one heading, or none.
const LONG: usize = 4;
/// The level of a piece, which is below every heading.
const PIECE: usize = 7;

/// A heading with what stands below it, up to the next heading; or a piece of that.
struct Section<'t> {
    /// Empty for what stands before the first heading.
    heading: &'t str,
    text: &'t str,
    level: usize,
}

/// At most about `limit` bytes of `text`: what stands before the first section, then the sections that fit `files` and `words` best,
/// in their order, with the headings above them. A shorter text stays as it is. `path`: where a role reads the rest.
pub fn cut_instructions(path: &str, text: &str, files: &[String], words: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_string();
    }
    let sections: Vec<Section<'_>> =
        sections(text).into_iter().flat_map(|section| pieces(section, limit / LONG)).collect();
    let wanted = wanted(files, words);
    let mut ranked: Vec<(usize, usize)> =
        sections.iter().enumerate().map(|(n, section)| (fit(section, files, &wanted), n)).collect();
    ranked.sort_by_key(|(fit, n)| (std::cmp::Reverse(*fit), *n));
    let mut kept = vec![false; sections.len()];
    let mut left = limit;
    for (fit, n) in ranked {
        let Some(section) = sections.get(n) else { continue };
        // What stands before the first heading is for everybody
        let for_all = section.level == 0 || section.heading.is_empty();
        let room = if fit > 0 || for_all { left } else { left.saturating_sub(limit / 2) };
        if section.text.len() <= room {
            left -= section.text.len();
            if let Some(kept) = kept.get_mut(n) {
                *kept = true;
            }
        }
    }
    let (mut out, mut gone) = (String::new(), Vec::new());
    for (n, section) in sections.iter().enumerate() {
        let below = sections.iter().zip(&kept).skip(n + 1);
        let mut below = below.take_while(|(other, _)| other.level > section.level);
        if kept.get(n) == Some(&true) {
            out.push_str(section.text);
            continue;
        }
        if (1..PIECE).contains(&section.level) && below.any(|(_, kept)| *kept) {
            out.push_str(&format!("{}\n", section.heading));
        }
        if gone.last() != Some(&section.heading) {
            gone.push(section.heading);
        }
    }
    let heading = |heading: &&str| clip(heading.trim_start_matches('#').trim(), MAX_HEADING);
    let named: Vec<String> = gone.iter().map(heading).filter(|name| !name.is_empty()).collect();
    let more = named.len().saturating_sub(MAX_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named = named.get(..MAX_NAMED).unwrap_or(&named).join("; ");
    let colon = if named.is_empty() { "" } else { ": " };
    out.push_str(&format!(
        "\n(Cut to what concerns this task. Read {path} where you need the rest{colon}{named}{more}.)\n"
    ));
    out
}

fn sections(text: &str) -> Vec<Section<'_>> {
    let (mut starts, mut at, mut fenced) = (vec![0], 0, false);
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if !fenced && at > 0 && level(line) > 0 {
            starts.push(at);
        }
        at += line.len();
    }
    starts.push(text.len());
    let parts = starts.windows(2).filter_map(|pair| text.get(pair[0]..pair[1]));
    parts
        .map(|text| {
            let first = text.lines().next().unwrap_or_default();
            let level = level(first);
            Section { heading: if level > 0 { first } else { "" }, text, level }
        })
        .collect()
}

/// A section as it is, or, if it is longer than `limit`, its paragraphs; of a longer paragraph the lines. A block of code stays
/// together, and so does a heading with what follows it.
fn pieces(section: Section<'_>, limit: usize) -> Vec<Section<'_>> {
    let Section { heading, text, level } = section;
    if text.len() <= limit {
        return vec![section];
    }
    let (mut parts, mut from, mut at) = (Vec::new(), 0, 0);
    let (mut fenced, mut is_begun) = (false, false);
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        is_begun |= !line.trim().is_empty() && (at > 0 || level == 0);
        at += line.len();
        fenced ^= line.trim_start().starts_with("```");
        let ends = line.trim().is_empty() && lines.peek().is_some_and(|next| !next.trim().is_empty());
        let next = lines.peek().map_or(0, |next| next.len());
        if is_begun && !fenced && (ends || at - from + next > limit) {
            parts.extend(text.get(from..at));
            from = at;
        }
    }
    parts.extend(text.get(from..).filter(|rest| !rest.is_empty()));
    let levels = std::iter::once(level).chain(std::iter::repeat(PIECE));
    parts.into_iter().zip(levels).map(|(text, level)| Section { heading, text, level }).collect()
}

/// Of a heading; 0: it is none.
fn level(line: &str) -> usize {
    let marks = line.bytes().take_while(|byte| *byte == b'#').count();
    if (1..=6).contains(&marks) && line.as_bytes().get(marks) == Some(&b' ') { marks } else { 0 }
}

fn wanted(files: &[String], words: &str) -> BTreeSet<String> {
    let texts = files.iter().map(String::as_str).chain([words]);
    texts.flat_map(split).collect()
}

fn split(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= SHORTEST);
    words.map(str::to_lowercase)
}

/// How well a section fits: a path or an ending that it names counts more than words.
fn fit(section: &Section<'_>, files: &[String], wanted: &BTreeSet<String>) -> usize {
    let own: BTreeSet<String> = split(section.text).collect();
    let in_heading = split(section.heading).filter(|word| wanted.contains(word)).count();
    let shared = own.iter().filter(|word| wanted.contains(*word)).count();
    let names = |file: &&String| {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let ending = file.rsplit_once('.').map_or(String::new(), |(_, ending)| format!("*.{ending}"));
        let named = |name: &str| !name.is_empty() && section.text.contains(name);
        named(file) || (folder.len() >= SHORTEST && named(folder)) || (ending.len() > 2 && named(&ending))
    };
    20 * files.iter().filter(names).count().min(5) + 4 * in_heading + shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sections_that_concern_the_files_stay_and_the_others_are_named() {
        let other = |n: usize| format!("## Area {n}\n\n{}\n", "Keep things tidy over there. ".repeat(40));
        let billing =
            "## Billing\n\nAmounts in `src/billing/` are integers of cents.\n\n```sh\n# no heading\n```\n\n";
        let text = format!(
            "Always run the tests.\n\n# Rules\n\n{}{billing}{}",
            (0..9).map(other).collect::<String>(),
            other(9)
        );
        let cut =
            cut_instructions("AGENTS.md", &text, &["src/billing/vat.js".into()], "round the tax", 2_500);
        assert!(cut.starts_with("Always run the tests.\n\n# Rules\n") && cut.contains(billing), "{cut}");
        assert!(cut.len() < 3_300, "{}", cut.len());
        assert!(cut.contains("Read AGENTS.md where you need the rest: Area "), "{cut}");
        assert_eq!(
            cut,
            cut_instructions("AGENTS.md", &text, &["src/billing/vat.js".into()], "round the tax", 2_500)
        );
        assert_eq!(cut_instructions("a", "# short\n", &[], "", 100), "# short\n");
        let flat = "x".repeat(9_000);
        assert!(cut_instructions("a", &flat, &[], "", 100).len() < 300);
    }

    #[test]
    fn a_long_list_without_headings_is_cut_line_by_line() {
        let rule = |n: usize| match n {
            70 => "- Amounts in `src/billing/` are integers of cents.\n".to_owned(),
            n => format!("- Rule {n} keeps everything else tidy, too.\n"),
        };
        let rules: String = (0..100).map(rule).collect();
        let files = ["src/billing/vat.js".to_owned()];
        for (start, named) in [("", ""), ("# House rules\n\n", ": House rules")] {
            let text = format!("{start}{rules}");
            let cut = cut_instructions("AGENTS.md", &text, &files, "round the tax", 1_000);
            assert!(cut.starts_with(start) && cut.contains("integers of cents"), "{cut}");
            assert!(cut.len() < 1_300 && cut.matches("- Rule").count() > 5, "{cut}");
            assert_eq!(
                cut.matches(&format!("Read AGENTS.md where you need the rest{named}.)")).count(),
                1,
                "{cut}"
            );
        }
    }
}
