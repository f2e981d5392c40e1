//! A section of a Markdown page as text for a terminal: wrapped, without links and pictures, tables as lists. It knows no
//! topic.

use std::fmt::Write;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use textwrap::core::display_width;

/// Columns of the text; code may be wider.
pub(super) const WIDTH: usize = 80;
/// The widest first column of a table whose second one stands beside it.
const BESIDE: usize = 26;

/// `section`: the heading of the part to show, as it is written; none for the whole page.
pub(super) fn text(markdown: &str, section: Option<&str>) -> String {
    let mut writer = Writer::default();
    let mut inside = section.is_none();
    let mut level = HeadingLevel::H1;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match &event {
            Event::Start(Tag::Heading { .. }) => writer.heading = Some(String::new()),
            Event::End(TagEnd::Heading(of)) => {
                let heading = writer.heading.take().unwrap_or_default();
                let begins = section == Some(heading.as_str());
                if inside && section.is_some() && *of <= level {
                    break;
                }
                if begins {
                    (inside, level) = (true, *of);
                }
                if inside {
                    writer.paragraph(&heading.replace('`', ""), "", "");
                }
            }
            _ if writer.heading.is_some() || inside => writer.event(event),
            _ => {}
        }
    }
    writer.done
}

#[derive(Default)]
struct Writer {
    done: String,
    /// The words of the current paragraph, item or cell.
    words: String,
    heading: Option<String>,
    code: Option<CodeText>,
    picture: bool,
    lists: Vec<List>,
    /// The cells of the rows so far; the first row is the head.
    table: Vec<Vec<String>>,
}

struct List {
    next: Option<u64>,
    /// Whether the current item has written its sign.
    begun: bool,
}

struct CodeText {
    /// Diagrams are text only for a browser.
    shown: bool,
    text: String,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Text(words) => self.add(&words),
            Event::Code(words) => self.add(&format!("`{words}`")),
            Event::SoftBreak | Event::HardBreak => self.add(" "),
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            _ => {}
        }
    }

    fn add(&mut self, words: &str) {
        match (&mut self.heading, &mut self.code) {
            (Some(heading), _) => heading.push_str(words),
            (None, Some(code)) => code.text.push_str(words),
            (None, None) if !self.picture => self.words.push_str(words),
            (None, None) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Image { .. } => self.picture = true,
            Tag::CodeBlock(kind) => {
                self.item_words();
                let shown = !matches!(kind, CodeBlockKind::Fenced(language) if &**language == "mermaid");
                self.code = Some(CodeText { shown, text: String::new() });
            }
            Tag::List(first) => {
                self.item_words();
                self.lists.push(List { next: *first, begun: true });
            }
            Tag::Item => {
                if let Some(list) = self.lists.last_mut() {
                    list.begun = false;
                }
            }
            Tag::TableHead | Tag::TableRow => self.table.push(Vec::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Image => self.picture = false,
            TagEnd::Paragraph | TagEnd::Item => self.item_words(),
            TagEnd::List(_) => drop(self.lists.pop()),
            TagEnd::CodeBlock => {
                if let Some(code) = self.code.take().filter(|code| code.shown) {
                    self.blank_line();
                    for line in code.text.lines() {
                        let _ = writeln!(self.done, "    {line}");
                    }
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.words);
                if let Some(row) = self.table.last_mut() {
                    row.push(cell.trim().to_string());
                }
            }
            TagEnd::Table => {
                let rows = std::mem::take(&mut self.table);
                self.rows(&rows);
            }
            _ => {}
        }
    }

    /// Ends the words of a paragraph or of a list's item.
    fn item_words(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.trim().is_empty() {
            return;
        }
        let depth = self.lists.len();
        let indent = "  ".repeat(depth.saturating_sub(1));
        match self.lists.last_mut() {
            None => self.paragraph(&words, "", ""),
            Some(list) => {
                let sign = match (list.begun, &mut list.next) {
                    (true, _) => "  ".to_string(),
                    (false, None) => "- ".to_string(),
                    (false, Some(n)) => {
                        let sign = format!("{n}. ");
                        *n += 1;
                        sign
                    }
                };
                list.begun = true;
                let rest = " ".repeat(indent.len() + sign.len());
                self.lines(&words, &format!("{indent}{sign}"), &rest);
            }
        }
    }

    fn blank_line(&mut self) {
        if !self.done.is_empty() && !self.done.ends_with("\n\n") {
            self.done.push('\n');
        }
    }

    fn paragraph(&mut self, words: &str, first: &str, rest: &str) {
        self.blank_line();
        self.lines(words, first, rest);
        self.done.push('\n');
    }

    fn lines(&mut self, words: &str, first: &str, rest: &str) {
        let options = textwrap::Options::new(WIDTH)
            .initial_indent(first)
            .subsequent_indent(rest)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        // A picture that is left out leaves two spaces
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        for line in textwrap::wrap(&words, options) {
            let _ = writeln!(self.done, "{}", line.trim_end());
        }
    }

    /// A table: its first column, and beside or below it the others with their heads.
    fn rows(&mut self, rows: &[Vec<String>]) {
        let Some((heads, rows)) = rows.split_first() else { return };
        self.blank_line();
        let widest = rows.iter().filter_map(|row| row.first()).map(|cell| display_width(cell)).max();
        let widest = widest.unwrap_or_default();
        for row in rows {
            let Some((first, others)) = row.split_first() else { continue };
            if let ([second], true) = (others, widest <= BESIDE) {
                let gap = " ".repeat(widest - display_width(first).min(widest) + 2);
                self.lines(second, &format!("{first}{gap}"), &" ".repeat(widest + 2));
                continue;
            }
            self.lines(first, "", "  ");
            for (at, cell) in others.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                let head = heads.get(at + 1).filter(|head| others.len() > 1 && !head.is_empty());
                let head = head.map(|head| format!("{head}: ")).unwrap_or_default();
                self.lines(&format!("{head}{cell}"), "  ", "    ");
            }
        }
        self.done.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Page\n\nBefore.\n\n## Do `it`\n\nA [link](x.md) and a ![picture](x.svg)\nsecond line.\n\n1. one\n2. two:\n   \
         more\n   - below\n\n```sh\n# no heading\nrun\n```\n\n| a | b |\n|---|---|\n| `x` | says \
         x |\n| `long` | says long |\n\n| a | b | c |\n|---|---|---|\n| x | y | |\n\n```mermaid\ngraph\n```\n\n### Below\n\nStill \
         it.\n\n## Next\n\nNot it.\n";

    #[test]
    fn a_section_is_plain_text() {
        let shown = text(PAGE, Some("Do `it`"));
        assert_eq!(
            shown,
            "Do it\n\nA link and a second line.\n\n1. one\n2. two: more\n  - below\n\n    # no heading\n    run\n\n`x`     says \
             x\n`long`  says long\n\nx\n  b: y\n\nBelow\n\nStill it.\n\n"
        );
        assert!(text(PAGE, None).contains("Not it."));
        assert_eq!(text(PAGE, Some("No such section")), "");
    }
}
