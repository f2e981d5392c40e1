//! What a language refuses and its grammar takes, one file a language. `not_accepted` and `not_compiled` ask it.

pub(super) mod ecmascript;
pub(super) mod go;
pub(super) mod python;
pub(super) mod rust;
