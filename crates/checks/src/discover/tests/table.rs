//! Compares the table of kinds of project with the other places that know kinds, so that a new kind is added to
//! all of them.

use crate::discover::coverage::is_known;
use crate::discover::hints::is_seen;
use crate::discover::{ECOSYSTEMS, Ecosystem};

/// Kinds whose commands may run tests in any language.
const OF_ANY_LANGUAGE: [&str; 1] = ["make"];

#[test]
fn each_kind_of_project_has_a_language_and_is_no_stranger() {
    for Ecosystem { name, manifests, .. } in ECOSYSTEMS {
        let known = is_known(name) || manifests.iter().any(|manifest| is_known(manifest));
        assert!(
            known || OF_ANY_LANGUAGE.contains(name),
            "coverage/languages.rs: MANIFESTS has none of {manifests:?}, and nothing is known of the tests of `{name}`"
        );
        let strangers: Vec<_> = manifests.iter().filter(|manifest| is_seen(manifest)).collect();
        assert!(
            strangers.is_empty(),
            "hints.rs: SEEN says that nothing is known of {strangers:?}; take it out"
        );
    }
}
