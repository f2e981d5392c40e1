//! A task's change on the page: the lines of a diff, the code in them in colours.
//!
//! `tasks` calls it. A file's language follows from its name; the lines of a hunk are parsed as they stand, once as they
//! were and once as they are. Colours never cost lines: a change that would be cut because of them is shown without.

use std::collections::VecDeque;
use std::ops::Range;

use syntax::{Language, Paint, Source};

use super::markup::escaped;
use crate::text::cut;

/// The most bytes of a line.
const MAX_LINE: usize = 600;

/// Draws as many lines as fit until the page has `end` bytes.
pub(super) fn draw(page: &mut String, diff: &str, end: usize) {
    page.push_str("<pre tabindex=\"0\">");
    let room = end.saturating_sub(page.len());
    // Colours only add to it
    let whole = (diff.len() <= room).then(|| lines(diff, true, room)).filter(|drawn| drawn.is_whole);
    let drawn = whole.unwrap_or_else(|| lines(diff, false, room));
    page.push_str(&drawn.html);
    if !drawn.is_whole {
        page.push_str("the rest is left out here");
    }
    page.push_str("</pre>\n");
}

struct Drawn {
    html: String,
    is_whole: bool,
}

fn lines(diff: &str, coloured: bool, room: usize) -> Drawn {
    let mut drawn = Drawn { html: String::new(), is_whole: true };
    let mut reader = Reader::default();
    let mut rest: VecDeque<Line> = diff.lines().map(|line| reader.read(line)).collect();
    while let Some(first) = rest.front() {
        let language = first.language.filter(|_| coloured && first.is_code());
        let of_hunk = rest.iter().take_while(|line| line.is_code() && line.hunk == first.hunk).count();
        let hunk: Vec<Line> = rest.drain(..of_hunk.max(1)).collect();
        let painted = language.map(|language| colours(language, &hunk)).unwrap_or_default();
        for (n, line) in hunk.iter().enumerate() {
            if drawn.html.len() > room {
                drawn.is_whole = false;
                return drawn;
            }
            line.draw(&mut drawn.html, painted.get(n).map(Vec::as_slice).unwrap_or_default());
        }
    }
    drawn
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
    Both,
    /// A line about the change
    Head,
}

struct Line {
    side: Side,
    text: String,
    language: Option<Language>,
    hunk: usize,
}

type Colours = Vec<(Range<usize>, Paint)>;

impl Line {
    fn is_code(&self) -> bool {
        self.side != Side::Head
    }

    /// The line without its sign.
    fn code(&self) -> &str {
        self.text.get(1..).unwrap_or_default()
    }

    fn draw(&self, html: &mut String, colours: &[(Range<usize>, Paint)]) {
        let class = match self.side {
            Side::Old => Some("del"),
            Side::New => Some("add"),
            Side::Head => Some("at"),
            Side::Both => None,
        };
        if let Some(class) = class {
            html.push_str(&format!("<span class=\"{class}\">"));
        }
        let mut at = 0;
        for (range, paint) in colours {
            // After the sign
            let range = range.start + 1..range.end + 1;
            html.push_str(&escaped(self.text.get(at..range.start).unwrap_or_default()));
            let token = escaped(self.text.get(range.clone()).unwrap_or_default());
            html.push_str(&format!("<i class=\"{}\">{token}</i>", letter(*paint)));
            at = range.end;
        }
        html.push_str(&escaped(self.text.get(at..).unwrap_or_default()));
        // The others are blocks
        html.push_str(if class.is_some() { "</span>" } else { "\n" });
    }
}

/// The class of a token; the style sheet has them.
fn letter(paint: Paint) -> char {
    match paint {
        Paint::Keyword => 'k',
        Paint::Text => 's',
        Paint::Comment => 'c',
        Paint::Number => 'n',
        Paint::Type => 't',
        Paint::Function => 'f',
    }
}

/// Tells code from lines about the change, which may begin with the same signs.
#[derive(Default)]
struct Reader {
    language: Option<Language>,
    hunk: usize,
    /// The lines of the hunk that are still to come, of the old and of the new file.
    old: usize,
    new: usize,
}

impl Reader {
    fn read(&mut self, line: &str) -> Line {
        let in_hunk = self.old > 0 || self.new > 0;
        let side = match line.as_bytes().first() {
            Some(b'-') if in_hunk || !line.starts_with("--- ") => Side::Old,
            Some(b'+') if in_hunk || !line.starts_with("+++ ") => Side::New,
            Some(b' ') | None => Side::Both,
            _ => Side::Head,
        };
        match side {
            Side::Old => self.old = self.old.saturating_sub(1),
            Side::New => self.new = self.new.saturating_sub(1),
            Side::Both => {
                self.old = self.old.saturating_sub(1);
                self.new = self.new.saturating_sub(1);
            }
            Side::Head => self.head(line),
        }
        Line { side, text: cut(line, MAX_LINE).to_string(), language: self.language, hunk: self.hunk }
    }

