//! The table of gates and the documents: docs/GATES.md shows each gate as `mission::Gate` has it.

use std::path::Path;

use mission::Gate;

/// The marks around the table in the page.
const BEGIN: &str = "<!-- gates: begin -->\n";
const END: &str = "<!-- gates: end -->";

fn table() -> String {
    let mut text = String::from("| gate | looks at | fails where |\n|---|---|---|\n");
    for row in Gate::ALL.iter().map(|gate| gate.row()) {
        text.push_str(&format!("| {} | {} | {} |\n", row.name, row.looks_at, row.fails));
    }
    text
}

/// `UPDATE_EXPECT=1` writes the page.
#[test]
fn the_page_shows_every_gate_in_its_order() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/GATES.md");
    let text = std::fs::read_to_string(&page).unwrap_or_default();
    let (before, rest) = text.split_once(BEGIN).unwrap_or((&text, ""));
    let (_, after) = rest.split_once(END).unwrap_or(("", ""));
    expect_test::expect_file![page].assert_eq(&format!("{before}{BEGIN}{}{END}{after}", table()));
}
