//! Scores from the history: commits with similar messages, the words of all commits of a file, files that change
//! together, and files that changed lately or often.
//!
//! `evidence` calls it, and `index` for recency. It uses neither git nor a clock: age is the number of newer commits.
//! How far a short history is trusted is decided here, and `voice` adapts the weights.

use crate::entry::FileId;
use crate::history::{History, is_trailer};
use crate::words::words;
use std::collections::{BTreeMap, HashMap};

/// The most words of a question that are looked up.
const MAX_WORDS: usize = 256;
/// How fast further repetitions stop to count, and how much a long message reduces a word.
const SATURATION: f32 = 1.2;
const LENGTH: f32 = 0.5;
/// The most commits that vote.
const MAX_VOTERS: usize = 60;
/// The power of a commit's likeness, relative to the best, that is its vote.
const SHARPNESS: i32 = 2;
/// After this many commits, the score of a change is halved.
const LATELY: f32 = 15.0;
const OFTEN: f32 = 400.0;
const AGED: f32 = 1_500.0;
/// The newest commits of a file that are used for co-change.
const MAX_TOGETHER: usize = 150;
/// With this many commits, the history is trusted by half.
const SHORT: f32 = 10.0;
/// With this many commits of a file, its co-change is trusted by half.
const DOUBT: f32 = 1.5;

/// A past commit that is similar to the question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Voter {
    pub(crate) commit: u32,
    /// 1 if it contains everything that was asked.
    pub(crate) likeness: f32,
}

/// The words of a question, with their numbers of occurrences.
pub(super) fn asked(question: &str) -> BTreeMap<String, f32> {
    let mut counts: BTreeMap<String, f32> = BTreeMap::new();
    for line in question.lines().filter(|line| !is_trailer(line)) {
        words(line, |word| {
            if counts.len() < MAX_WORDS || counts.contains_key(word) {
                *counts.entry(word.to_owned()).or_insert(0.0) += 1.0;
            }
        });
    }
    counts
}

