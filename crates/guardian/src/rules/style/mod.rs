//! Code that differs from its surroundings, and leftovers.

pub(super) mod commented_alternative;
pub(super) mod house_style;
pub(super) mod left_over_file;
pub(super) mod unused_code;
mod unused_locals;
