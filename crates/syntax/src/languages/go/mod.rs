//! Go: `outline` and `gaps`. One file at a time: what a package has over its files is for those who read the outlines.

pub(crate) mod gaps;
pub(crate) mod outline;
