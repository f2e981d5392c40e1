//! What a rule says about itself: one row of a table of evidence. The rows are in `mod.rs` and beside the rules.

/// Languages that rules treat alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// TypeScript, TSX, JavaScript
    EcmaScript,
    Python,
    Rust,
    Go,
}

impl Group {
    pub(crate) const ALL: [Group; 4] = [Group::EcmaScript, Group::Python, Group::Rust, Group::Go];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Group::EcmaScript => "TypeScript and JavaScript",
            Group::Python => "Python",
            Group::Rust => "Rust",
            Group::Go => "Go",
        }
    }
}

/// What a rule says about itself.
pub(crate) struct Evidence {
    pub(crate) rule: &'static str,
    /// What it has seen when it reports an error
    pub(crate) knows: &'static str,
    /// When it reports nothing, or only warns
    pub(crate) limits: &'static str,
    /// Languages that it covers in the same way as the languages of its examples
    pub(crate) alike: &'static [Group],
    /// Languages that it does not inspect, each with the reason
    pub(crate) silent: &'static [(Group, &'static str)],
    /// Tools that know better: if one of them passed on the line, an error becomes a question
    pub(crate) decided_by: &'static [Tool],
}

/// A compiler or type checker that decides what a rule can only infer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    TypeScript,
    Pyright,
    /// With all of its strict settings
    Mypy,
    Rust,
    Go,
}

impl Tool {
    /// The tool's name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Tool::TypeScript => "the TypeScript compiler",
            Tool::Pyright => "pyright",
            Tool::Mypy => "mypy with strict settings",
            Tool::Rust => "the Rust compiler",
            Tool::Go => "the Go compiler",
        }
    }
}

pub(crate) const fn row(
    rule: &'static str,
    knows: &'static str,
    limits: &'static str,
    alike: &'static [Group],
    silent: &'static [(Group, &'static str)],
) -> Evidence {
    Evidence { rule, knows, limits, alike, silent, decided_by: &[] }
}

impl Evidence {
    /// The same, for a rule whose findings these tools decide.
    pub(super) const fn decided(self, decided_by: &'static [Tool]) -> Evidence {
        Evidence { decided_by, ..self }
    }
}
