//! A hash whose values may be kept on disk: the standard library's default hash may change with any release of Rust.
//!
//! It must not protect secrets, since only eight bytes of the digest are kept. If its values change, everything that is
//! kept under them becomes useless.

use std::hash::Hasher;

use sha2::{Digest, Sha256};

/// SHA-256 behind the standard trait, for every type that can be hashed. Numbers give the same hash on every machine.
#[derive(Clone, Default)]
pub struct StableHasher(Sha256);

impl StableHasher {
    pub fn new() -> StableHasher {
        StableHasher::default()
    }

    /// The first eight bytes as sixteen hexadecimal digits.
    pub fn hex(&self) -> String {
        format!("{:016x}", self.finish())
    }
}

impl Hasher for StableHasher {
    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn write_u16(&mut self, number: u16) {
        self.write(&number.to_le_bytes());
    }

    fn write_u32(&mut self, number: u32) {
        self.write(&number.to_le_bytes());
    }

    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    fn write_u128(&mut self, number: u128) {
        self.write(&number.to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::Hash;

    #[test]
    fn a_value_that_was_kept_is_found_again() {
        let mut hasher = StableHasher::new();
        ("name", 7_u32, Some(12_usize)).hash(&mut hasher);
        // Computed once; a different value would make the kept results of users worthless
        assert_eq!(hasher.hex(), "c14eaec3d93bfa11");
        let mut other = StableHasher::new();
        ("name", 7_u32, Some(13_usize)).hash(&mut other);
        assert_ne!(hasher.finish(), other.finish());
    }
}
