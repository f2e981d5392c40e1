//! Tests with real git, by area.

mod delivery;
mod failures;
mod filters;
mod hostile;
mod hunks;
mod narrow;
mod packs;
mod secrets;
mod slots;
mod torn;
mod users;
