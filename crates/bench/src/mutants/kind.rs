//! The ways in which models go wrong, and the families that they belong to.
//!
//! `mutants` makes them, `gates` and `uplift` count by them. A kind's name is part of its seed: with another name
//! other mutants are drawn, and numbers can no longer be compared.

/// A way in which models go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MutantKind {
    /// The answer ends in the middle of the file
    Truncation,
    /// A bracket, a quote or a colon too few or too many, or a remainder of the answer's wrapping
    SyntaxSlip,
    /// "… rest of the code unchanged"
    Elision,
    /// A body that says that it is not written yet
    Placeholder,
    /// A body with nothing in it
    EmptiedBody,
    MissingImport,
    /// Of a package, a file or a name that does not exist
    HallucinatedImport,
    /// An export has another name, its callers call the old one
    RenamedExport,
    DeletedTest,
    /// An assertion removed, or one that cannot fail
    WeakenedTest,
    SkippedTest,
    /// What a test expects, returned for what it passes
    HardCoded,
    SwallowedError,
    /// A check silenced by a comment or a cast
    Suppression,
    WrongOperator,
    OffByOne,
    WrongConstant,
    SwappedArguments,
    DroppedBranch,
    DroppedAwait,
    /// An edit in a file that the change does not concern
    UnrelatedEdit,
}

/// What kinds have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Broken,
    Lazy,
    CrossFile,
    Dishonest,
    /// Only running shows it
    Execution,
    Elsewhere,
}

impl MutantKind {
    pub const ALL: [MutantKind; 21] = [
        MutantKind::Truncation,
        MutantKind::SyntaxSlip,
        MutantKind::Elision,
        MutantKind::Placeholder,
        MutantKind::EmptiedBody,
        MutantKind::MissingImport,
        MutantKind::HallucinatedImport,
        MutantKind::RenamedExport,
        MutantKind::DeletedTest,
        MutantKind::WeakenedTest,
        MutantKind::SkippedTest,
        MutantKind::HardCoded,
        MutantKind::SwallowedError,
        MutantKind::Suppression,
        MutantKind::WrongOperator,
        MutantKind::OffByOne,
        MutantKind::WrongConstant,
        MutantKind::SwappedArguments,
        MutantKind::DroppedBranch,
        MutantKind::DroppedAwait,
        MutantKind::UnrelatedEdit,
    ];

    pub fn name(self) -> &'static str {
        match self {
            MutantKind::Truncation => "truncation",
            MutantKind::SyntaxSlip => "syntax slip",
            MutantKind::Elision => "elision",
            MutantKind::Placeholder => "placeholder",
            MutantKind::EmptiedBody => "emptied body",
            MutantKind::MissingImport => "missing import",
            MutantKind::HallucinatedImport => "hallucinated import",
            MutantKind::RenamedExport => "renamed export",
            MutantKind::DeletedTest => "deleted test",
            MutantKind::WeakenedTest => "weakened test",
            MutantKind::SkippedTest => "skipped test",
            MutantKind::HardCoded => "hard-coded result",
            MutantKind::SwallowedError => "swallowed error",
            MutantKind::Suppression => "suppression",
            MutantKind::WrongOperator => "wrong operator",
            MutantKind::OffByOne => "off by one",
            MutantKind::WrongConstant => "wrong constant",
            MutantKind::SwappedArguments => "swapped arguments",
            MutantKind::DroppedBranch => "dropped branch",
            MutantKind::DroppedAwait => "dropped await",
            MutantKind::UnrelatedEdit => "unrelated edit",
        }
    }

    pub fn family(self) -> Family {
        match self {
            MutantKind::Truncation | MutantKind::SyntaxSlip => Family::Broken,
            MutantKind::Elision | MutantKind::Placeholder | MutantKind::EmptiedBody => Family::Lazy,
            MutantKind::MissingImport | MutantKind::HallucinatedImport | MutantKind::RenamedExport => {
                Family::CrossFile
            }
            MutantKind::DeletedTest
            | MutantKind::WeakenedTest
            | MutantKind::SkippedTest
            | MutantKind::HardCoded
            | MutantKind::SwallowedError
            | MutantKind::Suppression => Family::Dishonest,
            MutantKind::WrongOperator
            | MutantKind::OffByOne
            | MutantKind::WrongConstant
            | MutantKind::SwappedArguments
            | MutantKind::DroppedBranch
            | MutantKind::DroppedAwait => Family::Execution,
            MutantKind::UnrelatedEdit => Family::Elsewhere,
        }
    }

    /// Whether looking at the code is enough to see it.
    pub fn needs_no_execution(self) -> bool {
        !matches!(self.family(), Family::Execution | Family::Elsewhere)
    }

    /// Whether such a result is always wrong, whatever it computes. Other results that pass every test may compute
    /// the same as the correct change.
    pub fn is_wrong_by_construction(self) -> bool {
        self.needs_no_execution() && !matches!(self, MutantKind::SwallowedError | MutantKind::EmptiedBody)
    }

    /// Whether it changes tests of the base.
    pub(crate) fn is_about_tests(self) -> bool {
        matches!(self, MutantKind::DeletedTest | MutantKind::WeakenedTest | MutantKind::SkippedTest)
    }

    /// Whether its result can be parsed.
    pub(crate) fn is_sound(self) -> bool {
        !matches!(self, MutantKind::Truncation | MutantKind::SyntaxSlip)
    }
}
