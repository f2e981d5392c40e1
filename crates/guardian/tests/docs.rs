//! The page of rules matches the rules.

use std::path::Path;
use std::{env, fs};

/// `UPDATE_EXPECT=1` rewrites the page.
#[test]
fn the_page_of_rules_is_in_step() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/README.md");
    let now = guardian::markdown();
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&page, &now).unwrap();
    }
    let written = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        written == now,
        "`rules/README.md` is not what the rules say\nhint: UPDATE_EXPECT=1 cargo test -p guardian --test docs"
    );
}