fn weight(history: &History, word: &str) -> f32 {
    let (n, df) = (history.commits.len() as f32, history.holding(word).len() as f32);
    (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
}

/// The commits with the most similar messages, the best first.
pub(super) fn voters(history: &History, asked: &BTreeMap<String, f32>) -> Vec<Voter> {
    let mut scores = vec![0.0_f32; history.commits.len()];
    let mut all = 0.0;
    for (word, times) in asked {
        let weight = weight(history, word) * (1.0 + times.ln());
        all += weight * (SATURATION + 1.0) * 0.5;
        for &(commit, n) in history.holding(word) {
            let n = f32::from(n);
            let length = history.lengths.get(commit as usize).copied().unwrap_or(history.mean_length);
            let long = 1.0 - LENGTH + LENGTH * length / history.mean_length;
            if let Some(score) = scores.get_mut(commit as usize) {
                *score += weight * n * (SATURATION + 1.0) / (n + SATURATION * long);
            }
        }
    }
    let mut voters: Vec<Voter> = (0..)
        .zip(scores)
        .filter(|(_, score)| *score > 0.0)
        .map(|(commit, score)| Voter { commit, likeness: score / all.max(f32::MIN_POSITIVE) })
        .collect();
    let order =
        |a: &Voter, b: &Voter| b.likeness.total_cmp(&a.likeness).then_with(|| a.commit.cmp(&b.commit));
    if voters.len() > MAX_VOTERS {
        voters.select_nth_unstable_by(MAX_VOTERS, order);
        voters.truncate(MAX_VOTERS);
    }
    voters.sort_by(order);
    voters
}

/// The votes of similar commits for the files that they changed.
pub(super) fn similar(history: &History, voters: &[Voter], files: usize) -> Vec<f32> {
    let mut scores = vec![0.0; files];
    let best = voters.first().map_or(1.0, |voter| voter.likeness).max(f32::MIN_POSITIVE);
    for voter in voters {
        let Some(commit) = history.commits.get(voter.commit as usize) else { continue };
        let vote =
            (voter.likeness / best).powi(SHARPNESS) * halved(commit.age, AGED) / (commit.size as f32).sqrt();
        for file in &commit.files {
            if let Some(score) = scores.get_mut(*file as usize) {
                *score += vote;
            }
        }
    }
    scores
}

/// Scores the words of all commits that changed a file, as one more text of that file.
pub(super) fn told(history: &History, asked: &BTreeMap<String, f32>, lengths: &[f32]) -> Vec<f32> {
    let mut scores = vec![0.0; lengths.len()];
    let known = lengths.iter().filter(|length| **length > 0.0).count().max(1);
    let mean = (lengths.iter().sum::<f32>() / known as f32).max(f32::MIN_POSITIVE);
    let mut found = vec![0.0_f32; lengths.len()];
    let mut touched: Vec<FileId> = Vec::new();
    for (word, times) in asked {
        for &(commit, n) in history.holding(word) {
            let Some(commit) = history.commits.get(commit as usize) else { continue };
            for file in &commit.files {
                let Some(own) = found.get_mut(*file as usize) else { continue };
                if *own == 0.0 {
                    touched.push(*file);
                }
                *own += f32::from(n).min(2.0) / (commit.size as f32).sqrt();
            }
        }
        let weight = weight(history, word) * (1.0 + times.ln());
        for file in touched.drain(..) {
            let file = file as usize;
            let n = std::mem::take(&mut found[file]);
            let (Some(score), Some(length)) = (scores.get_mut(file), lengths.get(file)) else { continue };
            let long = 1.0 - LENGTH + LENGTH * length / mean;
            *score += weight * n * (SATURATION + 1.0) / (n + SATURATION * long);
        }
    }
    scores
}

/// Files that changed together with the given ones: the share of common commits, the newest counting most. For each
/// file also the given file with which it changed most.
pub(super) fn together(
    history: &History,
    seeds: &[(FileId, f32)],
    files: usize,
) -> (Vec<f32>, HashMap<FileId, FileId>) {
    let mut scores = vec![0.0; files];
    let mut strongest: HashMap<FileId, (f32, FileId)> = HashMap::new();
    for &(seed, worth) in seeds {
        let mut shares: BTreeMap<FileId, f32> = BTreeMap::new();
        let mut all = DOUBT;
        for commit in history.of(seed).iter().take(MAX_TOGETHER) {
            let Some(commit) = history.commits.get(*commit as usize) else { continue };
            let part = halved(commit.age, AGED);
            all += part;
            let part = part / (commit.size as f32).sqrt().max(1.0) * std::f32::consts::SQRT_2;
            for file in commit.files.iter().filter(|file| **file != seed) {
                *shares.entry(*file).or_insert(0.0) += part;
            }
        }
        for (file, share) in shares {
            let share = worth * share / all;
            if let Some(score) = scores.get_mut(file as usize) {
                *score += share;
                let own = strongest.entry(file).or_insert((share, seed));
                if share > own.0 {
                    *own = (share, seed);
                }
            }
        }
    }
    (scores, strongest.into_iter().map(|(file, (_, seed))| (file, seed)).collect())
}

/// Scores for how recently, and how often, each file changed.
pub(crate) fn recency(history: &History, files: usize) -> [Vec<f32>; 2] {
    let (mut lately, mut often) = (vec![0.0; files], vec![0.0; files]);
    for commit in &history.commits {
        let share = 1.0 / (commit.size as f32).sqrt();
        for file in &commit.files {
            if let (Some(short), Some(long)) = (lately.get_mut(*file as usize), often.get_mut(*file as usize))
            {
                *short += halved(commit.age, LATELY) * share;
                *long += halved(commit.age, OFTEN) * share;
            }
        }
    }
    for score in &mut often {
        *score = f32::ln_1p(*score);
    }
    [lately, often]
}

fn halved(age: u32, after: f32) -> f32 {
    (-(age as f32) / after).exp2()
}

/// How far a history is trusted: among a few commits the most similar one means little.
pub(super) fn belief(history: &History) -> f32 {
    let known = history.commits.len() as f32;
    known / (known + SHORT)
}
