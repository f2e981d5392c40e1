//! What is kept of a project from one mission to the next, beside its missions.

mod index;
mod memory;
mod vectors;
