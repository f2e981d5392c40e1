//! Draws from one seed, so that every draw here and in `bench` can be repeated.
//!
//! Nothing depends on the machine. The draws for a seed must never change: otherwise every seed plays another run.

/// Draws from one seed. A part with its own draws gets a [`Random::fork`], so that its draws do not depend on how
/// often others drew before.
#[derive(Clone, Debug)]
pub struct Random {
    seed: u64,
    draws: fastrand::Rng,
}

impl Random {
    pub fn new(seed: u64) -> Random {
        Random { seed, draws: fastrand::Rng::with_seed(seed) }
    }

    /// Separate draws for `name`: the same for the same seed and name, whatever was drawn before.
    pub fn fork(&self, name: &str) -> Random {
        // FNV-1a over the name, beginning at the seed
        let seed = name.bytes().fold(self.seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Random::new(seed)
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.draws.f64() < p
    }

    /// A number from 0 up to 1, without 1.
    pub fn unit(&mut self) -> f64 {
        self.draws.f64()
    }

    /// A number from 0 up to `end`, without `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.draws.usize(..end) }
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        self.draws.shuffle(items);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_draws_the_same_whatever_was_drawn_before() {
        let mut random = Random::new(7);
        let mut early = random.fork("model");
        random.below(100);
        let mut late = random.fork("model");
        let draws = |r: &mut Random| (0..8).map(|_| r.below(1000)).collect::<Vec<_>>();
        assert_eq!(draws(&mut early), draws(&mut late));
        assert_ne!(draws(&mut random.fork("model")), draws(&mut random.fork("checks")));
        assert_ne!(draws(&mut Random::new(7)), draws(&mut Random::new(8)));
    }

    #[test]
    fn drawing_from_nothing_gives_nothing() {
        let mut random = Random::new(1);
        assert_eq!(random.below(0), 0);
        assert_eq!(random.pick::<u8>(&[]), None);
    }
}
