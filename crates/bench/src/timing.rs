//! Statistics of measured times. It measures nothing itself.

use std::time::Duration;

/// The median; the longer of the two middle times if their number is even, and zero if there is
/// none.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_one_counts_however_they_are_ordered() {
        let of = |times: &[u64]| median(times.iter().copied().map(Duration::from_secs).collect());
        assert_eq!(of(&[9, 1, 5]), Duration::from_secs(5));
        assert_eq!(of(&[4, 1]), Duration::from_secs(4));
        assert_eq!(of(&[]), Duration::ZERO);
    }
}
