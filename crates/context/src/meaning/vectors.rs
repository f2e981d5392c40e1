//! One vector for each text, as bytes on disk. They are never trusted: bytes that were not written by this program, for
//! this model, count as none.

use crate::file::hash;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// The most vectors that are kept, and the most numbers of one.
const MAX_KEPT: usize = 20_000;
const MAX_NUMBERS: usize = 8_192;
/// The layout of the kept bytes.
const FORMAT: u8 = 1;
/// The largest number of a kept vector.
const LARGEST: f32 = 127.0;

/// The vectors of texts by one model, each of length 1 and in few bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vectors {
    model: String,
    /// By the hash of the text.
    kept: BTreeMap<u64, Box<[i8]>>,
}

impl Vectors {
    /// More bytes than this are not read.
    pub const MAX_BYTES: usize = 64 << 20;

    /// None yet.
    pub fn new(model: &str) -> Self {
        Self { model: model.to_owned(), kept: BTreeMap::new() }
    }

    /// The vectors in the bytes that [`Vectors::to_bytes`] wrote for this model; otherwise none.
    pub fn from_bytes(bytes: &[u8], model: &str) -> Self {
        let read = || {
            let (sum, content) = bytes.split_at_checked(4)?;
            let ([FORMAT, content @ ..], true) = (content, sum == crc32fast::hash(content).to_le_bytes())
            else {
                return None;
            };
            let vectors: Self = postcard::from_bytes(content).ok()?;
            (vectors.model == model && vectors.kept.len() <= MAX_KEPT).then_some(vectors)
        };
        read().unwrap_or_else(|| Self::new(model))
    }

    /// The vectors as bytes, those of `texts` and as many others as there is room for. `None` if they are too large.
    pub fn to_bytes(&self, texts: &[&str]) -> Option<Vec<u8>> {
        let wanted: HashSet<u64> = texts.iter().map(|text| hash(text)).collect();
        let kept = self.kept.iter().map(|(hash, vector)| (*hash, &**vector));
        let (first, others): (Vec<_>, Vec<_>) = kept.partition(|(hash, _)| wanted.contains(hash));
        let mut room = Self::MAX_BYTES / 2;
        let fits = |(_, vector): &(u64, &[i8])| {
            let size = vector.len() + 16;
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        };
        let kept = first.into_iter().chain(others).take(MAX_KEPT).take_while(fits);
        let kept = kept.map(|(hash, vector)| (hash, vector.into())).collect();
        let mut bytes = vec![0, 0, 0, 0, FORMAT];
        bytes = postcard::to_extend(&Self { model: self.model.clone(), kept }, bytes).ok()?;
        let sum = crc32fast::hash(bytes.get(4..)?);
        bytes.get_mut(..4)?.copy_from_slice(&sum.to_le_bytes());
        (bytes.len() <= Self::MAX_BYTES).then_some(bytes)
    }

    /// Whether the text has a vector.
    pub fn has(&self, text: &str) -> bool {
        self.kept.contains_key(&hash(text))
    }

    /// Adds the vector of a text; `false` if it is no direction: empty, too long, or without a length.
    pub fn add(&mut self, text: &str, vector: &[f32]) -> bool {
        // A vector with large numbers has a length above the largest `f32`
        let length = vector.iter().map(|own| f64::from(*own).powi(2)).sum::<f64>().sqrt();
        if vector.is_empty() || vector.len() > MAX_NUMBERS || !length.is_finite() || length <= 0.0 {
            return false;
        }
        let largest = vector.iter().fold(0.0_f32, |largest, own| largest.max(own.abs()));
        let small = |own: &f32| (own / largest * LARGEST).round() as i8;
        self.kept.insert(hash(text), vector.iter().map(small).collect());
        true
    }

    /// The cosine of two texts' vectors; `None` if one has none, or they have different lengths.
    pub fn similarity(&self, one: &str, other: &str) -> Option<f32> {
        let (one, other) = (self.kept.get(&hash(one))?, self.kept.get(&hash(other))?);
        let of = |a: &[i8], b: &[i8]| -> f64 {
            a.iter().zip(b).map(|(a, b)| f64::from(i16::from(*a) * i16::from(*b))).sum()
        };
        let lengths = (of(one, one) * of(other, other)).sqrt();
        (one.len() == other.len() && lengths > 0.0).then(|| (of(one, other) / lengths) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_back_from_disk_and_damage_counts_as_none() {
        let mut vectors = Vectors::new("p/m");
        assert!(vectors.add("one", &[0.6, 0.8, 0.0]) && vectors.add("two", &[-3.0, 4.0, 0.0]));
        for none in [vec![], vec![0.0, 0.0], vec![f32::NAN], vec![0.5; MAX_NUMBERS + 1]] {
            assert!(!vectors.add("none", &none));
        }
        assert!(!vectors.has("none"));
        // (0.6, 0.8) · (-0.6, 0.8) = 0.28
        assert!((vectors.similarity("one", "two").unwrap() - 0.28).abs() < 0.02);
        assert!((vectors.similarity("one", "one").unwrap() - 1.0).abs() < 1e-6);
        assert!(vectors.add("short", &[1.0]) && vectors.similarity("one", "short").is_none());
        let bytes = vectors.to_bytes(&["one"]).unwrap();
        assert_eq!(Vectors::from_bytes(&bytes, "p/m"), vectors);
        assert_eq!(Vectors::from_bytes(&bytes, "p/other"), Vectors::new("p/other"));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(Vectors::from_bytes(&changed, "p/m"), Vectors::new("p/m"), "{at}");
            assert_eq!(Vectors::from_bytes(&bytes[..at], "p/m"), Vectors::new("p/m"), "{at}");
        }
    }

    #[test]
    fn large_numbers_keep_their_direction() {
        let mut vectors = Vectors::new("p/m");
        assert!(vectors.add("huge", &[f32::MAX, 0.0]) && vectors.add("tiny", &[1e-30, 0.0]));
        assert!((vectors.similarity("huge", "tiny").unwrap() - 1.0).abs() < 1e-6);
    }
}
