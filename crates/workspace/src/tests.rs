//! Tests against real git, by area.

mod narrow;
