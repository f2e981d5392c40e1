//! The voices, the parts that can be switched off, and the weight of each voice.
//!
//! `evidence`, `search` and `bench:context` use it. It scores nothing. Weights are in the order of `Voice::ALL`;
//! `bench:context -- --fit` computes them, and nobody sets them by hand but the one of embeddings: no model is part of
//! the fit.

use serde::Serialize;

/// How many voices there are.
pub const VOICES: usize = 15;

/// The weight of what an embedding model says, where one was asked.
const MEANING: f32 = 0.6;

/// A kind of evidence for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// Words in path, symbols and text of a source file.
    Code,
    /// The same for a test.
    Test,
    /// The same for a document.
    Docs,
    /// The same for configuration, data, and files that are known only by name.
    Data,
    /// The question names the file: by a path, a symbol, a line of a stack trace.
    Named,
    /// Past commits with similar messages changed the file.
    Similar,
    /// The words of all commits that changed the file.
    Told,
    /// The file changes together with the best files.
    Together,
    /// The file changed in the last commits.
    Lately,
    /// The file changes often.
    Often,
    /// Imports and references connect it with the best files.
    Connected,
    /// It is the test of one of the best files, or the code that such a test tests.
    Beside,
    /// It is in a folder with good files.
    Folder,
    /// Words anywhere in it, regardless of the field.
    Words,
    /// An embedding model finds it similar to the question, if the user named one.
    Meaning,
}

/// A part of the ranking that can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Words in path, symbols and text.
    Text,
    /// Paths and symbols that the question names.
    Named,
    /// Past commits with similar messages.
    History,
    /// Files that changed together with the best.
    CoChange,
    /// Files that changed lately and often.
    Recency,
    /// Imports and references.
    Graph,
    /// Tests beside their code, and files of one folder.
    Neighbours,
    /// What an embedding model says.
    Meaning,
}

impl Part {
    /// All parts.
    pub const ALL: [Part; 8] = [
        Part::Text,
        Part::Named,
        Part::History,
        Part::CoChange,
        Part::Recency,
        Part::Graph,
        Part::Neighbours,
        Part::Meaning,
    ];

    /// The voices of the part.
    pub fn voices(self) -> &'static [Voice] {
        match self {
            Part::Text => &[Voice::Code, Voice::Test, Voice::Docs, Voice::Data, Voice::Words],
            Part::Named => &[Voice::Named],
            Part::History => &[Voice::Similar, Voice::Told],
            Part::CoChange => &[Voice::Together],
            Part::Recency => &[Voice::Lately, Voice::Often],
            Part::Graph => &[Voice::Connected],
            Part::Neighbours => &[Voice::Beside, Voice::Folder],
            Part::Meaning => &[Voice::Meaning],
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Part::Text => "text",
            Part::Named => "named",
            Part::History => "history",
            Part::CoChange => "co-change",
            Part::Recency => "recency",
            Part::Graph => "graph",
            Part::Neighbours => "neighbours",
            Part::Meaning => "meaning",
        }
    }
}

/// The weight of each voice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights(pub [f32; VOICES]);

impl Weights {
    /// Learned with `npm run bench:context -- --fit`, from repositories on which no published number is measured.
    pub const LEARNED: Weights = Weights([
        0.595, 0.375, 0.331, 0.595, 1.0, 0.826, 0.331, 0.0, 0.341, 0.011, 0.0, 0.15, 0.117, 0.288, 0.0,
    ]);

    /// The same without a history.
    pub const WITHOUT_PAST: Weights =
        Weights([0.774, 0.57, 0.616, 1.0, 0.684, 0.0, 0.0, 0.0, 0.0, 0.0, 0.36, 0.864, 0.44, 0.36, 0.0]);

    /// The voices of one part only.
    pub fn only(self, part: Part) -> Weights {
        self.filtered(|voice| part.voices().contains(&voice))
    }

    /// The same with a voice for what an embedding model says: as loud as the words of code.
    pub(crate) fn with_meaning(mut self) -> Weights {
        self.0[Voice::Meaning as usize] = MEANING;
        self
    }

    /// All voices but those of one part.
    pub fn without(self, part: Part) -> Weights {
        self.filtered(|voice| !part.voices().contains(&voice))
    }

    /// A mixture: these weights by the share `belief`, `others` by the rest.
    pub(crate) fn blended(mut self, others: &Weights, belief: f32) -> Weights {
        for (own, other) in self.0.iter_mut().zip(others.0) {
            *own = belief * *own + (1.0 - belief) * other;
        }
        self
    }

    fn filtered(mut self, keep: impl Fn(Voice) -> bool) -> Weights {
        for (n, weight) in self.0.iter_mut().enumerate() {
            if !Voice::ALL.get(n).is_some_and(|voice| keep(*voice)) {
                *weight = 0.0;
            }
        }
        self
    }
}

impl Voice {
    /// All voices, in the order of their weights.
    pub const ALL: [Voice; VOICES] = [
        Voice::Code,
        Voice::Test,
        Voice::Docs,
        Voice::Data,
        Voice::Named,
        Voice::Similar,
        Voice::Told,
        Voice::Together,
        Voice::Lately,
        Voice::Often,
        Voice::Connected,
        Voice::Beside,
        Voice::Folder,
        Voice::Words,
        Voice::Meaning,
    ];
}
