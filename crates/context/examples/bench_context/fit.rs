//! Learns the weight of each voice: coordinate ascent on the recall over many commits; every repository counts
//! the same. The same commits always give the same weights.

use context::{VOICES, Weights};

/// Factors that are tried for one weight.
const STEPS: [f32; 10] = [0.0, 0.4, 0.6, 0.8, 0.9, 1.1, 1.25, 1.6, 2.2, 4.0];
const ROUNDS: usize = 30;
/// The new value that is tried for a weight of 0.
const AGAIN: f32 = 0.08;
/// The value of a good order among the first ten, compared with being among them.
const ORDER: f32 = 0.25;
/// A smaller gain is chance.
const LEAST_GAIN: f32 = 1e-5;

/// The files that may be ranked high for a question.
pub struct Sample {
    /// For each file the scores of the voices, and whether the commit changed it
    pub files: Vec<([f32; VOICES], bool)>,
    /// Number of files that the commit changed, including those without a score
    pub changed: usize,
}

/// The best weights for samples of several repositories, with their quality.
pub fn fit(repositories: &[Vec<Sample>], from: Weights) -> (Weights, f32) {
    let mut best = (from, worth(repositories, &from));
    for _ in 0..ROUNDS {
        let before = best.1;
        for n in 0..VOICES {
            for step in STEPS {
                let mut tried = best.0;
                tried.0[n] = if tried.0[n] == 0.0 { AGAIN * step } else { tried.0[n] * step };
                let own = worth(repositories, &tried);
                if own > best.1 + LEAST_GAIN {
                    best = (tried, own);
                }
            }
        }
        if best.1 - before < LEAST_GAIN {
            break;
        }
    }
    let most = best.0.0.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    (Weights(best.0.0.map(|weight| (weight / most * 1000.0).round() / 1000.0)), best.1)
}

fn worth(repositories: &[Vec<Sample>], weights: &Weights) -> f32 {
    let each = repositories.iter().map(|samples| {
        samples.iter().map(|sample| of_one(sample, weights)).sum::<f32>() / samples.len().max(1) as f32
    });
    each.sum::<f32>() / repositories.len().max(1) as f32
}

/// Recall at ten, plus a little for a high rank among the ten.
fn of_one(sample: &Sample, weights: &Weights) -> f32 {
    let mut first: [(f32, bool); 10] = [(0.0, false); 10];
    for (voices, changed) in &sample.files {
        let sum: f32 = voices.iter().zip(weights.0).map(|(voice, weight)| voice * weight).sum();
        if sum <= first[9].0 {
            continue;
        }
        first[9] = (sum, *changed);
        let mut at = 9;
        while at > 0 && first[at].0 > first[at - 1].0 {
            first.swap(at, at - 1);
            at -= 1;
        }
    }
    let found = first.iter().filter(|(_, changed)| *changed).count() as f32;
    let order: f32 =
        first.iter().enumerate().filter(|(_, own)| own.1).map(|(at, _)| 1.0 / (at as f32 + 2.0).log2()).sum();
    (found + ORDER * order) / sample.changed.max(1) as f32
}
