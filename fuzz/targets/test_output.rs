//! Fuzz target: the output of test runners. The work is in the library, so that a test runs it too.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::test_output::run(data));
