/// A way in which models go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// the answer ends in the middle of the file
    Truncation,
    /// a bracket, a quote or a colon too few or too many, or a remainder of the answer's wrapping
    SyntaxSlip,
    /// "… rest of the code unchanged"
    Elision,
    /// a body that says that it is not written yet
    Placeholder,
    /// a body with nothing in it
    EmptiedBody,
    MissingImport,
    /// of a package, a file or a name that does not exist
    HallucinatedImport,
    /// an export has another name, its callers call the old one
    RenamedExport,
    DeletedTest,
    /// an assertion removed, or one that cannot fail
    WeakenedTest,
    SkippedTest,
    /// what a test expects, returned for what it passes
    HardCoded,
    SwallowedError,
    /// a check silenced by a comment or a cast
    Suppression,
    WrongOperator,
    OffByOne,
    WrongConstant,
    SwappedArguments,
    DroppedBranch,
    DroppedAwait,
    /// in a file that the change has nothing to do with
    UnrelatedEdit,
}

/// What kinds have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Broken,
    Lazy,
    CrossFile,
    Dishonest,
    /// only running shows it
    Execution,
    Elsewhere,
}

impl Kind {
    pub const ALL: [Kind; 21] = [
        Kind::Truncation,
        Kind::SyntaxSlip,
        Kind::Elision,
        Kind::Placeholder,
        Kind::EmptiedBody,
        Kind::MissingImport,
        Kind::HallucinatedImport,
        Kind::RenamedExport,
        Kind::DeletedTest,
        Kind::WeakenedTest,
        Kind::SkippedTest,
        Kind::HardCoded,
        Kind::SwallowedError,
        Kind::Suppression,
        Kind::WrongOperator,
        Kind::OffByOne,
        Kind::WrongConstant,
        Kind::SwappedArguments,
        Kind::DroppedBranch,
        Kind::DroppedAwait,
        Kind::UnrelatedEdit,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Truncation => "truncation",
            Kind::SyntaxSlip => "syntax slip",
            Kind::Elision => "elision",
            Kind::Placeholder => "placeholder",
            Kind::EmptiedBody => "emptied body",
            Kind::MissingImport => "missing import",
            Kind::HallucinatedImport => "hallucinated import",
            Kind::RenamedExport => "renamed export",
            Kind::DeletedTest => "deleted test",
            Kind::WeakenedTest => "weakened test",
            Kind::SkippedTest => "skipped test",
            Kind::HardCoded => "hard-coded result",
            Kind::SwallowedError => "swallowed error",
            Kind::Suppression => "suppression",
            Kind::WrongOperator => "wrong operator",
            Kind::OffByOne => "off by one",
            Kind::WrongConstant => "wrong constant",
            Kind::SwappedArguments => "swapped arguments",
            Kind::DroppedBranch => "dropped branch",
            Kind::DroppedAwait => "dropped await",
            Kind::UnrelatedEdit => "unrelated edit",
        }
    }

    pub fn family(self) -> Family {
        match self {
            Kind::Truncation | Kind::SyntaxSlip => Family::Broken,
            Kind::Elision | Kind::Placeholder | Kind::EmptiedBody => Family::Lazy,
            Kind::MissingImport | Kind::HallucinatedImport | Kind::RenamedExport => Family::CrossFile,
            Kind::DeletedTest
            | Kind::WeakenedTest
            | Kind::SkippedTest
            | Kind::HardCoded
            | Kind::SwallowedError
            | Kind::Suppression => Family::Dishonest,
            Kind::WrongOperator
            | Kind::OffByOne
            | Kind::WrongConstant
            | Kind::SwappedArguments
            | Kind::DroppedBranch
            | Kind::DroppedAwait => Family::Execution,
            Kind::UnrelatedEdit => Family::Elsewhere,
        }
    }

    /// Whether looking at the code is enough to see it.
    pub fn needs_no_execution(self) -> bool {
        !matches!(self.family(), Family::Execution | Family::Elsewhere)
    }

    /// Whether such a result is wrong whatever it computes. Of the others, one that passes every test there is may
    /// compute the same as the correct change.
    pub fn is_wrong_by_construction(self) -> bool {
        self.needs_no_execution() && !matches!(self, Kind::SwallowedError | Kind::EmptiedBody)
    }

    /// It is made of the tests that the base has.
    pub(crate) fn is_about_tests(self) -> bool {
        matches!(self, Kind::DeletedTest | Kind::WeakenedTest | Kind::SkippedTest)
    }

    /// What it makes can be parsed.
    pub(crate) fn is_sound(self) -> bool {
        !matches!(self, Kind::Truncation | Kind::SyntaxSlip)
    }
}
