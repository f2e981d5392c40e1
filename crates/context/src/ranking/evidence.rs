//! The scores of all voices for one question, and their sum.
//!
//! `search` and `passages` use it, `bench:context` measures it. It computes no evidence itself: voices are in the
//! files beside it, their weights in `voice`. Voices do not see each other, only the seeds that are selected here.

use super::{Part, VOICES, Voice, Weights, beside, named, past, references, text};
use crate::entry::FileId;
use crate::file::Role;
use crate::index::Index;
use crate::meaning::scores::Meaning;
use crate::query::Query;
use std::collections::HashMap;

/// The best files by words and history, from which co-change, imports and folders start.
const MAX_SEEDS: usize = 12;

/// The scores of all voices for one question.
#[derive(Debug)]
pub struct Evidence<'a> {
    pub(crate) index: &'a Index,
    pub(crate) asked: Query,
    /// For each voice the score of every file; the best has 1.
    scores: Vec<Vec<f32>>,
    /// The weights of the voices for this amount of history.
    pub(crate) weights: Weights,
    pub(crate) meaning: Option<&'a Meaning>,
    pub(crate) voters: Vec<past::Voter>,
    pub(crate) together: HashMap<FileId, FileId>,
    pub(crate) connected: HashMap<FileId, FileId>,
    pub(crate) beside: HashMap<FileId, FileId>,
}

impl Index {
    /// The evidence about each file for a question.
    pub fn evidence(&self, question: &str) -> Evidence<'_> {
        let files = self.entries.len();
        let asked = Query::new(self, question);
        let mut scores = vec![Vec::new(); VOICES];
        let mut by_field = text::by_field(self, &asked);
        to_one(&mut by_field);
        for voice in [Voice::Code, Voice::Test, Voice::Docs, Voice::Data] {
            let own = |(score, entry): (&f32, &std::sync::Arc<crate::entry::Entry>)| {
                if voice_of(entry.role, &asked) == voice { *score } else { 0.0 }
            };
            scores[voice as usize] = by_field.iter().zip(&self.entries).map(own).collect();
        }
        let mut set = |voice: Voice, mut own: Vec<f32>| {
            to_one(&mut own);
            scores[voice as usize] = own;
        };
        set(Voice::Words, text::plain(self, question));
        set(Voice::Named, named::named(self, question));
        let meaning = self.meaning(question);
        set(Voice::Meaning, meaning.map(Meaning::scores).unwrap_or_default());

        let words = past::asked(question);
        let voters = past::voters(&self.history, &words);
        set(Voice::Similar, past::similar(&self.history, &voters, files));
        set(Voice::Told, past::told(&self.history, &words, &self.told));
        let [lately, often] = self.history.recency.clone().map(|mut scores| {
            scores.resize(files, 0.0);
            scores
        });
        set(Voice::Lately, lately);
        set(Voice::Often, often);

        let weights = Weights::LEARNED.blended(&Weights::WITHOUT_PAST, past::belief(&self.history));
        let weights = if meaning.is_some() { weights.with_meaning() } else { weights };
        let seeds = seeds(&scores, &weights);
        let (together, with) = past::together(&self.history, &seeds, files);
        let (connected, from) = references::connected(self, &seeds);
        let (beside, of) = beside::beside(self, &seeds);
        let folder = beside::folder(self, &seeds);
        for (voice, mut own) in [
            (Voice::Together, together),
            (Voice::Connected, connected),
            (Voice::Beside, beside),
            (Voice::Folder, folder),
        ] {
            to_one(&mut own);
            scores[voice as usize] = own;
        }
        Evidence {
            index: self,
            asked,
            scores,
            weights,
            meaning,
            voters,
            together: with,
            connected: from,
            beside: of,
        }
    }
}

/// The best files by the question itself; the best of them has 1.
fn seeds(scores: &[Vec<f32>], weights: &Weights) -> Vec<(FileId, f32)> {
    let first = weights.without(Part::Recency).without(Part::Neighbours);
    let sums = best(sums(scores, &first), MAX_SEEDS);
    let best = sums.first().map_or(1.0, |(_, sum)| *sum);
    sums.into_iter().map(|(file, sum)| (file, (sum / best).powi(2))).collect()
}

/// The files with the best sums above 0, best first, at most `limit`; files with equal sums in order.
fn best(mut sums: Vec<(FileId, f32)>, limit: usize) -> Vec<(FileId, f32)> {
    sums.retain(|(_, sum)| *sum > 0.0);
    let order = |a: &(FileId, f32), b: &(FileId, f32)| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0));
    if limit > 0 && sums.len() > limit {
        sums.select_nth_unstable_by(limit - 1, order);
    }
    sums.truncate(limit);
    sums.sort_by(order);
    sums
}

fn sums(scores: &[Vec<f32>], weights: &Weights) -> Vec<(FileId, f32)> {
    let files = scores.iter().map(Vec::len).max().unwrap_or(0);
    let mut sums: Vec<(FileId, f32)> = (0..files as FileId).map(|file| (file, 0.0)).collect();
    for (own, weight) in scores.iter().zip(weights.0) {
        if weight != 0.0 {
            for (sum, score) in sums.iter_mut().zip(own) {
                sum.1 += weight * score;
            }
        }
    }
    sums
}

fn to_one(scores: &mut [f32]) {
    let best = scores.iter().copied().fold(0.0, f32::max);
    if best > 0.0 {
        for score in scores {
            *score /= best;
        }
    }
}

/// The voice for a file's words: tests and documents count as sources if the question asks for them.
fn voice_of(role: Role, asked: &Query) -> Voice {
    match role {
        Role::Code => Voice::Code,
        Role::Test if asked.about_tests => Voice::Code,
        Role::Test => Voice::Test,
        Role::Docs if asked.about_docs => Voice::Code,
        Role::Docs => Voice::Docs,
        Role::Data | Role::Opaque => Voice::Data,
    }
}

impl Evidence<'_> {
    /// The files with the best sums, best first, at most `limit`; files with equal sums in the order of paths.
    pub fn rank(&self, weights: &Weights, limit: usize) -> Vec<(&str, f32)> {
        let ranked = self.ranked(weights, limit);
        ranked.into_iter().filter_map(|(file, sum)| Some((&*self.index.entry(file)?.path, sum))).collect()
    }

    pub(crate) fn ranked(&self, weights: &Weights, limit: usize) -> Vec<(FileId, f32)> {
        best(sums(&self.scores, weights), limit)
    }

    /// Whether the question contains anything that a file or a commit can match.
    pub(crate) fn is_asked(&self) -> bool {
        let silent = [Voice::Lately, Voice::Often];
        Voice::ALL.into_iter().filter(|voice| !silent.contains(voice)).any(|voice| {
            self.scores.get(voice as usize).is_some_and(|own| own.iter().any(|score| *score > 0.0))
        })
    }

    /// The score of each voice for a file.
    pub fn of(&self, path: &str) -> Option<[f32; VOICES]> {
        self.index.id(path).map(|file| self.voices(file))
    }

    pub(crate) fn voices(&self, file: FileId) -> [f32; VOICES] {
        let mut own = [0.0; VOICES];
        for (own, scores) in own.iter_mut().zip(&self.scores) {
            *own = scores.get(file as usize).copied().unwrap_or_default();
        }
        own
    }
}
