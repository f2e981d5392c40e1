//! What does not fit in, or is left over.

pub(super) mod commented_alternative;
pub(super) mod house_style;
pub(super) mod left_over_file;
pub(super) mod unused_code;
