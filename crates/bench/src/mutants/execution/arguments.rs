//! Two arguments change places.
//!
//! `mutants` calls it. It swaps only neighbours that are plain and differ. It knows no types: some swaps do not
//! compile, and some change nothing; the callers of `mutants` find that out.

use crate::mutants::code::{Code, Edit, children};

pub(in crate::mutants) fn swapped(code: &Code<'_>) -> Vec<Edit> {
    let mut found = Vec::new();
    code.running(|node| {
        if !matches!(node.kind(), "arguments" | "argument_list") {
            return;
        }
        let list = children(node);
        for pair in list.windows(2) {
            let [first, second] = pair else { continue };
            let plain = |kind: &str| {
                !kind.contains("keyword")
                    && !kind.contains("spread")
                    && !kind.contains("splat")
                    && !kind.contains("function")
                    && !kind.contains("closure")
                    && !kind.contains("lambda")
            };
            let (a, b) = (code.source.text_of(*first), code.source.text_of(*second));
            if !plain(first.kind()) || !plain(second.kind()) || a == b || a.len() + b.len() > 80 {
                continue;
            }
            let between = code.slice(&(first.end_byte()..second.start_byte()));
            found.push(code.turn(first.start_byte()..second.end_byte(), format!("{b}{between}{a}")));
        }
    });
    found
}
