//! Go: `outline` and `gaps`. They see one file at a time; users of the outlines combine the files of a package.

pub(crate) mod gaps;
pub(crate) mod outline;
