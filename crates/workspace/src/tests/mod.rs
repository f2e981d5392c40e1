//! Tests against real git, by area.

mod delivery;
mod failures;
mod hostile;
mod narrow;
mod secrets;
mod slots;
mod torn;
mod users;
