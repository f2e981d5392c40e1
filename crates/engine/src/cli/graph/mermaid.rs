//! The graph as Mermaid, which GitHub and most editors draw. It gets the nodes of the picture, and places
//! none of them.
//!
//! Texts of models become labels here, so every character with a meaning in Mermaid is written as an
//! entity.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::missions::page::picture::node::{Node, colours};

pub(super) fn draw(nodes: &[Node]) -> String {
    let mut text = String::from("flowchart LR\n");
    for (at, node) in nodes.iter().enumerate() {
        // Numbers, because some task ids (`end`) are keywords of Mermaid
        let (id, title) = (escaped(&node.id), escaped(&node.title));
        let _ = writeln!(text, "  t{at}[\"{id}: {title}\"]:::{}", node.state);
    }
    for (at, node) in nodes.iter().enumerate() {
        for before in &node.after {
            let _ = writeln!(text, "  t{before} --> t{at}");
        }
        if let Some(parent) = node.parent {
            let _ = writeln!(text, "  t{parent} -.-> t{at}");
        }
    }
    let states: BTreeSet<&str> = nodes.iter().map(|node| node.state.as_str()).collect();
    for state in states {
        let (fill, stroke) = colours(state);
        let _ = writeln!(text, "  classDef {state} fill:{fill},stroke:{stroke},color:#222222");
    }
    text
}

/// Text for inside quotes, with every special character as an entity.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' | ';' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::missions::page::picture::node::node;

    #[test]
    fn a_graph_is_a_flowchart() {
        let mut split = node("part", "Half of it", "waiting", &[1]);
        split.parent = Some(0);
        let nodes =
            [node("end", "Say \"hi\" #1 <b>", "integrated", &[]), node("b", "Then", "working", &[0]), split];
        expect![[r##"
            flowchart LR
              t0["end: Say #34;hi#34; #35;1 #60;b#62;"]:::integrated
              t1["b: Then"]:::working
              t2["part: Half of it"]:::waiting
              t0 --> t1
              t1 --> t2
              t0 -.-> t2
              classDef integrated fill:#d3f2dc,stroke:#2f7d4b,color:#222222
              classDef waiting fill:#f7f7f7,stroke:#555555,color:#222222
              classDef working fill:#fdf0c9,stroke:#94700c,color:#222222
        "##]]
        .assert_eq(&draw(&nodes));
        assert_eq!(draw(&[]), "flowchart LR\n");
    }
}
