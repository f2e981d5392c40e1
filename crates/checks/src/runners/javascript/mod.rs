//! The runners of JavaScript and TypeScript, one file each. The table is in `runners/mod.rs`.
//!
//! No row calls another: code that several rows share is in `parse` (`json`, `tap`, `text`).

pub(super) mod ava;
pub(super) mod bun_test;
pub(super) mod deno_test;
pub(super) mod jest;
pub(super) mod mocha;
pub(super) mod node_test;
pub(super) mod tap;
pub(super) mod tape;
pub(super) mod vitest;
