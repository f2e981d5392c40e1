//! Fuzz target: paths that a model names. The work is in the library, so that a test runs it too.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::paths::run(data));
