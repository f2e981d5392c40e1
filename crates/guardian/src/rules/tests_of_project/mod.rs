//! Tests that check less than before, or nothing.

mod assertion;
mod cut_tables;
pub(super) mod hollow_test;
pub(super) mod test_case_removed;
pub(super) mod test_removed;
pub(super) mod test_switched_off;
pub(super) mod test_weakened;
mod vanished;
