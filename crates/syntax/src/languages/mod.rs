//! One folder for each language: its outline, and the gaps of its grammar. For a new language, add a
//! folder here, a variant of [`crate::Language`], and the rows that the compiler then requires.

pub(crate) mod ecmascript;
pub(crate) mod go;
pub(crate) mod python;
pub(crate) mod rust;
