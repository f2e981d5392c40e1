//! Texts that others wrote, cut or grown to what a role needs of them: a diff, calls, instructions.

pub(crate) mod callers;
pub(crate) mod change;
pub(crate) mod instructions;
