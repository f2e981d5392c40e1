//! The voices, the parts that can be switched off, and what each voice is worth.
//!
//! Read by `evidence`, `search` and `bench:context`. It scores nothing. Weights stand in the order of `Voice::ALL`;
//! they come from `bench:context -- --fit` and are not set by hand.

use serde::Serialize;

/// How many voices there are.
pub const VOICES: usize = 14;

/// What speaks for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// Words in path, symbols and text of a source file.
    Code,
    /// The same for a test.
    Test,
    /// The same for a document.
    Docs,
    /// The same for configuration, data, and files that are known by name only.
    Data,
    /// Named outright: a path, a symbol, a line of a stack trace.
    Named,
    /// Past commits with messages like the question changed it.
    Similar,
    /// The words of all commits that changed it.
    Told,
    /// It changes together with the best files.
    Together,
    /// It changed in the last commits.
    Lately,
    /// It changes often.
    Often,
    /// Imports and references lead to it from the best files.
    Connected,
    /// It is the test of one of the best files, or what that tests.
    Beside,
    /// It lies in a folder with good files.
    Folder,
    /// Words anywhere in it, without regard to where they stand.
    Words,
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
}

impl Part {
    /// All parts.
    pub const ALL: [Part; 7] = [
        Part::Text,
        Part::Named,
        Part::History,
        Part::CoChange,
        Part::Recency,
        Part::Graph,
        Part::Neighbours,
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
        }
    }
}

/// What each voice is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights(pub [f32; VOICES]);

impl Weights {
    /// Learned by `npm run bench:context -- --fit`, from repositories that no published number is measured on.
    pub const LEARNED: Weights =
        Weights([0.595, 0.375, 0.331, 0.595, 1.0, 0.826, 0.331, 0.0, 0.341, 0.011, 0.0, 0.15, 0.117, 0.288]);

    /// The same where there is no history.
    pub const WITHOUT_PAST: Weights =
        Weights([0.774, 0.57, 0.616, 1.0, 0.684, 0.0, 0.0, 0.0, 0.0, 0.0, 0.36, 0.864, 0.44, 0.36]);

    /// The voices of one part only.
    pub fn only(self, part: Part) -> Weights {
        self.filtered(|voice| part.voices().contains(&voice))
    }

    /// All voices but those of one part.
    pub fn without(self, part: Part) -> Weights {
        self.filtered(|voice| !part.voices().contains(&voice))
    }

    /// These weights as far as they are believed, the others for the rest.
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
    ];
}
