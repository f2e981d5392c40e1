//! Fuzz target: what roles submit. The work is in the library, so that a test runs it too.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::mailbox::run(data));
