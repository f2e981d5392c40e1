//! Fuzz target: the Guardian on any change. The work is in the library, so that a test runs it too.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::lint::run(data));