    fn head(&mut self, line: &str) {
        if let Some(path) = line.strip_prefix("--- ") {
            self.language = Language::of_path(path.trim_matches('"'));
        } else if let Some(path) = line.strip_prefix("+++ ") {
            // A deleted file has no new name
            self.language = Language::of_path(path.trim_matches('"')).or(self.language);
        } else if let Some(head) = line.strip_prefix("@@ ") {
            let mut counts = head.split(' ').map(count);
            self.old = counts.next().unwrap_or_default();
            self.new = counts.next().unwrap_or_default();
            self.hunk = self.hunk.saturating_add(1);
        } else if line.starts_with("diff ") {
            self.language = None;
        }
    }
}

/// The number of lines in `-3,5`; without a comma it is one.
fn count(part: &str) -> usize {
    part.split_once(',').map_or(1, |(_, count)| count.parse().unwrap_or_default())
}

/// The colours of each line of a hunk.
fn colours(language: Language, hunk: &[Line]) -> Vec<Colours> {
    let mut colours: Vec<Colours> = hunk.iter().map(|_| Colours::new()).collect();
    for (here, left_out) in [(Side::New, Side::Old), (Side::Old, Side::New)] {
        let mut text = String::new();
        let mut starts: Vec<(usize, usize)> = Vec::new();
        for (n, line) in hunk.iter().enumerate().filter(|(_, line)| line.side != left_out) {
            starts.push((text.len(), n));
            text.push_str(line.code());
            text.push('\n');
        }
        let Ok(source) = Source::parse(language, &text) else { continue };
        for (range, paint) in syntax::paint(&source) {
            let from = starts.partition_point(|(start, _)| *start <= range.start).saturating_sub(1);
            for (start, n) in starts.iter().skip(from).take_while(|(start, _)| *start < range.end) {
                let Some(line) = hunk.get(*n) else { continue };
                // A line that both sides have gets its colours from the new one
                if line.side != here && here == Side::Old {
                    continue;
                }
                let part = range.start.max(*start) - start..range.end.min(start + line.code().len()) - start;
                if let Some(colours) = colours.get_mut(*n).filter(|_| part.start < part.end) {
                    colours.push((part, paint));
                }
            }
        }
    }
    colours
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(diff: &str, end: usize) -> String {
        let mut page = String::new();
        draw(&mut page, diff, end);
        page
    }

    const DIFF: &str = "diff --git a/src/a.js b/src/a.js\nindex 1..2 100644\n--- a/src/a.js\n+++ b/src/a.js\n@@ -1,3 +1,3 @@ x\n \
                        /* a\n-  b */ let c = \"<\"\n+  b */ const c = 1\n f(c)\n";

    #[test]
    fn the_code_of_both_sides_has_colours() {
        let page = drawn(DIFF, 10_000);
        for part in [
            "<span class=\"at\">--- a/src/a.js</span><span class=\"at\">+++ b/src/a.js</span>",
            " <i class=\"c\">/* a</i>\n",
            "<span class=\"del\">-<i class=\"c\">  b */</i> <i class=\"k\">let</i> c = <i class=\"s\">&quot;&lt;&quot;</i></span>",
            "<span class=\"add\">+<i class=\"c\">  b */</i> <i class=\"k\">const</i> c = <i class=\"n\">1</i></span>",
            " <i class=\"f\">f</i>(c)\n",
        ] {
            assert!(page.contains(part), "{part} is missing in {page}");
        }
    }

    #[test]
    fn other_files_and_lines_that_look_like_a_head_stay_as_they_are() {
        let sql = "--- a/a.sql\n+++ b/a.sql\n@@ -1,2 +1 @@\n--- let x\n-let y\n+++ z\n";
        let page = drawn(sql, 10_000);
        assert!(
            page.contains("<span class=\"del\">--- let x</span><span class=\"del\">-let y</span>"),
            "{page}"
        );
        assert!(page.contains("<span class=\"add\">+++ z</span>") && !page.contains("<i"), "{page}");
        assert!(drawn(&DIFF.replace("a.js", "a.unknown"), 10_000).contains("let c = &quot;&lt;&quot;"));
    }

    #[test]
    fn colours_cost_no_lines() {
        let code: String = (0..50).map(|n| format!("+const a{n} = f({n})\n")).collect();
        let diff = format!("--- /dev/null\n+++ b/a.js\n@@ -0,0 +1,50 @@\n{code}");
        let (all, plain) = (drawn(&diff, 100_000), lines(&diff, false, 100_000).html);
        assert!(all.contains("<i class=\"k\">const</i> a49") && all.len() > plain.len() + 40);
        let tight = drawn(&diff, plain.len() + 40);
        assert!(tight.contains("+const a49 = f(49)") && !tight.contains("<i") && !tight.contains("left out"));
        let cut = drawn(&diff, 600);
        assert!(cut.ends_with("the rest is left out here</pre>\n") && cut.len() < 800, "{cut}");
    }
}
