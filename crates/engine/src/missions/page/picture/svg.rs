//! The graph as SVG: boxes in columns with curves between them; no script, and no external font.

use std::fmt::Write;

use super::layout::spots;
use super::node::{Node, colours};

/// Pixels.
const WIDTH: usize = 300;
const HEIGHT: usize = 52;
const GAP_X: usize = 70;
const GAP_Y: usize = 22;
const MARGIN: usize = 20;

pub(crate) fn draw(nodes: &[Node]) -> String {
    let spots = spots(nodes);
    let columns = spots.iter().map(|spot| spot.column + 1).max().unwrap_or(0);
    let rows = spots.iter().map(|spot| spot.row + 1).max().unwrap_or(0);
    let span =
        |count: usize, size: usize, gap: usize| 2 * MARGIN + count * size + count.saturating_sub(1) * gap;
    let (width, height) = (span(columns, WIDTH, GAP_X), span(rows, HEIGHT, GAP_Y));
    let corner = |at: usize| {
        let spot = spots.get(at).copied().unwrap_or_default();
        (MARGIN + spot.column * (WIDTH + GAP_X), MARGIN + spot.row * (HEIGHT + GAP_Y))
    };
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"system-ui, sans-serif\" role=\"img\" aria-label=\"Task graph\">\n<title>Task graph</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    text.push_str(
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#666666\"/></marker></defs>\n",
    );
    for (at, node) in nodes.iter().enumerate() {
        let to = corner(at);
        for before in &node.after {
            edge(&mut text, corner(*before), to, "");
        }
        if let Some(parent) = node.parent {
            edge(&mut text, corner(parent), to, " stroke-dasharray=\"4 4\"");
        }
    }
    for (at, node) in nodes.iter().enumerate() {
        task(&mut text, node, corner(at));
    }
    text.push_str("</svg>\n");
    text
}

fn edge(text: &mut String, from: (usize, usize), to: (usize, usize), style: &str) {
    let (x1, y1) = (from.0 + WIDTH, from.1 + HEIGHT / 2);
    let (x2, y2) = (to.0, to.1 + HEIGHT / 2);
    let (bend1, bend2) = (x1 + GAP_X / 2, x2.saturating_sub(GAP_X / 2));
    let _ = writeln!(
        text,
        "<path d=\"M{x1} {y1}C{bend1} {y1} {bend2} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#666666\" \
         marker-end=\"url(#tip)\"{style}/>"
    );
}

fn task(text: &mut String, node: &Node, (x, y): (usize, usize)) {
    let (fill, stroke) = colours(&node.state);
    let (left, first, second) = (x + 12, y + 21, y + 40);
    let state = crate::text::state_for_readers(&node.state);
    let (id, title) = (escaped(&node.id), escaped(&node.title));
    let _ = writeln!(
        text,
        "<g><title>{id}: {title} ({state})</title><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\" \
         fill=\"{fill}\" stroke=\"{stroke}\"/><text x=\"{left}\" y=\"{first}\" font-size=\"13\" font-weight=\"600\" \
         fill=\"#222222\">{id} <tspan font-weight=\"400\" fill=\"{stroke}\">{state}</tspan></text><text x=\"{left}\" \
         y=\"{second}\" font-size=\"12\" fill=\"#222222\">{title}</text></g>"
    );
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML does not allow these characters
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::node::node;
    use super::*;

    #[test]
    fn boxes_do_not_overlap_and_texts_are_escaped() {
        let nodes = [
            node("a", "Tom & <Jerry> \"x\"", "given_up", &[]),
            node("b", "b", "waiting", &[0]),
            node("c", "c", "waiting", &[0]),
        ];
        let drawn = draw(&nodes);
        assert!(drawn.contains("Tom &amp; &lt;Jerry&gt; &quot;x&quot;") && drawn.contains(">abandoned<"));
        assert!(drawn.contains("viewBox=\"0 0 710 166\""), "{drawn}");
        assert_eq!(drawn.matches("marker-end").count(), 2);
        for corner in ["x=\"20\" y=\"20\"", "x=\"390\" y=\"20\"", "x=\"390\" y=\"94\""] {
            assert_eq!(drawn.matches(&format!("<rect {corner}")).count(), 1, "{corner}");
        }
        assert!(draw(&[]).ends_with("</svg>\n"));
    }
}
