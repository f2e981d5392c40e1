//! What the crate needs of the operating system beyond the standard library, under one set of names.
//!
//! On Unix these are the standard library's own traits; `windows` has the same names for Windows. All other files use
//! this module, so that only it, `files/` and `delivery/apply/place.rs` know the system. It must not decide anything about a
//! mission's files.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;
