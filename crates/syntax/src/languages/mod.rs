//! One folder a language: its outline, and what its grammar does not know. A new language is a folder
//! here, a variant of [`crate::Language`], and the rows that the compiler then asks for.

pub(crate) mod ecmascript;
pub(crate) mod go;
pub(crate) mod python;
pub(crate) mod rust;
